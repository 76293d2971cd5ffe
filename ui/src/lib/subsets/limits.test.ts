import { expect, test } from 'vitest';
import { wanted } from './limits';

test('a hundred of each taxon, validated ones only', () => {
  const form = { group: 'C', limit: 'V', value: 100, states: 'V' } as const;
  expect(wanted(form, 7)).toEqual({
    dest_prj_id: 7,
    group_type: 'C',
    limit_type: 'V',
    limit_value: 100,
    filters: { statusfilter: 'V' },
  });
});

test('all objects are taken whatever limit was typed before', () => {
  const form = { group: 'I', limit: 'P', value: 3, states: '' } as const;
  expect(wanted(form, 7)).toMatchObject({ limit_type: 'V', limit_value: 1, filters: {} });
});
