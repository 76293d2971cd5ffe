import type { SampleRow } from '$lib/api/types';
import { AUDIT, EVERYTHING, OTHERS, STATE_FILTERS, type Filter } from '$lib/objects/filter';
import { named } from '$lib/objects/names';

/** A part of the filter, in words, and how it is taken off. */
export type Chip = { label: string; off: Partial<Filter>; turn?: Partial<Filter> };

type Names = { nameOf: (taxon: number) => string; samples: readonly SampleRow[] };

/** What an audit found is in its order alone, so that another order shows everything. */
const FOUND: Record<string, string> = {
  [`${AUDIT}doubt`]: 'Audit: doubtful names',
  [`${AUDIT}outlier`]: 'Audit: far from the others',
};

const PARTS: ((filter: Filter, names: Names) => Chip | null)[] = [
  ({ order }) => {
    const { order: usual, grouped } = EVERYTHING;
    const label = FOUND[order];
    return label ? { label, off: { order: usual, grouped } } : null;
  },
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
    const label = samples.length === 1 && only ? named(only.orig_id) : `${samples.length} samples`;
    return samples.length ? { label, off: { samples: [] } } : null;
  },
  ({ least, most }) =>
    least === null && most === null
      ? null
      : { label: `score ${least ?? 0} – ${most ?? 1}`, off: { least: null, most: null } },
];

/** Filters that stand or fall together; the others stand alone. */
const TOGETHER = [
  ['taxo', 'taxochild'],
  ['MapN', 'MapS', 'MapW', 'MapE'],
  ['fromtime', 'totime', 'inverttime'],
  ['freenum', 'freenumst', 'freenumend'],
  ['freetxt', 'freetxtval'],
];
const others = Object.keys(OTHERS) as (keyof typeof OTHERS)[];

/** What came with a link, each part under EcoTaxa's own value. */
function linked({ other }: Filter): Chip[] {
  const alone = others.filter((name) => !TOGETHER.flat().includes(name)).map((name) => [name]);
  return [...TOGETHER, ...alone].flatMap((names) => {
    const given = others.filter((name) => names.includes(name) && other[name]);
    if (!given.length) return [];
    const label = given.map((name) => `${OTHERS[name]} ${other[name]}`).join(', ');
    const kept = Object.entries(other).filter(([name]) => !names.includes(name));
    return [{ label, off: { other: Object.fromEntries(kept) } }];
  });
}

export function chips(filter: Filter, names: Names): Chip[] {
  const own = PARTS.map((part) => part(filter, names)).filter((chip) => chip !== null);
  return [...own, ...linked(filter)];
}
