import type { ProjectFilters } from '$lib/api/types';

/** What the workspace shows, and in which order; it lives in the address of the page. */
export type Filter = {
  taxon: number | null;
  children: boolean;
  state: string;
  samples: number[];
  least: number | null;
  most: number | null;
  order: string;
  grouped: boolean;
  /** Filters of the API that come with a link and have no menu here. */
  other: ProjectFilters;
};

export const EVERYTHING: Filter = {
  taxon: null,
  children: true,
  state: '',
  samples: [],
  least: null,
  most: null,
  order: '-obj.classif_score',
  grouped: true,
  other: {},
};

/** Filters that only a link brings, each with what it is called. */
export const OTHERS = {
  taxo: 'taxa',
  taxochild: 'taxa below',
  MapN: 'south of',
  MapS: 'north of',
  MapW: 'east of',
  MapE: 'west of',
  depthmin: 'from depth',
  depthmax: 'to depth',
  instrum: 'instrument',
  daytime: 'time of day',
  month: 'month',
  fromdate: 'from date',
  todate: 'to date',
  fromtime: 'from time',
  totime: 'to time',
  inverttime: 'outside these times',
  validfromdate: 'identified from',
  validtodate: 'identified to',
  freenum: 'number',
  freenumst: 'at least',
  freenumend: 'at most',
  freetxt: 'text',
  freetxtval: 'contains',
  filt_annot: 'ever identified by',
  filt_last_annot: 'identified by',
  listed: 'list',
  unlike: 'looks like nothing learnt, batch',
} as const;

/** An order by likeness to an object, before its id. */
export const LIKENESS = 'ss-I';
/** By taxon and score, look-alikes side by side. */
export const ALIKE = 'alike';

/** An order by what an audit found worth a second look, before its kind. */
export const AUDIT = 'audit-';

export const STATE_FILTERS = [
  { value: '', label: 'Any state' },
  { value: 'P', label: 'Predicted' },
  { value: 'NV', label: 'Not validated' },
  { value: 'V', label: 'Validated' },
  { value: 'D', label: 'Dubious' },
  { value: 'U', label: 'Unidentified' },
  { value: 'VM', label: 'Validated by me' },
  { value: 'NVM', label: 'Validated by others' },
] as const;

const number = (text: string | null) => (text === null || text === '' ? null : Number(text));

export function fromSearch(search: URLSearchParams): Filter {
  const samples = search.get('samples')?.split(',').map(Number).filter(Boolean) ?? [];
  return {
    taxon: number(search.get('taxon')),
    children: search.get('children') !== 'no',
    state: search.get('state') ?? '',
    samples,
    least: number(search.get('least')),
    most: number(search.get('most')),
    order: search.get('order') ?? EVERYTHING.order,
    grouped: search.get('group') !== 'none',
    other: Object.fromEntries([...search].filter(([name, text]) => name in OTHERS && text)),
  };
}

export function toSearch(filter: Filter): URLSearchParams {
  const search = new URLSearchParams();
  if (filter.taxon !== null) search.set('taxon', String(filter.taxon));
  if (!filter.children) search.set('children', 'no');
  if (filter.state) search.set('state', filter.state);
  if (filter.samples.length) search.set('samples', filter.samples.join(','));
  if (filter.least !== null) search.set('least', String(filter.least));
  if (filter.most !== null) search.set('most', String(filter.most));
  if (filter.order !== EVERYTHING.order) search.set('order', filter.order);
  if (!filter.grouped) search.set('group', 'none');
  for (const [name, text] of Object.entries(filter.other)) search.set(name, text ?? '');
  return search;
}

/** The same, in the words of the API. */
export function toApi(filter: Filter): ProjectFilters {
  const api: ProjectFilters = { ...filter.other };
  if (filter.taxon !== null) {
    api.taxo = String(filter.taxon);
    if (filter.children) api.taxochild = 'Y';
  }
  if (filter.state) api.statusfilter = filter.state;
  if (filter.samples.length) api.samples = filter.samples.join(',');
  if (filter.least !== null || filter.most !== null) {
    api.freenum = 'oscore';
    if (filter.least !== null) api.freenumst = String(filter.least);
    if (filter.most !== null) api.freenumend = String(filter.most);
  }
  return api;
}

/** Whether anything is left out. */
export function narrows(filter: Filter): boolean {
  return Object.keys(toApi(filter)).length > 0;
}
