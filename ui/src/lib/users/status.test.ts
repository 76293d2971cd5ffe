import { expect, test } from 'vitest';
import { byNeed } from './status';

test('who waits comes first, then who was asked for more; the blocked are last', () => {
  const people = [
    { name: 'Bo', status: 1 },
    { name: 'Cy', status: -1 },
    { name: 'Di', status: 2 },
    { name: 'Al', status: 1 },
    { name: 'Ed', status: 0 },
  ];
  expect(byNeed(people).map(({ name }) => name)).toEqual(['Ed', 'Di', 'Al', 'Bo', 'Cy']);
});
