import { EXCEPTION, type ObjectColumns } from './columns';

/** Objects in display order, and how many there are under each taxon. */
export type Arrangement = { order: Uint32Array | null; taxa: number[]; counts: number[] };

/** Group by the taxon that objects came with, so that a decision moves no tile.
 * `rank` orders the sections; objects keep their order within each. */
export function byTaxon(columns: ObjectColumns, rank: (taxon: number) => number): Arrangement {
  const counts = new Map<number, number>();
  for (let at = 0; at < columns.loaded; at++) {
    const taxon = columns.firstTaxa[at]!;
    counts.set(taxon, (counts.get(taxon) ?? 0) + 1);
  }
  const taxa = [...counts.keys()].sort((a, b) => rank(a) - rank(b) || a - b);
  const next = new Map<number, number>();
  let start = 0;
  for (const taxon of taxa) {
    next.set(taxon, start);
    start += counts.get(taxon)!;
  }
  const order = new Uint32Array(columns.loaded);
  for (let at = 0; at < columns.loaded; at++) {
    const taxon = columns.firstTaxa[at]!;
    const place = next.get(taxon)!;
    order[place] = at;
    next.set(taxon, place + 1);
  }
  return { order, taxa, counts: taxa.map((taxon) => counts.get(taxon)!) };
}

/** One section of everything, in the order of the view; places not loaded yet are kept free. */
export function together(columns: ObjectColumns): Arrangement {
  return { order: null, taxa: [], counts: columns.total ? [columns.total] : [] };
}

const PREDICTED = 1;

/** Whether an object is predicted to be what its section is called, and nobody said that it is not:
 * one that was predicted otherwise since is no longer confirmed with the rest. */
export const awaits = (columns: ObjectColumns, at: number) =>
  columns.states[at] === PREDICTED &&
  columns.marks[at] !== EXCEPTION &&
  columns.taxa[at] === columns.firstTaxa[at];

export type ToConfirm = { count: number; median: number };

/** How many objects of a section wait to be confirmed, and their middle score. */
export function toConfirm(
  columns: ObjectColumns,
  { order }: Arrangement,
  { first, count }: { first: number; count: number },
): ToConfirm {
  const scores = new Float32Array(count);
  let n = 0;
  for (let position = first; position < first + count; position++) {
    const at = order?.[position] ?? position;
    if (awaits(columns, at)) scores[n++] = columns.scores[at]!;
  }
  return { count: n, median: n ? scores.subarray(0, n).sort()[n >> 1]! : NaN };
}
