import { expect, test } from 'vitest';
import { cookie, secretOf } from './door';

test('a cookie is found by its whole name and decoded', () => {
  const all = 'not_said=1; openid_said=You%20were%20not%20signed%20in%3A%20no; theme=dark';
  expect(cookie(all, 'openid_said')).toBe('You were not signed in: no');
  expect(cookie(all, 'said')).toBe('');
  expect(cookie('openid_said=%', 'openid_said')).toBe('');
});

test('the secret of a letter is what follows the #, if it can be one', () => {
  expect(secretOf('#abcdefghijklmnopqrstuvwxyz_-0123')).toBe('abcdefghijklmnopqrstuvwxyz_-0123');
  expect(secretOf('')).toBe('');
  expect(secretOf('#short')).toBe('');
  expect(secretOf('#<script>alert(1)</script>aaaaaaaaaaa')).toBe('');
});
