import { expect, it } from 'vitest';
import type { JobModel } from '$lib/api/types';
import { asks, fileOf, fromFile, open, proposed, questionOf } from './answers';

const question = questionOf({
  missing_taxa: ['sea monster', 'egg'],
  missing_users: ['ann otator'],
  where: { egg: ['a.tsv, line 3'] },
  proposed: { taxa: { egg: 41 } },
});

it('finds what helps to answer beside the question of a job', () => {
  const { missing_taxa, missing_users, ...clues } = question;
  const job = { question: { missing_taxa, missing_users }, inside: clues } as unknown as JobModel;
  expect(asks(job)).toEqual(question);
});

it('begins with what was answered the last time', () => {
  expect(proposed(question)).toEqual({ taxa: { egg: 41 }, users: {} });
  expect(open(question, proposed(question))).toBe(2);
});

it('reads back the file it wrote, once it is filled in', () => {
  const file = JSON.parse(fileOf(question, proposed(question)));
  expect(file.taxa).toEqual({ 'sea monster': null, egg: 41 });
  file.taxa['sea monster'] = 'detritus';
  file.users = { 'Ann Otator ': 3, nobody: 4 };
  const read = fromFile(JSON.stringify(file), question);
  expect(read.answers).toEqual({
    taxa: { 'sea monster': 'detritus', egg: 41 },
    users: { 'ann otator': 3 },
  });
  expect([read.used, read.unused]).toEqual([3, 1]);
});

it('says what is wrong with a file', () => {
  expect(() => fromFile('taxa: 1', question)).toThrow('not JSON');
  expect(fromFile('[1]', question).used).toBe(0);
  expect(fromFile('null', question).used).toBe(0);
});
