// The whole tree as lines to be shown: what is open, and nothing else.
import type { TaxonIndex } from './palette';

/** A line of the tree; `at` is the place of the taxon in the index. */
export type Line = { at: number; id: number; depth: number; label: string; children: number };

/** The places of children by the id of their parent, in the order of their names. 0 has the tops. */
export function childrenOf(taxa: TaxonIndex): Map<number, number[]> {
  const below = new Map<number, number[]>();
  taxa.ids.forEach((id, at) => {
    const parent = taxa.parents[at] ?? 0;
    const known = parent !== id && taxa.places.has(parent) ? parent : 0;
    const others = below.get(known);
    if (others) others.push(at);
    else below.set(known, [at]);
  });
  for (const places of below.values())
    places.sort((a, b) => label(taxa, a).localeCompare(label(taxa, b)));
  return below;
}

/** Below its parent a taxon needs no more than its name. */
export const label = (taxa: TaxonIndex, at: number) => (taxa.displays[at] ?? '').split('<')[0]!;

/** Lines from the tops down into what is open. */
export function lines(
  taxa: TaxonIndex,
  below: ReadonlyMap<number, number[]>,
  open: ReadonlySet<number>,
): Line[] {
  const shown: Line[] = [];
  const grow = (at: number, depth: number) => {
    const id = taxa.ids[at]!;
    const children = below.get(id) ?? [];
    shown.push({ at, id, depth, label: label(taxa, at), children: children.length });
    if (open.has(id)) for (const child of children) grow(child, depth + 1);
  };
  for (const top of below.get(0) ?? []) grow(top, 0);
  return shown;
}
