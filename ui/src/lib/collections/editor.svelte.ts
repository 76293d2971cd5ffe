import { changeCollection, collection, darwinCore } from '$lib/api/calls';
import type { CollectionModel, CollectionReq, Findings } from '$lib/api/types';
import { complain, toasts } from '$lib/kit/toasts.svelte';
import type { DarwinCoreReq } from '$lib/api/types';

/** One collection while somebody writes it: each change is kept at once, and checked again. */
export class Editor {
  now = $state.raw<CollectionModel>();
  error = $state.raw<Error>();
  findings = $state.raw<Findings>();
  /** What the archive will hold; the check depends on it. */
  options = $state.raw<Partial<DarwinCoreReq>>({});
  #turn = 0;

  constructor(readonly id: number) {
    void this.load();
  }

  async load(): Promise<void> {
    try {
      this.now = await collection(this.id);
      await this.check();
    } catch (error) {
      this.error = error as Error;
    }
  }

  /** Keep a change; whether it was kept. */
  async save(body: CollectionReq): Promise<boolean> {
    try {
      await changeCollection(this.id, body);
      this.now = await collection(this.id);
      toasts.say('Saved.', { about: 'collection' });
      void this.check();
      return true;
    } catch (error) {
      complain(error);
      return false;
    }
  }

  /** Ask what is still wrong; the latest question counts. */
  async check(): Promise<void> {
    const turn = ++this.#turn;
    try {
      const found = await darwinCore({ ...this.options, collection_id: this.id, dry_run: true });
      if (turn === this.#turn) this.findings = found;
    } catch (error) {
      complain(error);
    }
  }

  choose(options: Partial<DarwinCoreReq>): void {
    this.options = options;
    void this.check();
  }
}
