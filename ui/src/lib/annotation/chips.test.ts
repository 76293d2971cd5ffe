import { describe, expect, it, test } from 'vitest';
import { EVERYTHING } from '$lib/objects/filter';
import { chips } from './chips';

const names = { nameOf: (taxon: number) => `taxon ${taxon}`, samples: [] };

describe('filters that come with a link', () => {
  const other = { MapN: '44', MapS: '43', MapW: '7', MapE: '8', month: '6', filt_annot: '3' };
  const shown = chips({ ...EVERYTHING, state: 'V', other }, names);

  it('are told, the sides of a map together', () => {
    expect(shown.map(({ label }) => label)).toEqual([
      'Validated',
      'south of 44, north of 43, east of 7, west of 8',
      'month 6',
      'ever identified by 3',
    ]);
  });

  it('are taken off one by one, a map as a whole', () => {
    expect(shown[1]?.off).toEqual({ other: { month: '6', filt_annot: '3' } });
    expect(shown[2]?.off.other).not.toHaveProperty('month');
  });
});

test('a sample that nobody has named is told in words', () => {
  const sample = { sample_id: 1_000_001, orig_id: '__DUMMY_ID__1__', objects: 3, validated: 1 };

  const [chip] = chips({ ...EVERYTHING, samples: [1_000_001] }, { ...names, samples: [sample] });

  expect(chip?.label).toBe('Unnamed sample');
});

test('what an audit found is a part of everything, and is told so', () => {
  const [chip] = chips({ ...EVERYTHING, order: 'audit-doubt', grouped: false }, names);

  expect(chip?.label).toBe('Audit: doubtful names');
  expect(chip?.off).toEqual({ order: EVERYTHING.order, grouped: true });
});
