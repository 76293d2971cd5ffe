import { Sending } from './sending.svelte';
import type { Picked } from './picked';

/** What a form sends before it goes on: one archive as it is, or files as one. */
export class FormUpload {
  current = $state.raw<Sending>();
  readonly doing = $derived(
    this.current ? this.current.trouble || `Sending ${this.current.name}` : '',
  );
  readonly percent = $derived(this.current?.percent ?? 0);

  /** The path among the user's files.
   * @throws Error with a sentence when it fails, AbortError when it is cancelled. */
  async send(files: readonly Picked[], name: string): Promise<string> {
    const [only] = files;
    const archive = files.length === 1 && only && /\.(zip|tar|tgz|tar\.gz)$/i.test(only.path);
    const sending = new Sending({ name: archive ? only.path : `${name}.zip`, files });
    this.current = sending;
    const end = await sending.start();
    if (end === 'done') return sending.path;
    if (end === 'failed') throw new Error(sending.trouble);
    throw new DOMException('Cancelled.', 'AbortError');
  }

  cancel(): void {
    void this.current?.cancel().catch(() => undefined);
  }
}
