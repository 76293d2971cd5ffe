import type { State, StateCounts, TaxonCounts } from '$lib/api/types';
import { NOTHING } from '$lib/taxonomy/tree';
import type { Moves } from './edits';

/** Objects by taxon and state: what the server last said, and on top what is on its way there. */
export class Counts {
  confirmed = $state.raw<ReadonlyMap<number, StateCounts>>(new Map());
  /** The newest batch that they were told with. */
  #newest = 0;
  #pending = $state.raw<ReadonlyMap<string, Moves>>(new Map());

  now = $derived.by(() => {
    const counts = new Map(this.confirmed);
    for (const moved of this.#pending.values())
      for (const [taxon, by] of moved) counts.set(taxon, moveBy(counts.get(taxon), by));
    return counts;
  });

  total = $derived.by(() => {
    const total = { ...NOTHING };
    for (const counts of this.now.values())
      for (const state of Object.keys(total) as State[]) total[state] += counts[state];
    return total;
  });

  start(rows: Iterable<readonly [number, StateCounts]>): void {
    this.confirmed = new Map(rows);
  }

  move(key: string, moved: Moves): void {
    this.#pending = new Map([...this.#pending, [key, moved]]);
  }

  /** The server has done, or refused, what was on its way. */
  settle(key: string): void {
    if (!this.#pending.has(key)) return;
    this.#pending = new Map([...this.#pending].filter(([other]) => other !== key));
  }

  /** What an answer tells, unless something newer was heard while it was on its way. */
  answer(told: readonly TaxonCounts[], batch: number): void {
    if (batch >= this.#newest) this.take(told, batch);
  }

  /** All counts of the project, as the server tells them: a taxon without a line has no objects. */
  take(told: readonly TaxonCounts[], batch = 0): void {
    this.#newest = Math.max(this.#newest, batch);
    const counts = new Map([...this.confirmed.keys()].map((id) => [id, { ...NOTHING }]));
    for (const { id, ...states } of told) counts.set(id, { ...NOTHING, ...states });
    this.confirmed = counts;
  }
}

function moveBy(counts: StateCounts = NOTHING, by: Partial<StateCounts>): StateCounts {
  const moved = { ...counts };
  for (const [state, n] of Object.entries(by) as [State, number][])
    moved[state] = Math.max(0, moved[state] + n);
  return moved;
}
