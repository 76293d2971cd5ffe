import { expect, it } from 'vitest';
import type { JobModel } from '$lib/api/types';
import { byFile, kindsOf, progressOf, projectOf } from './words';

it('gathers errors by file', () => {
  const errors = [
    'tow 1/a.tsv, line 2: bad',
    'tow 1/a.tsv: worse',
    'No table.',
    '[base]: empty',
    '[base]/b.tsv: bad',
  ];
  expect(byFile(errors)).toEqual([
    ['tow 1/a.tsv', ['line 2: bad', 'worse']],
    ['', ['No table.']],
    ['The package', ['empty']],
    ['b.tsv', ['bad']],
  ]);
});

it('tells how far a job is, and no state twice', () => {
  const job = (some: object) => progressOf(some as JobModel);
  expect(job({ state: 'F', progress_msg: 'Done' })).toBe('');
  expect(job({ state: 'R', progress_msg: 'Reading' })).toBe('Reading');
  expect(job({ state: 'E', progress_msg: 'Killed' })).toBe('Killed');
  expect(job({ state: 'E', errors: ['bad'], progress_msg: '1 error(s) during run' })).toBe(
    '1 error, nothing was written',
  );
  expect(job({ state: 'E', errors: ['bad'], result: { error_count: 1200 } })).toContain('1,200');
});

it('finds the project of a job in its order', () => {
  const job = { params: { req: { project_id: 7 } } } as unknown as JobModel;
  expect(projectOf(job)).toBe(7);
  expect(projectOf({ params: {} } as unknown as JobModel)).toBeNull();
});

it('names the kinds of mistakes in a package', () => {
  const job = { result: { error_kinds: { E6: 3, 'too long': 1 } } } as unknown as JobModel;
  expect(kindsOf(job)).toEqual([
    ['not a number', 3],
    ['too long', 1],
  ]);
  expect(kindsOf({} as JobModel)).toEqual([]);
});
