import { makeBatch, undoBatch } from '$lib/api/calls';
import { ApiError } from '$lib/api/client';
import type { Batch } from '$lib/api/types';
import { all, put, remove } from '$lib/kit/idb';
import { acknowledge, drop, enqueue, patience, without, type Entry, type Queue } from './queue';

type News = {
  done: (entry: Entry, batch: Batch) => void;
  /** Others changed these objects first; the rest has been sent anew as `rest`. */
  conflict: (entry: Entry, objects: number[], rest: Entry | null) => void;
  refused: (entry: Entry, error: ApiError) => void;
};

/** Batches leave here one by one, and stay in this browser until the server has them: they survive
 * a reload, a crash, an expired session and a day without network. */
export class Outbox {
  queue = $state.raw<Queue>([]);
  /** Nothing is lost, but nothing gets through either. */
  stuck = $state(false);
  #sending = false;
  #tries = 0;
  #wake: (() => void) | null = null;

  constructor(
    readonly project: number,
    readonly news: News,
  ) {}

  get saved(): boolean {
    return this.queue.length === 0;
  }

  /** What an earlier visit could not send. */
  async restore(): Promise<Queue> {
    const left = await all<Entry>('queue', `${this.project}/`);
    for (const entry of left) this.queue = enqueue(this.queue, entry);
    this.#send();
    return left;
  }

  add(entry: Entry): void {
    this.queue = enqueue(this.queue, entry);
    void this.#keep(entry).then(() => this.#send());
  }

  /** Do not wait any longer for the next try. */
  hurry(): void {
    this.#wake?.();
  }

  #keep(entry: Entry): Promise<boolean> {
    return put('queue', `${this.project}/${entry.key}`, entry);
  }

  #send(): void {
    if (this.#sending) return;
    this.#sending = true;
    void this.#sendAll().finally(() => (this.#sending = false));
  }

  async #sendAll(): Promise<void> {
    for (let entry = this.queue[0]; entry; entry = this.queue[0]) {
      try {
        await this.#one(entry, await post(entry));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        await this.#failed(entry, error);
      }
    }
  }

  async #one(entry: Entry, batch: Batch): Promise<void> {
    this.#tries = 0;
    this.stuck = false;
    this.queue = acknowledge(this.queue, entry.key, batch);
    await remove('queue', `${this.project}/${entry.key}`);
    await Promise.all(this.queue.map((left) => this.#keep(left)));
    this.news.done(entry, batch);
  }

  async #failed(entry: Entry, error: ApiError): Promise<void> {
    if (error.status === 409) await this.#conflict(entry, error);
    else if (error.status === 0 || error.status >= 500 || error.status === 429) await this.#wait();
    else {
      await this.#leave(entry);
      this.news.refused(entry, error);
    }
  }

  async #conflict(entry: Entry, error: ApiError): Promise<void> {
    const objects = (error.body as { conflicts?: number[] } | null)?.conflicts ?? [];
    const rest = without(entry, objects, crypto.randomUUID());
    if (rest) {
      this.queue = enqueue(this.queue, rest);
      await this.#keep(rest);
    }
    await this.#leave(entry);
    this.news.conflict(entry, objects, rest);
  }

  async #leave(entry: Entry): Promise<void> {
    this.queue = drop(this.queue, entry.key);
    await remove('queue', `${this.project}/${entry.key}`);
  }

  async #wait(): Promise<void> {
    this.#tries++;
    this.stuck = this.#tries > 1;
    await new Promise<void>((go) => {
      this.#wake = go;
      setTimeout(go, patience(this.#tries));
      addEventListener('online', () => go(), { once: true });
    });
    this.#wake = null;
  }
}

/** @throws ApiError; one that undoes what never arrived has nothing to do. */
function post(entry: Entry): Promise<Batch> {
  if (entry.kind === 'batch') return makeBatch(entry.project, entry.request);
  if (entry.batch === null) throw new ApiError(410, 'What was to be undone never arrived.');
  return undoBatch(entry.project, entry.batch, entry.key);
}
