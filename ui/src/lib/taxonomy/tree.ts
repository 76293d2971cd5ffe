import type { State, StateCounts } from '$lib/api/types';

/** What the page knows of a taxon. */
export type Taxon = { id: number; parent: number; name: string; display: string; retired: boolean };

/** A line of the tree: a taxon with its own counts and those of all below it. */
export type Branch = {
  taxon: Taxon;
  depth: number;
  own: StateCounts;
  whole: StateCounts;
  children: number;
};

export const NOTHING: StateCounts = { U: 0, P: 0, D: 0, V: 0, X: 0 };
const KINDS: State[] = ['U', 'P', 'D', 'V', 'X'];

export const sum = (a: StateCounts, b: StateCounts): StateCounts => ({
  U: a.U + b.U,
  P: a.P + b.P,
  D: a.D + b.D,
  V: a.V + b.V,
  X: a.X + b.X,
});

export const size = (counts: StateCounts) => KINDS.reduce((n, kind) => n + counts[kind], 0);

export type Shown = {
  taxa: readonly Taxon[];
  counts: ReadonlyMap<number, StateCounts>;
  /** Branches that are folded. */
  closed: ReadonlySet<number>;
  /** Taxa that have a line even when there is nothing in them. */
  wanted: ReadonlySet<number>;
};

/** Lines of the tree, parents before children, children by name.
 * A taxon without objects that only leads to one other has no line: lineages are long, screens are not. */
export function branches({ taxa, counts, closed, wanted }: Shown): Branch[] {
  const children = childrenOf(taxa);
  const lines: Branch[] = [];
  const grow = (taxon: Taxon, depth: number, shown: boolean): StateCounts => {
    const own = counts.get(taxon.id) ?? NOTHING;
    const below = children.get(taxon.id) ?? [];
    const [only] = below;
    if (below.length === 1 && only && !size(own) && !wanted.has(taxon.id))
      return grow(only, depth, shown);
    const line: Branch = { taxon, depth, own, whole: own, children: below.length };
    if (shown) lines.push(line);
    const open = shown && !closed.has(taxon.id);
    for (const child of below) line.whole = sum(line.whole, grow(child, depth + 1, open));
    return line.whole;
  };
  for (const root of children.get(0) ?? []) grow(root, 0, true);
  return lines;
}

/** Taxa by parent, in the order of their names; 0 has those whose parent is not among them. */
function childrenOf(taxa: readonly Taxon[]): Map<number, Taxon[]> {
  const known = new Set(taxa.map(({ id }) => id));
  const children = new Map<number, Taxon[]>();
  for (const taxon of taxa) {
    const parent = known.has(taxon.parent) && taxon.parent !== taxon.id ? taxon.parent : 0;
    children.set(parent, [...(children.get(parent) ?? []), taxon]);
  }
  for (const below of children.values()) below.sort((a, b) => a.name.localeCompare(b.name));
  return children;
}
