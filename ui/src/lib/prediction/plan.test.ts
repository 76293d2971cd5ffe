import { describe, expect, it } from 'vitest';
import type { WorkspaceProject } from '$lib/api/types';
import { measurements, request, usual } from './plan';

const taxa = [
  { id: 3, display_name: 'a', found: 5, used: 5, learnt_as: 3 },
  { id: 4, display_name: 'b', found: 2, used: 2, learnt_as: 4 },
];

it('takes columns of numbers only', () => {
  const project = { obj_free_cols: { area: 'n01', tag: 't01' } } as unknown as WorkspaceProject;
  expect(measurements(project)).toEqual(['fre.area']);
});

describe('an order', () => {
  it('has good defaults', () => {
    expect(request(1, usual(1), ['fre.area'], taxa)).toMatchObject({
      source_project_ids: [1],
      learning_limit: 5000,
      categories: [],
      use_scn: true,
      classifier: 'linear',
      risk: null,
    });
  });

  it('promises only what was asked for', () => {
    expect(request(1, { ...usual(1), risk: 5 }, [], taxa)).toMatchObject({ risk: 5 });
  });

  it('names the taxa only when some are left out', () => {
    const choices = { ...usual(1), without: new Set([4]), ignored: new Set(['fre.area']) };
    expect(request(1, choices, ['fre.area', 'fre.mean'], taxa)).toMatchObject({
      categories: [3],
      features: ['fre.mean'],
    });
  });
});
