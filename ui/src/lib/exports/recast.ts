// How a summary writes taxa: as themselves, as others, or not at all. Arithmetic, nothing to see.
import type { Recast } from '$lib/api/types';

/** The taxon to write instead; null leaves a taxon out. */
export type Moves = ReadonlyMap<number, number | null>;

export const movesOf = (recast: Recast | null): Moves =>
  new Map(
    Object.entries(recast?.from_to ?? {})
      .map(([from, to]) => [Number(from), to || null] as const)
      .filter(([from, to]) => from !== to),
  );

/** The moves with one more; a taxon that goes to itself has none. */
export function moved(moves: Moves, from: number, to: number | null): Moves {
  const next = new Map(moves);
  if (to === from) next.delete(from);
  else next.set(from, to);
  return next;
}

/** On the wire, with what was said of taxa that are still in the table. */
export function recastOf(moves: Moves, doc: Recast['doc']): Recast {
  const kept = Object.entries(doc ?? {}).filter(([from]) => moves.has(Number(from)));
  return {
    from_to: Object.fromEntries([...moves].map(([from, to]) => [String(from), to])),
    doc: kept.length ? Object.fromEntries(kept) : null,
  };
}
