import { expect, test } from 'vitest';
import type { Abundance, Look } from '$lib/api/types';
import { beyondChance, bySample, estimate, pairs, shown } from './words';

test('a share is told with its interval, and nothing read is no share', () => {
  const share = { agreed: 9, read: 10, share: 0.9, low: 0.596, high: 0.982 };
  expect(shown(share)).toBe('90 % (60 – 98 %)');
  expect(shown({ agreed: 0, read: 0, share: null, low: null, high: null })).toBe('–');
});

test('kappa is told in words', () => {
  expect(beyondChance(0.85)).toBe("Cohen's kappa 0.85: almost perfect");
  expect(beyondChance(-0.1)).toBe("Cohen's kappa -0.10: less than chance");
  expect(beyondChance(null)).toContain('one taxon');
});

test('estimates are as precise as they can be', () => {
  expect(estimate(76.2, 68.4, 84.9)).toBe('76 (68 – 85)');
  expect(estimate(3, 3, 3)).toBe('3');
  expect(estimate(0.4, 0, 2)).toBe('0.4 (0 – 2)');
  expect(estimate(null, null, null)).toBe('–');
});

test('pairs of names are counted, the commonest first', () => {
  const look = (taxon_id: number, suggested_id: number | null) =>
    ({ taxon_id, suggested_id }) as Look;
  const found = pairs([look(1, 2), look(3, null), look(1, 2)]);
  expect(found).toEqual([
    { taxon: 1, suggested: 2, objects: 2 },
    { taxon: 3, suggested: 0, objects: 1 },
  ]);
});

test('abundances are told sample by sample, the largest first', () => {
  const row = (sample_id: number, estimate: number) =>
    ({ sample_id, sample: `s${sample_id}`, estimate }) as Abundance;
  const found = bySample([row(1, 3), row(2, 5), row(1, 9)]);
  expect(found.map(({ name }) => name)).toEqual(['s1', 's2']);
  expect(found[0]?.rows.map(({ estimate }) => estimate)).toEqual([9, 3]);
});
