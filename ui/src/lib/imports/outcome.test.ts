import { expect, it } from 'vitest';
import type { JobModel } from '$lib/api/types';
import { columns, isPreview, lines, outcomeOf } from './outcome';

const job = {
  result: {
    dry_run: true,
    outcome: {
      rows: 3,
      tables: ['a.tsv'],
      levels: {
        sample: { created: 1 },
        object: { changed: 2, unknown: 30 },
        process: {},
      },
      new_columns: [],
      skipped_rows: 0,
      erased: { cells: 0, columns: {}, examples: [] },
      question: null,
      problems: {},
    },
  },
} as unknown as JobModel;

it('puts levels in order, and only the fates that occur', () => {
  const told = outcomeOf(job)!;
  expect(columns(told.levels)).toEqual(['created', 'changed', 'unknown']);
  expect(lines(told).map(({ name, cells }) => [name, ...cells])).toEqual([
    ['Objects', '–', '2', '30'],
    ['Samples', '1', '–', '–'],
  ]);
});

it('tells a preview from an import, and an import from any other job', () => {
  expect(isPreview(job)).toBe(true);
  expect(isPreview({} as JobModel)).toBe(false);
  expect(outcomeOf({ result: {} } as JobModel)).toBeNull();
});
