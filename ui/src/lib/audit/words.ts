import type { Abundance, Look, Share } from '$lib/api/types';

/** "97 % (83 – 99 %)": a share and between what the true one lies; nothing where nothing was read. */
export function shown({ share, low, high }: Share): string {
  if (share === null || low === null || high === null) return '–';
  const whole = (part: number) => Math.round(100 * part);
  return `${whole(share)} % (${whole(low)} – ${whole(high)} %)`;
}

/** How far two readers agree beyond chance, in Landis and Koch's words. */
export function beyondChance(kappa: number | null): string {
  if (kappa === null) return 'kappa says nothing of one taxon';
  const words = [
    [0.81, 'almost perfect'],
    [0.61, 'substantial'],
    [0.41, 'moderate'],
    [0.21, 'fair'],
    [0, 'slight'],
  ] as const;
  const word = words.find(([least]) => kappa >= least)?.[1] ?? 'less than chance';
  return `Cohen's kappa ${kappa.toFixed(2)}: ${word}`;
}

/** An estimate with its interval: "76 (68 – 84)". */
export function estimate(value: number | null, low: number | null, high: number | null): string {
  if (value === null || low === null || high === null) return '–';
  const text = (n: number) => (n < 10 ? n.toFixed(1).replace(/\.0$/, '') : String(Math.round(n)));
  return low === high ? text(value) : `${text(value)} (${text(low)} – ${text(high)})`;
}

export type Pair = { taxon: number; suggested: number; objects: number };

/** What is called one thing and looks like another, the commonest first. */
export function pairs(looks: readonly Look[]): Pair[] {
  const found = new Map<string, Pair>();
  for (const { taxon_id: taxon, suggested_id } of looks) {
    const suggested = suggested_id ?? 0;
    const pair = found.get(`${taxon}/${suggested}`) ?? { taxon, suggested, objects: 0 };
    found.set(`${taxon}/${suggested}`, { ...pair, objects: pair.objects + 1 });
  }
  return [...found.values()].sort((a, b) => b.objects - a.objects);
}

export type SampleRows = { sample: number; name: string; rows: Abundance[] };

/** The lines of a table, sample by sample, the largest taxon first. */
export function bySample(rows: readonly Abundance[]): SampleRows[] {
  const found = new Map<number, SampleRows>();
  for (const row of rows) {
    const one = found.get(row.sample_id) ?? { sample: row.sample_id, name: row.sample, rows: [] };
    one.rows.push(row);
    found.set(row.sample_id, one);
  }
  for (const { rows } of found.values()) rows.sort((a, b) => b.estimate - a.estimate);
  return [...found.values()];
}
