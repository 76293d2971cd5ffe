import { expect, test } from 'vitest';
import { named } from './names';

test('what nobody has named is said to be so', () => {
  expect(named('__DUMMY_ID__12__')).toBe('Unnamed sample');
  expect(named('__DUMMY_ID__1000001__', 'acquisition')).toBe('Unnamed acquisition');
});

test('a name that somebody gave is left alone', () => {
  expect(named('moose2015_ge_leg2_006')).toBe('moose2015_ge_leg2_006');
  expect(named('net __DUMMY_ID__1__')).toBe('net __DUMMY_ID__1__');
});
