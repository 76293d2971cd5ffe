import { Upload, type DetailedError } from 'tus-js-client';
import { discardUpload, userUploads } from '$lib/api/calls';
import { address, sentence } from '$lib/api/client';
import { Archive, crc32 } from './archive';
import { type Picked } from './picked';
import { Pace } from './pace';

export type SendingState = 'waiting' | 'sending' | 'paused' | 'done' | 'failed';

const CHUNK = 32 * 2 ** 20; // bytes a request: proxies see an end
const ARCHIVE_CHUNK = 8 * 2 ** 20; // the files of one are read while those of another are sent
const RETRIES = [0, 1000, 3000, 5000, 10_000, 20_000, 30_000, 60_000, 60_000]; // milliseconds
const FULL = 507;

/** What is to go: one file as it is, or many as one zip. */
export type Parcel = { name: string; files: readonly Picked[]; folder?: string };

/** One upload, which can be paused, and goes on where the server has it. */
export class Sending {
  state = $state<SendingState>('waiting');
  sent = $state(0);
  trouble = $state('');
  speed = $state(0); // bytes a second
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly files: number;
  readonly fingerprint: string;
  readonly percent = $derived.by(() => Math.floor((100 * this.sent) / Math.max(1, this.size)));
  readonly secondsLeft = $derived.by(() =>
    this.speed > 0 ? (this.size - this.sent) / this.speed : null,
  );
  #source: Blob | Archive;
  #upload: Upload | null = null;
  #url: string | null = null;
  #pace = new Pace();
  #ended: (state: SendingState) => void = () => undefined;

  constructor({ name, files, folder = '' }: Parcel) {
    const [only] = files;
    const asIs = files.length === 1 && only && only.path === name;
    this.name = name;
    this.path = folder ? `${folder}/${name}` : name;
    this.files = files.length;
    this.#source = asIs ? only.file : new Archive(files);
    this.size = this.#source.size;
    this.fingerprint = fingerprint(name, this.size, files);
  }

  /** Begin, or go on; how it ended, or that it was paused. */
  start(): Promise<SendingState> {
    this.state = 'sending';
    this.trouble = '';
    this.#pace = new Pace();
    return new Promise((ended) => {
      this.#ended = ended;
      void this.#send();
    });
  }

  pause(): void {
    void this.#upload?.abort();
    this.#end('paused');
  }

  /** Stop, and have the server forget what came. */
  async cancel(): Promise<void> {
    this.pause();
    const id = idOf(this.#upload?.url ?? this.#url);
    if (id) await discardUpload(id);
  }

  /** The bytes: a zip is made as it goes. */
  async #send(): Promise<void> {
    try {
      const known = await this.#known(); // asked each time: who is signed out is let in again
      this.#url = this.#upload?.url ?? known;
    } catch (error) {
      return this.#fail((error as Error).message);
    }
    if (this.state !== 'sending') return;
    const source = this.#source;
    const upload = new Upload(source as Blob, {
      endpoint: address('/user_files/upload/'),
      uploadUrl: this.#url,
      chunkSize: source instanceof Archive ? ARCHIVE_CHUNK : CHUNK,
      retryDelays: RETRIES,
      storeFingerprintForResuming: false,
      metadata: {
        filename: this.name,
        filetype: 'application/octet-stream',
        path: this.path,
        fingerprint: this.fingerprint,
      },
      onProgress: (sent) => this.#progress(sent),
      onShouldRetry: (error) => this.#again(error),
      onSuccess: () => this.#end('done'),
      onError: (error) => this.#fail(wordsOf(error)),
    });
    if (source instanceof Archive) upload.options.fileReader = { openFile: async () => source };
    this.#upload = upload;
    upload.start();
  }

  /** Where the server has the beginning of these very bytes, sent before a reload or elsewhere. */
  async #known(): Promise<string | null> {
    const mine = (await userUploads()).find(
      ({ fingerprint, path, length }) =>
        fingerprint === this.fingerprint && path === this.path && length === this.size,
    );
    return mine ? address(`/user_files/upload/${mine.upload_id}`) : null;
  }

  #progress(sent: number): void {
    this.sent = sent;
    this.speed = this.#pace.of(sent, performance.now());
    this.trouble = '';
  }

  #again(error: DetailedError): boolean {
    const status = error.originalResponse?.getStatus() ?? 0;
    const again = status === 0 || [408, 409, 423].includes(status) || status >= 500;
    if (!again || status === FULL) return false;
    this.speed = 0;
    this.trouble = 'The connection is interrupted. Trying again …';
    return true;
  }

  #fail(why: string): void {
    this.trouble = why;
    this.#end('failed');
  }

  #end(state: SendingState): void {
    if (state === 'done') this.sent = this.size;
    this.speed = 0;
    this.state = state;
    this.#ended(state);
  }
}

/** The same for the same files, whatever the order in which they are given. */
export function fingerprint(name: string, size: number, files: readonly Picked[]): string {
  const lines = files.map(({ file, path }) => `${path}\t${file.size}\t${file.lastModified}\n`);
  const sum = crc32(new TextEncoder().encode(lines.sort().join('')));
  return [name, size, files.length, sum.toString(16)].join('|');
}

const idOf = (url: string | null) => url?.split('/').at(-1) ?? '';

/** What a failure says: the server's sentence, else ours. */
function wordsOf(error: Error | DetailedError): string {
  const answer = 'originalResponse' in error ? error.originalResponse : null;
  if (!answer) {
    return 'originalRequest' in error
      ? 'Calanus does not answer. What has come is kept: go on when it is back.'
      : `The files can't be read: ${error.message}`;
  }
  if (answer.getStatus() === 401) return 'You are signed out. Sign in again, then go on.';
  try {
    const said = sentence(JSON.parse(answer.getBody()));
    if (said) return said;
  } catch {
    // no JSON: a proxy answered
  }
  return `The server answered ${answer.getStatus()}.`;
}
