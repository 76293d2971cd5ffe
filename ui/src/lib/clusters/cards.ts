// What the page holds of clusters: a card for each. Pure: a card in, a card out.
import type { Cluster, ClusterObjects } from '$lib/api/types';
import { count, some } from '$lib/kit/format';

/** What was named here in one go, and what that left of the cluster. */
export type Naming = { key: string; taxon: number; objects: number; rest: number; sent: boolean };

export type Card = {
  id: number;
  /** Not validated yet, and still there. */
  left: number;
  /** Some of those left, both extremes first. */
  shown: readonly number[];
  /** All of those left, once somebody asked to see them. */
  all: readonly number[] | null;
  /** All of those left with their versions, as the person sees them; unknown until they are read. */
  seen: ClusterObjects | null;
  /** Taken out of the gesture. */
  out: ReadonlySet<number>;
  suggested: number | null;
  suggestedName: string;
  share: number | null;
  /** What the field says. */
  chosen: number | null;
  /** The card is folded to a line that says so. */
  named: Naming | null;
};

const fresh = (cluster: Cluster): Omit<Card, 'all' | 'out' | 'chosen' | 'named'> => ({
  id: cluster.cluster_id,
  left: cluster.left,
  shown: cluster.shown,
  seen: null,
  suggested: cluster.taxon,
  suggestedName: cluster.taxon_name,
  share: cluster.share,
});

/** The cards of a run as it is found: clusters of which something is left. */
export const cardsOf = (clusters: readonly Cluster[]): Card[] =>
  clusters
    .filter(({ left }) => left > 0)
    .map((one) => ({ ...fresh(one), all: null, out: new Set(), chosen: null, named: null }));

/** The same cards in their places, with what is left now. */
export function refreshed(cards: readonly Card[], clusters: readonly Cluster[]): Card[] {
  const now = new Map(clusters.map((one) => [one.cluster_id, one]));
  const known = cards.map((card) => {
    const cluster = now.get(card.id);
    if (!cluster) return card;
    if (!card.named) return { ...card, ...fresh(cluster) };
    if (!card.named.sent) return card;
    // Undone elsewhere: what was named waits again.
    if (cluster.left > card.named.rest) return { ...card, ...fresh(cluster), named: null };
    return { ...card, named: { ...card.named, rest: cluster.left } };
  });
  const ids = new Set(cards.map(({ id }) => id));
  return [...known, ...cardsOf(clusters.filter(({ cluster_id }) => !ids.has(cluster_id)))];
}

/** So much of the evidence must say a name before one key takes it: then few are wrong. */
export const SURE = 0.8;

/** What Enter names a card: what the field says, else a name that is suggested and sure. */
export const ready = (card: Card): number | null =>
  card.chosen ?? ((card.share ?? 0) >= SURE ? card.suggested : null);

/** The images of a card: some, or all of them. */
export const images = (card: Card): readonly number[] => card.all ?? card.shown;

/** Take an image out of the gesture, or back into it. */
export function toggled(card: Card, object: number): Card {
  const out = new Set(card.out);
  if (!out.delete(object)) out.add(object);
  return { ...card, out };
}

/** All images between two become what the first one is. */
export function stretched(card: Card, from: number, to: number): Card {
  const between = images(card).slice(Math.min(from, to), Math.max(from, to) + 1);
  const first = images(card)[from];
  const taken = first !== undefined && card.out.has(first);
  const out = new Set(card.out);
  for (const object of between)
    if (taken) out.add(object);
    else out.delete(object);
  return { ...card, out };
}

/** How many objects a gesture would name. */
export const meant = (card: Card): number => Math.max(0, card.left - card.out.size);

/** What is named of all that is left: all but what was taken out. */
export function gesture(left: ClusterObjects, out: ReadonlySet<number>): ClusterObjects {
  const keep = left.object_ids.map((id) => !out.has(id));
  const kept = (values: readonly number[]) => values.filter((_, i) => keep[i]);
  return { object_ids: kept(left.object_ids), versions: kept(left.versions) };
}

/** All that is left is known: what was taken out and is gone is forgotten. */
export function looked(card: Card, seen: ClusterObjects): Card {
  const { object_ids: here } = seen;
  const out = new Set(here.filter((id) => card.out.has(id)));
  return { ...card, seen, out, all: card.all && here, left: here.length };
}

/** "130 objects are Copepoda" */
export const said = (objects: number, name: string) =>
  `${some(objects, 'object')} ${objects === 1 ? 'is' : 'are'} ${name}`;

/** What was taken out stays; null when nothing was. */
export const leftOut = (rest: number) => (rest ? `${count(rest)} left out` : null);

/** The next card that waits for a name, or the one before; the same one at the end. */
export function beside(cards: readonly Card[], from: number | null, by: 1 | -1): number | null {
  const at = cards.findIndex(({ id }) => id === from);
  if (at < 0) return cards.find(waits)?.id ?? null;
  for (let next = at + by; next >= 0 && next < cards.length; next += by)
    if (waits(cards[next]!)) return cards[next]!.id;
  return from;
}

const waits = (card: Card) => !card.named && card.left > 0;

/** Where one key leads among images in rows of so many; null beyond the first or last of them. */
export function moved(at: number, key: string, images: number, columns: number): number | null {
  const steps: Record<string, number> = {
    ArrowLeft: Math.max(0, at - 1),
    ArrowRight: Math.min(images - 1, at + 1),
    ArrowUp: at - columns,
    ArrowDown: at + columns,
    Home: 0,
    End: images - 1,
  };
  const next = steps[key] ?? at;
  if (next < 0) return null;
  if (next < images) return next;
  const lastRow = Math.floor(at / columns) === Math.floor((images - 1) / columns);
  return lastRow ? null : images - 1;
}
