import { thumbnails } from '$lib/api/calls';

const MOST = 6000;
const A_CALL = 200;
const AGAIN = 3000; // milliseconds after a call that failed

/** Cut an answer of the batch endpoint into images.
 * Layout: u32 count; per image u64 id and u32 length; then the bytes, all little-endian. */
export function unpack(bytes: ArrayBuffer): Map<number, Blob> {
  const view = new DataView(bytes);
  const count = view.getUint32(0, true);
  const images = new Map<number, Blob>();
  let start = 4 + count * 12;
  for (let i = 0; i < count; i++) {
    const id = Number(view.getBigUint64(4 + i * 12, true));
    const length = view.getUint32(12 + i * 12, true);
    if (length) images.set(id, new Blob([new Uint8Array(bytes, start, length)]));
    start += length;
  }
  return images;
}

/** Thumbnails of one project: fetched many at a time, kept until others are needed more. */
export class Thumbnails {
  /** Moves when pictures arrive. */
  revision = $state(0);
  #urls = new Map<string, string>();
  #asked = new Map<string, AbortController>();
  /** What is wanted now, to ask for it again when a call failed. */
  #wanted: [images: readonly number[], size: number] = [[], 0];
  #soon: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly project: number) {}

  url(image: number, size: number): string | undefined {
    return this.#urls.get(`${size}/${image}`);
  }

  /** Have these images soon, in this order; what was asked for and is no longer wanted is given up. */
  want(images: readonly number[], size: number): void {
    this.#wanted = [images, size];
    const wanted = new Set(images.map((image) => `${size}/${image}`));
    this.#giveUp(wanted);
    const missing = images.filter((image) => image && this.#misses(`${size}/${image}`));
    for (let i = 0; i < missing.length; i += A_CALL)
      void this.#fetch(missing.slice(i, i + A_CALL), size);
  }

  free(): void {
    clearTimeout(this.#soon);
    this.#giveUp(new Set());
    this.#urls.forEach((url) => URL.revokeObjectURL(url));
    this.#urls.clear();
  }

  #misses(key: string): boolean {
    const url = this.#urls.get(key);
    if (url === undefined) return !this.#asked.has(key);
    this.#urls.delete(key); // to the end: the first ones are the oldest
    this.#urls.set(key, url);
    return false;
  }

  /** A call is given up when nothing of it is wanted any more. */
  #giveUp(wanted: ReadonlySet<string>): void {
    const useful = new Set<AbortController>();
    for (const [key, call] of this.#asked) if (wanted.has(key)) useful.add(call);
    for (const call of new Set(this.#asked.values())) if (!useful.has(call)) call.abort();
  }

  async #fetch(images: readonly number[], size: number): Promise<void> {
    const call = new AbortController();
    const keys = images.map((image) => `${size}/${image}`);
    keys.forEach((key) => this.#asked.set(key, call));
    try {
      const found = unpack(await thumbnails(this.project, images, size, call.signal));
      for (const [image, blob] of found)
        this.#urls.set(`${size}/${image}`, URL.createObjectURL(blob));
      this.#forget();
      this.revision++;
    } catch {
      if (!call.signal.aborted) this.#askAgain(); // offline, or the server is being started
    } finally {
      keys.forEach((key) => this.#asked.delete(key));
    }
  }

  #askAgain(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => this.want(...this.#wanted), AGAIN);
  }

  #forget(): void {
    for (const [key, url] of this.#urls) {
      if (this.#urls.size <= MOST) return;
      URL.revokeObjectURL(url);
      this.#urls.delete(key);
    }
  }
}
