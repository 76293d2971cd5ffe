import { describe, expect, it } from 'vitest';
import type { Cluster } from '$lib/api/types';
import * as cards from './cards';

const COPEPODA = 3;

const cluster = (more: Partial<Cluster> = {}): Cluster => ({
  cluster_id: 0,
  objects: 5,
  left: 5,
  shown: [11, 15, 12],
  taxon: COPEPODA,
  taxon_name: 'Copepoda',
  share: 0.8,
  ...more,
});
const card = (more: Partial<cards.Card> = {}): cards.Card => ({
  ...cards.cardsOf([cluster()])[0]!,
  ...more,
});
const named = (sent: boolean): cards.Naming => ({
  key: 'k',
  taxon: COPEPODA,
  objects: 4,
  rest: 1,
  sent,
});

describe('cards', () => {
  it('are of clusters of which something is left', () => {
    const found = cards.cardsOf([cluster(), cluster({ cluster_id: 1, left: 0, shown: [] })]);

    expect(found.map(({ id }) => id)).toEqual([0]);
    expect(cards.meant(found[0]!)).toBe(5);
  });

  it('stay in their places when others name some of them', () => {
    const before = [card(), card({ id: 1, left: 4, out: new Set([21]) })];

    const after = cards.refreshed(before, [
      cluster({ cluster_id: 1, left: 3, shown: [21, 22, 23] }),
      cluster({ left: 1, shown: [12] }),
      cluster({ cluster_id: 2, left: 9 }),
    ]);

    expect(after.map(({ id, left }) => [id, left])).toEqual([
      [0, 1],
      [1, 3],
      [2, 9],
    ]);
    expect(after[1]!.out).toEqual(new Set([21]));
  });

  it('that were named stay folded, and open when it was undone elsewhere', () => {
    const folded = card({ named: named(true) });

    const [same] = cards.refreshed([folded], [cluster({ left: 1, shown: [15] })]);
    const [fewer] = cards.refreshed([folded], [cluster({ left: 0, shown: [] })]);
    const [back] = cards.refreshed([folded], [cluster()]);

    expect([same?.named?.rest, fewer?.named?.rest]).toEqual([1, 0]);
    expect(same?.shown).toEqual([11, 15, 12]); // an undo shows what was there
    expect([back?.named, back?.left]).toEqual([null, 5]);
  });

  it('whose name is still on its way are not opened by older news', () => {
    const [waiting] = cards.refreshed([card({ named: named(false) })], [cluster()]);

    expect(waiting?.named?.key).toBe('k');
  });
});

describe('what is taken out', () => {
  it('is one image, and again it is in', () => {
    const out = cards.toggled(card(), 15);

    expect([...out.out]).toEqual([15]);
    expect(cards.meant(out)).toBe(4);
    expect(cards.toggled(out, 15).out.size).toBe(0);
  });

  it('is a range from the last one on, that follows the first one', () => {
    const taken = cards.stretched(cards.toggled(card(), 12), 2, 0);
    const back = cards.stretched(cards.toggled(taken, 11), 0, 1);

    expect([...taken.out].sort()).toEqual([11, 12, 15]);
    expect([...back.out]).toEqual([12]);
  });

  it('is not named, and all else that is left is', () => {
    const left = { object_ids: [11, 15, 12, 14, 13], versions: [1, 2, 3, 4, 5] };

    expect(cards.gesture(left, new Set([15, 13]))).toEqual({
      object_ids: [11, 12, 14],
      versions: [1, 3, 4],
    });
  });

  it('is forgotten where it is no longer there', () => {
    const here = { object_ids: [11, 15], versions: [1, 2] };
    const all = cards.looked(card({ out: new Set([15, 99]) }), here);

    expect([all.left, cards.meant(all), [...all.out]]).toEqual([2, 1, [15]]);
  });
});

describe('words', () => {
  it('agree with the number', () => {
    expect(cards.said(130, 'Copepoda')).toBe('130 objects are Copepoda');
    expect(cards.said(1, 'Copepoda')).toBe('1 object is Copepoda');
    expect([0, 2].map(cards.leftOut)).toEqual([null, '2 left out']);
  });
});

describe('going on', () => {
  const row = [card({ id: 5 }), card({ id: 7, named: named(true) }), card({ id: 9 })];

  it('passes over what is named, and stays at the ends', () => {
    expect(cards.beside(row, null, 1)).toBe(5);
    expect(cards.beside(row, 5, 1)).toBe(9);
    expect(cards.beside(row, 9, -1)).toBe(5);
    expect(cards.beside(row, 9, 1)).toBe(9);
    expect(cards.beside([], null, 1)).toBeNull();
  });

  it('among images leaves the card only above the first and below the last row', () => {
    const at = (from: number, key: string) => cards.moved(from, key, 20, 12);

    expect(['ArrowRight', 'ArrowDown', 'End', 'Home'].map((key) => at(3, key))).toEqual([
      4, 15, 19, 0,
    ]);
    expect(at(10, 'ArrowDown')).toBe(19); // the last row is shorter
    expect([at(3, 'ArrowUp'), at(15, 'ArrowDown')]).toEqual([null, null]);
    expect([at(0, 'ArrowLeft'), at(19, 'ArrowRight')]).toEqual([0, 19]);
  });
});

describe('what Enter names', () => {
  it('is what the field says, else what nearly all of the evidence says', () => {
    expect(cards.ready(card({ share: 0.8 }))).toBe(COPEPODA);
    expect(cards.ready(card({ share: 0.79 }))).toBeNull();
    expect(cards.ready(card({ suggested: null, share: null }))).toBeNull();
    expect(cards.ready(card({ share: 0.2, chosen: 7 }))).toBe(7);
  });
});
