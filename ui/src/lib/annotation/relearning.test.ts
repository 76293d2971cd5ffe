import { expect, test } from 'vitest';
import type { JobEvent } from '$lib/api/types';
import { Learner } from './relearning.svelte';

const waiting: JobEvent = {
  job_id: 12,
  type: 'Relearning',
  state: 'P',
  progress_pct: null,
  progress_msg: 'Waiting for a slot',
};

test('learning again is known by its kind, from before it begins', () => {
  const learner = new Learner(1);

  expect(learner.hear(waiting)).toBe(true);
  expect(learner.job).toBe(12);
});

test('other work is left to the line of other work', () => {
  const learner = new Learner(1);

  expect(learner.hear({ ...waiting, type: 'Prediction' })).toBe(false);
  expect(learner.job).toBeNull();
});
