import { describe, expect, it } from 'vitest';
import type { WorkspaceProject } from '$lib/api/types';
import { copied, joined, lasting, measurements, request, usual } from './plan';

const taxa = [
  { id: 3, display_name: 'a', found: 5, used: 5, learnt_as: 3, lineage: [] },
  { id: 4, display_name: 'b', found: 2, used: 2, learnt_as: 4, lineage: [] },
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

const taxon = (id: number, learnt_as = id) => ({
  id,
  display_name: `taxon ${id}`,
  found: 2,
  used: 2,
  learnt_as,
  lineage: [],
});

it('joins small taxa as suggested, those learnt as another with it', () => {
  const set = {
    objects: 6,
    taxa: [taxon(11), taxon(12, 13), taxon(13)],
    features: [],
    too_small: [13],
    above: [],
    suggested: { 13: 10 },
  };

  const learntAs = joined(set, new Map([[12, 13]]));

  expect([...learntAs]).toEqual([
    [12, 10],
    [13, 10],
  ]);
});

it('copies what another project learns as something else, of what is found here', () => {
  expect([...copied({ 11: 10, 99: 10 }, [taxon(11), taxon(12)])]).toEqual([[11, 10]]);
});

it('says how long something may take, as of an estimate', () => {
  expect([3, 61, 240, 5000, 9000, 200_000].map(lasting)).toEqual([
    'less than a minute',
    'about a minute',
    'about 4 minutes',
    'about 83 minutes',
    'about 3 hours',
    'about 2 days',
  ]);
});
