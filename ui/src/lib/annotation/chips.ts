import type { SampleRow } from '$lib/api/types';
import { STATE_FILTERS, type Filter } from '$lib/objects/filter';

/** A part of the filter, in words, and how it is taken off. */
export type Chip = { label: string; off: Partial<Filter>; turn?: Partial<Filter> };

type Names = { nameOf: (taxon: number) => string; samples: readonly SampleRow[] };

const PARTS: ((filter: Filter, names: Names) => Chip | null)[] = [
  ({ taxon, children }, { nameOf }) =>
    taxon === null
      ? null
      : {
          label: `${nameOf(taxon)}${children ? ' and below' : ' only'}`,
          off: { taxon: null },
          turn: { children: !children },
        },
  ({ state }) => {
    const known = STATE_FILTERS.find(({ value }) => value === state);
    return state ? { label: known?.label ?? state, off: { state: '' } } : null;
  },
  ({ samples }, names) => {
    const only = names.samples.find(({ sample_id }) => sample_id === samples[0]);
    const label = samples.length === 1 && only ? only.orig_id : `${samples.length} samples`;
    return samples.length ? { label, off: { samples: [] } } : null;
  },
  ({ least, most }) =>
    least === null && most === null
      ? null
      : { label: `score ${least ?? 0} – ${most ?? 1}`, off: { least: null, most: null } },
];

export function chips(filter: Filter, names: Names): Chip[] {
  return PARTS.map((part) => part(filter, names)).filter((chip) => chip !== null);
}
