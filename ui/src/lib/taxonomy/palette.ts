// Finding a taxon by a few letters, in a list that is at hand: no waiting, no race with Enter.

import { near, slips } from './near';

/** The taxonomy, folded for searching: arrays beside one another. */
export type TaxonIndex = {
  ids: number[];
  parents: number[];
  displays: string[];
  /** Names without accents and capitals, with a space before each word. */
  folded: string[];
  /** No longer to be given. */
  retired: boolean[];
  places: Map<number, number>;
};

export type Found = { id: number; display: string; lineage: string; why: Why | null };
export type Why = 'guess' | 'slot' | 'preset' | 'here' | 'recent';

/** What makes a taxon likely; the earlier lists weigh more. */
export type Likely = Partial<Record<Why, readonly number[]>>;

const WEIGHT: Record<Why, number> = { guess: 50, slot: 40, preset: 25, here: 30, recent: 20 };
const RETIRED = 'D';

export const fold = (text: string) =>
  ` ${text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()}`;

export function index(
  ids: number[],
  parents: number[],
  displays: string[],
  statuses = '',
): TaxonIndex {
  return {
    ids,
    parents,
    displays,
    folded: displays.map(fold),
    retired: ids.map((_, i) => statuses[i] === RETIRED),
    places: new Map(ids.map((id, i) => [id, i])),
  };
}

/** The names above a taxon, nearest first. */
export function lineage(taxa: TaxonIndex, at: number): number[] {
  const above: number[] = [];
  let next = taxa.places.get(taxa.parents[at] ?? 0);
  while (next !== undefined && above.length < 60) {
    above.push(next);
    next = taxa.places.get(taxa.parents[next] ?? 0);
  }
  return above;
}

/** How well a name answers some words: higher is better, 0 is not at all. */
export function match(name: string, words: readonly string[]): number {
  const all = words.join(' ');
  if (name === ` ${all}`) return 100;
  if (name.startsWith(` ${all}`)) return 80 - Math.min(15, name.length - all.length) / 3;
  if (words.every((word) => name.includes(` ${word}`))) return 60;
  if (words.length === 1 && all.length > 2 && name.includes(all)) return 35;
  return words.length === 1 && all.length > 3 && scattered(name, all) ? 12 : 0;
}

/** Whether letters come in this order, the first one beginning a word. */
function scattered(name: string, letters: string): boolean {
  let at = name.indexOf(` ${letters[0]}`);
  for (const letter of letters) {
    at = at < 0 ? -1 : name.indexOf(letter, at) + 1;
    if (at <= 0) return false;
  }
  return true;
}

/** The likeliest taxa for what was typed. "hea app" and "hea<app" are a head below Appendicularia.
 * When nothing is named so, what is named nearly so. */
export function search(
  taxa: TaxonIndex,
  typed: string,
  likely: Likely,
  most = 9,
  retired = false,
): Found[] {
  const [name = '', ...rest] = typed.split('<');
  const words = fold(name).trim().split(' ').filter(Boolean);
  const above = rest.flatMap((part) => fold(part).trim().split(' ')).filter(Boolean);
  const bonus = bonuses(likely);
  if (!words.length && !above.length) return likeliest(taxa, likely, most);
  const all = (score: (at: number) => number) => {
    const found: { at: number; score: number }[] = [];
    for (let at = 0; at < taxa.ids.length; at++) {
      if (taxa.retired[at] && !retired) continue;
      const worth = score(at);
      if (worth) found.push({ at, score: worth + (bonus.get(taxa.ids[at]!) ?? 0) });
    }
    return found;
  };
  let found = all((at) => answers(taxa, at, words, above));
  if (!found.length) found = all((at) => resembles(taxa, at, words, above));
  found.sort(
    (a, b) => b.score - a.score || taxa.displays[a.at]!.length - taxa.displays[b.at]!.length,
  );
  return found.slice(0, most).map(({ at }) => describe(taxa, at, likely));
}

/** Words may be of the name, or its last ones of names above it. */
function answers(taxa: TaxonIndex, at: number, words: string[], above: string[]): number {
  const name = taxa.folded[at]!;
  if (words.length && !name.includes(words[0]![0]!)) return 0;
  const whole = words.length ? match(name, words) : 30;
  if (whole && !above.length) return whole;
  for (let cut = words.length - (above.length ? 0 : 1); cut > 0; cut--) {
    const score = match(name, words.slice(0, cut));
    if (score > 12 && liesBelow(taxa, at, [...words.slice(cut), ...above])) return score - 5;
  }
  return 0;
}

/** Whether every word is one of the name, but for a slip. */
function resembles(taxa: TaxonIndex, at: number, words: string[], above: string[]): number {
  if (!words.length || (above.length && !liesBelow(taxa, at, above))) return 0;
  const name = taxa.folded[at]!.split(' ');
  return words.every((typed) => name.some((word) => near(word, typed, slips(typed)))) ? 8 : 0;
}

function liesBelow(taxa: TaxonIndex, at: number, words: readonly string[]): boolean {
  const names = lineage(taxa, at).map((place) => taxa.folded[place]!);
  return words.every((word) => names.some((name) => name.includes(` ${word}`)));
}

function bonuses(likely: Likely): Map<number, number> {
  const bonus = new Map<number, number>();
  for (const [why, ids] of Object.entries(likely) as [Why, readonly number[]][])
    ids.forEach((id, i) => {
      const worth = WEIGHT[why] - Math.min(8, i / 2);
      bonus.set(id, Math.max(bonus.get(id) ?? 0, worth));
    });
  return bonus;
}

/** Before anything is typed: the guesses, then the slots, and so on. */
function likeliest(taxa: TaxonIndex, likely: Likely, most: number): Found[] {
  const bonus = [...bonuses(likely)].sort((a, b) => b[1] - a[1]);
  return bonus
    .map(([id]) => taxa.places.get(id))
    .filter((at) => at !== undefined && !taxa.retired[at])
    .slice(0, most)
    .map((at) => describe(taxa, at!, likely));
}

function describe(taxa: TaxonIndex, at: number, likely: Likely): Found {
  const id = taxa.ids[at]!;
  const reasons = (Object.keys(WEIGHT) as Why[]).filter((why) => likely[why]?.includes(id));
  const names = lineage(taxa, at).map((place) => taxa.displays[place]!);
  return {
    id,
    display: taxa.displays[at]!,
    lineage: names.slice(0, 4).reverse().join(' › '),
    why: reasons[0] ?? null,
  };
}
