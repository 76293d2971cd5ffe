import { expect, it } from 'vitest';
import type { JobModel } from '$lib/api/types';
import { byFile, projectOf } from './words';

it('gathers errors by file', () => {
  const errors = ['a.tsv, line 2: bad', 'a.tsv, line 9: worse', 'No table was found.'];
  expect(byFile(errors)).toEqual([
    ['a.tsv', ['line 2: bad', 'line 9: worse']],
    ['', ['No table was found.']],
  ]);
});

it('finds the project of a job in its order', () => {
  const job = { params: { req: { project_id: 7 } } } as unknown as JobModel;
  expect(projectOf(job)).toBe(7);
  expect(projectOf({ params: {} } as unknown as JobModel)).toBeNull();
});
