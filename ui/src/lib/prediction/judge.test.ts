import { describe, expect, it } from 'vitest';
import type { Report, TaxonJudged } from '$lib/api/types';
import { matrix, mistakes, share, sorted, verdict } from './judge';

const taxon = (id: number, display_name: string, support: number, recall: number | null) =>
  ({ id, display_name, support, recall, f1: recall, precision: null, guessed: 1 }) as TaxonJudged;

const taxa = [
  taxon(1, 'Copepoda', 10, 0.9),
  taxon(2, 'detritus', 5, 0.4),
  taxon(3, 'fish', 0, null),
];
const report = {
  taxa,
  accuracy: 0.73,
  baseline: 10 / 15,
  confusion: [
    [1, 1, 9],
    [1, 2, 1],
    [2, 1, 2],
    [2, 2, 2],
    [2, 3, 1],
  ],
  curve: [
    { share: 0.5, recall: 0.5 },
    { share: 1, recall: 0.65 },
  ],
} as unknown as Report;

describe('the table', () => {
  const ids = (found: TaxonJudged[]) => found.map(({ id }) => id);
  it('is sorted either way, and what has no value stays last', () => {
    expect(ids(sorted(taxa, 'recall', true))).toEqual([1, 2, 3]);
    expect(ids(sorted(taxa, 'recall', false))).toEqual([2, 1, 3]);
    expect(ids(sorted(taxa, 'display_name', true))).toEqual([3, 2, 1]);
  });
});

describe('the matrix', () => {
  it('has shares of rows, and says how many taxa it leaves out', () => {
    const { rows, left } = matrix(report, 2);
    expect(left).toBe(1);
    expect(rows.map((row) => row.map((cell) => cell?.share))).toEqual([
      [0.9, 0.1],
      [0.4, 0.4],
    ]);
  });
  it('tells the worst mistakes first', () => {
    expect(mistakes(report, 2).map(({ truth, guessed }) => [truth, guessed])).toEqual([
      [2, 1],
      [1, 2],
    ]);
  });
});

it('never rounds to all or nothing', () => {
  expect([null, 0, 0.001, 0.5, 0.999, 1].map(share)).toEqual([
    '–',
    '0 %',
    '< 1 %',
    '50 %',
    '> 99 %',
    '100 %',
  ]);
});

it('says what more objects would bring', () => {
  expect(verdict(report)).toContain('Calling everything Copepoda would have been right for 67 %');
  expect(verdict(report)).toContain('still make it better');
  expect(verdict({ ...report, accuracy: 0.67 })).toContain('little to gain');
});
