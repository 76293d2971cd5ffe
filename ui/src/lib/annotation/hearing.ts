import { counts as askCounts } from '$lib/api/calls';
import type { Batch, State } from '$lib/api/types';
import { count } from '$lib/kit/format';
import { complain, toasts } from '$lib/kit/toasts.svelte';
import type { Identity } from '$lib/objects/columns';
import { session } from '$lib/users/session.svelte';
import { kept, moves, part, tell, type Edit } from './edits';
import { claimed, type Entry } from './queue';
import type { Workbench } from './workbench.svelte';

/** What a bench hears: the server's answers to our acts, and what others did meanwhile. */
export class Hearing {
  /** Acts on their way, which stay painted until they are answered. */
  readonly edits = new Map<string, Edit>();
  #heard = new Set<number>();
  /** What others made of objects that we had acts on their way for, and by which batch. */
  #withheld = new Map<number, Omit<Identity, 'version'> & { batch: number }>();

  constructor(readonly bench: Workbench) {}

  done(entry: Entry, batch: Batch): void {
    this.#heard.add(batch.batch_id);
    this.#settle(entry.key);
    this.bench.memory.numbered(entry.key, batch.batch_id);
    if (entry.kind === 'batch' && !batch.changed) this.bench.memory.forget(entry.key);
    this.bench.counts.answer(batch.counts, batch.batch_id);
    const mine = claimed(this.bench.outbox.queue);
    this.bench.view.take(batch, (id) => mine.has(id));
    for (const [id, { batch: later }] of this.#withheld)
      if (!mine.has(id) && later < batch.batch_id) this.#withheld.delete(id);
    this.#reveal();
    this.bench.news++;
    if (batch.conflicts?.length) {
      toasts.say(`${count(batch.conflicts.length)} were changed by others since, and stay so.`);
      void this.bench.view.reread((id) => claimed(this.bench.outbox.queue).has(id));
    }
    if (batch.reload) this.bench.refresh();
  }

  hear(batch: Batch, late = false): void {
    if (this.#heard.has(batch.batch_id)) return;
    const own = batch.author.id === session.user?.id;
    if (own && !this.bench.outbox.saved) {
      setTimeout(() => this.hear(batch, true), 400); // its answer is on its way to us
      return;
    }
    this.#heard.add(batch.batch_id);
    if (this.bench.learner.heard(batch)) return void this.#learnt(batch);
    if (batch.reload) return void this.#recount();
    const { counts } = this.bench;
    if (late) counts.answer(batch.counts, batch.batch_id);
    else counts.take(batch.counts, batch.batch_id); // told in the order of commits
    this.bench.taxa.include(batch.taxa);
    const mine = claimed(this.bench.outbox.queue);
    this.#withhold(batch, mine);
    const changed = this.bench.view.take(batch, (id) => mine.has(id));
    this.bench.news++;
    if (!own && changed)
      toasts.say(`${batch.author.name} changed ${count(changed)} of these objects.`);
  }

  /** New scores take their places in tiles that stay where they are. */
  async #learnt(batch: Batch): Promise<void> {
    if (!batch.changed && !batch.reload) return;
    this.bench.taxa.include(batch.taxa);
    const mine = claimed(this.bench.outbox.queue);
    this.#withhold(batch, mine);
    const changed = this.bench.view.take(batch, (id) => mine.has(id));
    if (batch.reload) {
      await this.bench.view.reread((id) => claimed(this.bench.outbox.queue).has(id));
      const told = await askCounts(this.bench.id).catch(() => null);
      if (told) this.bench.counts.answer(told.taxa, told.batch_id);
    } else this.bench.counts.take(batch.counts, batch.batch_id);
    this.bench.learner.refreshed ||= batch.reload || changed > 0;
    this.bench.news++;
  }

  #withhold(batch: Batch, mine: ReadonlySet<number>): void {
    batch.object_ids.forEach((id, i) => {
      if (!mine.has(id)) return;
      const state = (batch.states[i] ?? 'U') as State;
      const made = { taxon: batch.taxa[i] ?? 0, state, score: batch.scores[i] ?? NaN };
      this.#withheld.set(id, { ...made, batch: batch.batch_id });
    });
  }

  /** Show what objects were before an edit, or what others have made of them meanwhile. */
  #giveWay(edit: Edit | undefined, objects: readonly number[]): void {
    const lost = new Set(objects);
    const mine = claimed(this.bench.outbox.queue);
    edit?.objects.forEach((id, i) => {
      if (!lost.has(id)) return;
      const { taxa, states, scores } = edit.before;
      const was = { taxon: taxa[i]!, state: states[i]!, score: scores[i]! };
      if (mine.has(id)) this.#follow(id, was);
      else this.#show(id, was);
    });
    this.#reveal();
    this.bench.view.touch();
  }

  /** Show what others made of objects that no act of ours is on its way for any more. */
  #reveal(): void {
    const mine = claimed(this.bench.outbox.queue);
    for (const [id, made] of this.#withheld) {
      if (mine.has(id)) continue;
      this.#show(id, made);
      this.#withheld.delete(id);
    }
  }

  /** Our next act on an object comes after what the last one would have changed, and did not. */
  #follow(id: number, was: Omit<Identity, 'version'>): void {
    for (const { objects, before } of this.edits.values()) {
      const i = objects.indexOf(id);
      if (i < 0) continue;
      before.taxa[i] = was.taxon;
      before.states[i] = was.state;
      before.scores[i] = was.score;
      return;
    }
  }

  /** Show an object as undecided here. */
  #show(id: number, identity: Omit<Identity, 'version'>): void {
    const { columns } = this.bench.view;
    const at = columns.placeOf(id);
    if (at === undefined) return;
    columns.identify(at, identity);
    columns.mark(at, 0);
  }

  async #recount(): Promise<void> {
    const told = await askCounts(this.bench.id).catch(() => null);
    if (told) this.bench.counts.answer(told.taxa, told.batch_id);
    toasts.say('Many objects have changed.', {
      act: { label: 'Refresh', run: () => this.bench.refresh() },
    });
  }

  conflict(entry: Entry, objects: number[], rest: Entry | null): void {
    const edit = this.edits.get(entry.key);
    this.#settle(entry.key);
    this.#giveWay(edit, objects);
    this.bench.memory.forget(entry.key);
    if (rest) this.#goOn(rest, edit);
    toasts.say(kept(objects.length), {
      tone: 'bad',
      act: { label: 'Refresh', run: () => this.bench.refresh() },
    });
  }

  /** What is left of an act is one of its own: shown already, counted, and to be undone. */
  #goOn(rest: Entry, whole: Edit | undefined): void {
    const { bench } = this;
    const { key, text } = rest;
    const objects = (rest.kind === 'batch' && rest.request.objects) || [];
    const edit = whole ? part(whole, objects) : null;
    if (edit) {
      this.edits.set(key, edit);
      bench.counts.move(key, moves(edit));
    }
    const said = edit ? tell(edit, (taxon) => bench.taxa.nameOf(taxon)) : text;
    bench.memory.did({ key, batch: null, text: said, edit });
    toasts.say(said, { about: 'deed', act: { label: 'Undo', run: () => bench.memory.undo(key) } });
  }

  refused(entry: Entry, error: Error): void {
    const edit = this.edits.get(entry.key);
    this.#settle(entry.key);
    this.#giveWay(edit, edit?.objects ?? []);
    this.bench.memory.forget(entry.key);
    complain(error);
  }

  #settle(key: string): void {
    this.edits.delete(key);
    this.bench.counts.settle(key);
  }
}
