import { describe, expect, it } from 'vitest';
import { boxOf, extentsIn, GAP, layout, positionAt, rowsIn, sectionOf, step } from './layout';

const one = layout({ counts: [100_000], width: 1000, size: 120, headers: false });
const grouped = layout({ counts: [10, 3, 25], width: 520, size: 120, headers: true });

describe('a scene', () => {
  it('fills its width with cells', () => {
    expect(one.columns).toBe(7);
    expect(one.columns * one.cell.width + (one.columns - 1) * GAP).toBeCloseTo(1000);
  });

  it('makes only the rows that can be seen', () => {
    const rows = rowsIn(one, 500_000, 500_900);
    expect(rows.length).toBeLessThan(9);
    expect(rows[0]!.top).toBeLessThanOrEqual(500_000);
    expect(rows.at(-1)!.top).toBeLessThan(500_900);
  });

  it('gives every line a number of its own, headers included', () => {
    const lines = rowsIn(grouped, 0, grouped.height).map((row) => row.line);
    expect(new Set(lines).size).toBe(lines.length);
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
  });

  it('starts each section on a new row', () => {
    const firsts = rowsIn(grouped, 0, grouped.height)
      .filter((row) => row.kind === 'tiles')
      .map((row) => [row.first, row.count]);
    expect(firsts.slice(0, 4)).toEqual([
      [0, 4],
      [4, 4],
      [8, 2],
      [10, 3],
    ]);
  });

  it('has nothing to show when it is empty', () => {
    const empty = layout({ counts: [], width: 800, size: 100, headers: true });
    expect(rowsIn(empty, 0, 1000)).toEqual([]);
    expect(step(empty, 0, 'down')).toBe(0);
  });
});

describe('a position', () => {
  it('is found again from where it lies', () => {
    for (const position of [0, 3, 9, 10, 12, 13, 37]) {
      const box = boxOf(grouped, position);
      expect(positionAt(grouped, box.x + 5, box.y + 5)).toBe(position);
      expect(sectionOf(grouped, position)).toBe(position < 10 ? 0 : position < 13 ? 1 : 2);
    }
  });

  it('is none between tiles', () => {
    const box = boxOf(one, 0);
    expect(positionAt(one, box.width + GAP / 2, 5)).toBeNull();
  });
});

describe('a step', () => {
  it('goes down and up the same column, across headers', () => {
    expect(step(grouped, 1, 'down')).toBe(5);
    expect(step(grouped, 8, 'down')).toBe(10);
    expect(step(grouped, 10, 'up')).toBe(8);
    expect(step(grouped, 7, 'down')).toBe(9); // the last row is short
  });

  it('stays in the scene', () => {
    expect(step(grouped, 0, 'left')).toBe(0);
    expect(step(grouped, 37, 'right')).toBe(37);
    expect(step(grouped, 2, 'up')).toBe(2);
  });

  it('reaches the ends of a row and of a section', () => {
    expect(step(grouped, 5, 'rowStart')).toBe(4);
    expect(step(grouped, 5, 'rowEnd')).toBe(7);
    expect(step(grouped, 15, 'sectionEnd')).toBe(37);
    expect(step(grouped, 15, 'sectionStart')).toBe(13);
  });
});

describe('a rubber band', () => {
  it('takes the tiles that it touches', () => {
    const { width, height } = grouped.cell;
    const top = grouped.header;
    const box = { x: width / 2, y: top + height / 2, width: width + GAP, height: height + GAP };
    expect(extentsIn(grouped, box)).toEqual([
      { first: 0, count: 2 },
      { first: 4, count: 2 },
    ]);
  });

  it('takes nothing beside the tiles', () => {
    const y = grouped.header + 3 * (grouped.cell.height + GAP) - GAP / 2;
    expect(extentsIn(grouped, { x: 0, y, width: 500, height: 1 })).toEqual([]);
  });
});
