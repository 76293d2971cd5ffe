import { batches } from '$lib/api/calls';
import { toasts } from '$lib/kit/toasts.svelte';
import type { ObjectView } from '$lib/objects/view.svelte';
import { session } from '$lib/users/session.svelte';
import type { Counts } from './counts.svelte';
import { moves, show } from './edits';
import type { Outbox } from './outbox.svelte';
import { BLANK, did, doAgain, forget, numbered, takeBack, type Deed } from './undo';

type Bench = { id: number; view: ObjectView; counts: Counts; outbox: Outbox };

/** What I did, and how it is taken back: on the screen at once, then on the server. */
export class Memory {
  story = $state.raw(BLANK);

  constructor(readonly bench: Bench) {}

  did(deed: Deed): void {
    this.story = did(this.story, deed);
  }

  numbered(key: string, batch: number): void {
    this.story = numbered(this.story, key, batch);
  }

  forget(key: string): void {
    this.story = forget(this.story, key);
  }

  /** Undo my last batch, or the one of this key when it is the last. */
  undo(key?: string): void {
    if (key && this.story.done.at(-1)?.key !== key)
      return toasts.say('Something was done after that: undo it first, or use the history.');
    const mine = crypto.randomUUID();
    const taken = takeBack(this.story, mine);
    if (!taken) return void this.#undoEarlier();
    this.story = taken[1];
    this.#reverse(taken[0], mine, 'before');
  }

  redo(): void {
    const key = crypto.randomUUID();
    const again = doAgain(this.story, key);
    if (!again) return toasts.say('There is nothing to redo.');
    this.story = again[1];
    this.#reverse(again[0], key, 'after');
  }

  #reverse(deed: Deed, key: string, which: 'before' | 'after'): void {
    const { id, view, counts, outbox } = this.bench;
    if (deed.edit) {
      show(view.columns, deed.edit, which);
      counts.move(key, moves(deed.edit, which === 'after' ? 1 : -1));
      view.touch();
    }
    const text = `${which === 'before' ? 'Undone' : 'Done again'}: ${deed.text}`;
    const undo = { kind: 'undo' as const, of: deed.key, batch: deed.batch };
    outbox.add({ key, project: id, at: Date.now(), text, ...undo });
    const act = which === 'before' ? { label: 'Redo', run: () => this.redo() } : undefined;
    toasts.say(text, { about: 'deed', act });
  }

  /** What I did before this visit is undone from the server's log. */
  async #undoEarlier(): Promise<void> {
    const lines = await batches(this.bench.id, 50).catch(() => []);
    const last = lines.find(
      (line) =>
        line.author.id === session.user?.id &&
        !line.undone_by &&
        line.undoes === null &&
        line.operation !== 'relearn',
    );
    if (!last) return toasts.say('There is nothing of yours to undo here.');
    const deed = { key: crypto.randomUUID(), batch: last.batch_id, text: last.text, edit: null };
    this.story = { ...this.story, done: [deed] };
    this.undo();
  }
}
