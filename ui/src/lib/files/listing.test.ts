import { expect, it } from 'vitest';
import type { DirectoryEntry } from '$lib/api/types';
import { inOrder, isPackage, join, steps } from './listing';

const entry = (name: string, type: string, bytes: number, changed: string) =>
  ({ name, type, bytes, changed }) as DirectoryEntry;
const ENTRIES = [
  entry('net 10.zip', 'F', 5, '2026-01-02'),
  entry('net 9.zip', 'F', 7, '2026-01-01'),
  entry('tow', 'D', 1, '2026-01-03'),
];
const names = (entries: DirectoryEntry[]) => entries.map(({ name }) => name);

it('puts folders first, and 9 before 10', () => {
  expect(names(inOrder(ENTRIES, 'name', false))).toEqual(['tow', 'net 9.zip', 'net 10.zip']);
  expect(names(inOrder(ENTRIES, 'bytes', true))).toEqual(['tow', 'net 9.zip', 'net 10.zip']);
  expect(names(inOrder(ENTRIES, 'changed', true))).toEqual(['tow', 'net 10.zip', 'net 9.zip']);
});

it('knows the way to a folder', () => {
  expect(steps('leg 3/net')).toEqual([
    { name: 'leg 3', path: 'leg 3' },
    { name: 'net', path: 'leg 3/net' },
  ]);
  expect([join('', 'a'), join('leg 3', 'a')]).toEqual(['a', 'leg 3/a']);
});

it('knows what can be imported', () => {
  expect(['a.zip', 'a.TAR.gz', 'a.tsv'].map((name) => isPackage({ name, type: 'F' }))).toEqual([
    true,
    true,
    false,
  ]);
});
