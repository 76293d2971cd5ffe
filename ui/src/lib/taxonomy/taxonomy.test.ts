import { describe, expect, it } from 'vitest';
import { index, search } from './palette';
import { branches, NOTHING, size, type Taxon } from './tree';

const taxa = index(
  [1, 2, 3, 4, 5, 6, 7, 8],
  [0, 1, 1, 2, 3, 2, 2, 1],
  [
    'living',
    'Copepoda',
    'Appendicularia',
    'Calanoida',
    'head',
    'Oithona',
    'head<Copepoda',
    'Clausïa',
  ],
  'AAAAAAAA',
);
const ids = (typed: string, likely = {}) => search(taxa, typed, likely).map(({ id }) => id);

describe('the palette', () => {
  it('finds by the first letters of words, whatever accents and capitals', () => {
    expect(ids('CALA')).toEqual([4]);
    expect(ids('clausia')).toEqual([8]);
    expect(ids('ith')).toEqual([6]);
  });

  it('narrows by what lies above', () => {
    expect(ids('hea app')).toEqual([5]);
    expect(ids('hea<app')).toEqual([5]);
    expect(ids('hea cop')[0]).toBe(7);
  });

  it('puts the likely ones first', () => {
    expect(ids('head')[0]).toBe(5);
    expect(ids('hea', { guess: [7] })[0]).toBe(7);
    expect(ids('', { guess: [6], recent: [4] })).toEqual([6, 4]);
  });

  it('forgives a slip where nothing is named so', () => {
    expect(ids('oihtona')).toEqual([6]); // swapped
    expect(ids('oitona')).toEqual([6]); // missing
    expect(ids('oiithona')).toEqual([6]); // too many
    expect(ids('oithuna')).toEqual([6]); // wrong
    expect(ids('xppendicularia')).toEqual([3]); // the first one
    expect(ids('calanoidea')).toEqual([4]); // another ending
    expect(ids('claussia')).toEqual([8]);
    expect(ids('head<apendicularia')).toEqual([]); // what is above is spelt right
    expect(ids('xyth')).toEqual([]); // short words are
  });

  it('forgives missing letters', () => expect(ids('apdclaria')).toEqual([3]));
  it('finds nothing where there is nothing', () => expect(ids('zzz')).toEqual([]));

  it('does not offer retired taxa', () => {
    const old = index([1, 2], [0, 0], ['Oithona', 'Oithona similis'], 'DA');
    expect(search(old, 'oit', {}).map(({ id }) => id)).toEqual([2]);
  });

  it('tells the lineage, from above', () => {
    expect(search(taxa, 'calanoida', {})[0]).toMatchObject({ lineage: 'living › Copepoda' });
  });
});

describe('the tree', () => {
  const taxon = (id: number, parent: number, name: string): Taxon => {
    return { id, parent, name, display: name, retired: false };
  };
  const some = [taxon(1, 0, 'Biota'), taxon(2, 1, 'living'), taxon(4, 2, 'b'), taxon(3, 2, 'a')];
  const counts = new Map([
    [3, { ...NOTHING, V: 2 }],
    [4, { ...NOTHING, P: 5 }],
  ]);
  const none = new Set<number>();
  const lines = (closed = none, wanted = none) => branches({ taxa: some, counts, closed, wanted });

  it('adds up what lies below, and sorts by name', () => {
    expect(lines().map(({ taxon: { name }, depth }) => [name, depth])).toEqual([
      ['living', 0],
      ['a', 1],
      ['b', 1],
    ]);
    expect(size(lines()[0]!.whole)).toBe(7);
  });

  it('still counts what is folded', () => {
    const folded = lines(new Set([2]));
    expect(folded).toHaveLength(1);
    expect(folded[0]!.whole).toMatchObject({ V: 2, P: 5 });
  });

  it('has no line for what only leads to one other, unless it is wanted', () => {
    const names = lines(none, new Set([1])).map(({ taxon: { name } }) => name);
    expect(names).toEqual(['Biota', 'living', 'a', 'b']);
  });
});
