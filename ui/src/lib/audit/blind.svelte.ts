import { answerReading, nextUnread, takeBackReading, workspace } from '$lib/api/calls';
import type { Unread } from '$lib/api/types';
import { complain } from '$lib/kit/toasts.svelte';
import { Taxa } from '$lib/taxonomy/taxa.svelte';
import { size } from '$lib/taxonomy/tree';

/** An image that was in sight for less, in milliseconds, has not been looked at. */
const SEEN = 300;

/** A reading gone through object by object, by images alone. */
export class Blind {
  readonly taxa = new Taxa();
  ready = $state(false);
  error = $state.raw<Error>();
  /** Objects to come, the first of which is shown. */
  coming = $state.raw<Unread[]>([]);
  /** What was answered here, the latest last: it can be taken back. */
  answered = $state.raw<{ one: Unread; taxon: number }[]>([]);
  recent = $state.raw<number[]>([]);
  /** Taxa of the project, which say nothing of the object. */
  used = $state.raw<number[]>([]);
  busy = $state(false);
  #after = 0;
  #turned = 0;

  constructor(
    readonly project: number,
    readonly reading: number,
  ) {
    void this.#open();
  }

  get one(): Unread | undefined {
    return this.coming[0];
  }

  async answer(taxon: number): Promise<void> {
    const { one } = this;
    const hasty = performance.now() - this.#turned < SEEN; // Enter pressed twice names one object
    if (!one || this.busy || hasty) return;
    this.busy = true;
    try {
      await answerReading(this.project, this.reading, one.place, taxon);
      this.answered = [...this.answered, { one, taxon }];
      this.recent = [taxon, ...this.recent.filter((id) => id !== taxon)].slice(0, 9);
      await this.skip();
    } catch (error) {
      complain(error);
      this.#after = one.place; // somebody else has read it meanwhile
      this.coming = [];
      await this.#more().catch(complain);
    } finally {
      this.busy = false;
    }
  }

  /** Leave this one for later: it comes again when the page is opened again. */
  async skip(): Promise<void> {
    this.coming = this.coming.slice(1);
    this.#turned = performance.now();
    if (!this.coming.length) await this.#more();
  }

  async back(): Promise<void> {
    const last = this.answered.at(-1);
    if (!last || this.busy) return;
    this.busy = true;
    try {
      await takeBackReading(this.project, this.reading, last.one.place);
      this.answered = this.answered.slice(0, -1);
      this.coming = [last.one, ...this.coming];
    } catch (error) {
      complain(error);
    } finally {
      this.busy = false;
    }
  }

  async #open(): Promise<void> {
    try {
      await this.#more();
      const { taxa } = await workspace(this.project);
      this.taxa.start(taxa);
      this.used = taxa.filter(({ id, counts }) => id > 0 && size(counts)).map(({ id }) => id);
      this.ready = true;
      await this.taxa.loadWhole();
    } catch (error) {
      this.error = error as Error;
    }
  }

  async #more(): Promise<void> {
    const found = await nextUnread(this.project, this.reading, this.#after);
    this.coming = found;
    this.#after = found.at(-1)?.place ?? this.#after;
  }
}
