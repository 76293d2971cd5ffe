// A report in the shapes that its page draws. Arithmetic, nothing to see.
import type { Report, TaxonJudged } from '$lib/api/types';

export type Column = 'display_name' | 'support' | 'guessed' | 'precision' | 'recall' | 'f1';

/** The taxa in the order of a column; what has no value comes last, either way. */
export function sorted(taxa: readonly TaxonJudged[], by: Column, down: boolean): TaxonJudged[] {
  const turn = down ? -1 : 1;
  return [...taxa].sort((a, b) => {
    const [x, y] = [a[by], b[by]];
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    if (typeof x === 'string' && typeof y === 'string') return turn * x.localeCompare(y);
    return turn * (Number(x) - Number(y)) || b.support - a.support;
  });
}

export type Cell = { truth: number; guessed: number; objects: number; share: number };
export type Matrix = { taxa: TaxonJudged[]; rows: (Cell | null)[][]; left: number };

/** The confusion matrix of the taxa with most objects; a share is that of its row. */
export function matrix(report: Report, most: number): Matrix {
  const taxa = report.taxa.slice(0, most);
  const place = new Map(taxa.map(({ id }, n) => [id, n]));
  const rows = taxa.map(() => taxa.map((): Cell | null => null));
  for (const [truth, guessed, objects] of report.confusion) {
    const [row, column] = [place.get(truth), place.get(guessed)];
    if (row === undefined || column === undefined) continue;
    const share = objects / taxa[row]!.support;
    rows[row]![column] = { truth, guessed, objects, share };
  }
  return { taxa, rows, left: report.taxa.length - taxa.length };
}

/** The pairs that are mistaken most, most objects first. */
export function mistakes(report: Report, most: number): Cell[] {
  const support = new Map(report.taxa.map((taxon) => [taxon.id, taxon.support]));
  return report.confusion
    .filter(([truth, guessed]) => truth !== guessed)
    .map(([truth, guessed, objects]) => ({
      truth,
      guessed,
      objects,
      share: objects / (support.get(truth) || 1),
    }))
    .sort((a, b) => b.objects - a.objects)
    .slice(0, most);
}

/** A share as people read it: 93 %, and a dash where there is none. */
export function share(value: number | null): string {
  if (value === null) return '–';
  const hundred = 100 * value;
  if (hundred > 0 && hundred < 1) return '< 1 %';
  if (hundred < 100 && hundred > 99) return '> 99 %';
  return `${Math.round(hundred)} %`;
}

/** What the figures say, in a sentence or two that a hurried person reads. */
export function verdict(report: Report): string {
  const gain = report.accuracy - report.baseline;
  const most = report.taxa[0]?.display_name ?? '';
  const better =
    gain > 0.02
      ? `Calling everything ${most} would have been right for ${share(report.baseline)}.`
      : `Calling everything ${most} would have been right for ${share(report.baseline)}, so there is little to gain from this prediction.`;
  const last = report.curve.at(-1);
  const half = report.curve.find((point) => point.share === 0.5);
  const more =
    last && half && last.recall - half.recall > 0.02
      ? ' More validated objects would still make it better.'
      : '';
  return better + more;
}
