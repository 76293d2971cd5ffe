import { describe, expect, it } from 'vitest';
import { childrenOf, lines } from './lines';
import { index } from './palette';

const taxa = index(
  [1, 2, 3, 4, 5, 9],
  [0, 1, 1, 2, 2, 77],
  ['Biota', 'Copepoda', 'Cnidaria', 'nauplii<Copepoda', 'Calanoida', 'lost'],
);
const below = childrenOf(taxa);
const shown = (...open: number[]) =>
  lines(taxa, below, new Set(open)).map(({ label, depth, children }) => [label, depth, children]);

describe('the lines of the tree', () => {
  it('are the tops while nothing is open; what lost its parent is a top', () =>
    expect(shown()).toEqual([
      ['Biota', 0, 2],
      ['lost', 0, 0],
    ]));

  it('go down into what is open, by name, without the name of the parent', () =>
    expect(shown(1, 2)).toEqual([
      ['Biota', 0, 2],
      ['Cnidaria', 1, 0],
      ['Copepoda', 1, 2],
      ['Calanoida', 2, 0],
      ['nauplii', 2, 0],
      ['lost', 0, 0],
    ]));

  it('hide what is open below what is closed', () => expect(shown(2)).toHaveLength(2));
});
