// What the page says of collections, and small arithmetic on their people.
import type { CollectionModel, MinUserModel, OrganizationModel } from '$lib/api/types';

export const SHORTEST = 256;
export const LONGEST = 1000;

export const LICENCES = [
  { value: '', name: 'Not chosen yet', text: 'OBIS and GBIF take none without a licence.' },
  {
    value: 'CC0 1.0',
    name: 'CC0 1.0: no rights reserved',
    text: 'Anybody may do anything with the data. The widest use; citing is courtesy.',
  },
  {
    value: 'CC BY 4.0',
    name: 'CC BY 4.0: with your name',
    text: 'Anybody may use the data who says where they come from. The usual choice.',
  },
  {
    value: 'CC BY-NC 4.0',
    name: 'CC BY-NC 4.0: with your name, not for money',
    text: 'As CC BY, but nobody may earn with the data; some portals and authors then stay away.',
  },
  {
    value: 'Copyright',
    name: 'All rights reserved',
    text: 'Others must ask you. OBIS and GBIF do not publish such data.',
  },
] as const;

export type Part = 'creators' | 'associates';
/** A person or an organisation, by the key that EcoTaxa uses: 12_u, 7_o. */
export type Contributor = { key: string; name: string; detail: string; person: boolean };

const person = (user: MinUserModel): Contributor => ({
  key: `${user.id}_u`,
  name: user.name,
  detail: user.organisation || user.email,
  person: true,
});
const place = (organisation: OrganizationModel): Contributor => ({
  key: `${organisation.id}_o`,
  name: organisation.name,
  detail: 'Organisation',
  person: false,
});

/** Who has a part, in the order of citing. */
export function contributors(of: CollectionModel, part: Part): Contributor[] {
  const creators = part === 'creators';
  const known = [
    ...(creators ? of.creator_users : of.associate_users).map(person),
    ...(creators ? of.creator_organisations : of.associate_organisations).map(place),
  ];
  const order = of.display_order[part] ?? [];
  return known.sort((a, b) => order.indexOf(a.key) - order.indexOf(b.key));
}

/** What to ask the server for, so that a part is these contributors in this order. */
export function listing(part: Part, keys: readonly string[]) {
  const ids = (kind: string) => keys.filter((key) => key.endsWith(kind)).map(parseFloat);
  const of = part === 'creators' ? 'creator' : 'associate';
  return {
    [`${of}_users`]: ids('_u'),
    [`${of}_organisations`]: ids('_o'),
    display_order: { creators: [], associates: [], [part]: [...keys] },
  };
}

/** A list with one of it moved by some places. */
export function moved<T>(list: readonly T[], from: number, by: number): T[] {
  const to = Math.min(list.length - 1, Math.max(0, from + by));
  const rest = list.filter((_, i) => i !== from);
  return [...rest.slice(0, to), list[from]!, ...rest.slice(to)];
}

/** The part of the page that a sentence speaks of, by the words it quotes. */
export function placeOf(sentence: string): string | null {
  if (/“(Taxa)”/.test(sentence)) return 'taxa';
  if (/“(People|Creators)”/.test(sentence)) return 'people';
  if (/“Projects”/.test(sentence)) return 'projects';
  return /“(Abstract|Citation|Licence)”/.test(sentence) ? 'about' : null;
}

/** How far an abstract is from what portals ask for. */
export function abstractState(text: string): { good: boolean; says: string } {
  const length = text.trim().length;
  if (length < SHORTEST)
    return { good: false, says: `${length} of at least ${SHORTEST} characters` };
  if (length > LONGEST)
    return { good: false, says: `${length} characters, ${length - LONGEST} too many` };
  return { good: true, says: `${length} characters: good (${SHORTEST} to ${LONGEST})` };
}

export const published = (of: Pick<CollectionModel, 'external_id'>) =>
  of.external_id !== '?' && of.external_id !== '';
