import { describe, expect, it } from 'vitest';
import { boxHeight, boxTop, sceneTop, TALLEST, type Scroll } from './scroll';

const long: Scroll = { scene: 40_000_000, view: 900, box: 1_000_000, top: 5_000_000 };

describe('a scene of ordinary length', () => {
  const short: Scroll = { scene: 50_000, view: 900, box: 0, top: 0 };
  it('scrolls as it is', () => {
    expect(boxHeight(short.scene)).toBe(50_000);
    expect(sceneTop(short, 1234)).toBe(1234);
    expect(boxTop(short, 1234)).toBe(1234);
  });
});

describe('a scene that no browser could hold', () => {
  it('has a box of limited height', () => expect(boxHeight(long.scene)).toBe(TALLEST));
  it('moves pixel by pixel with the wheel', () => {
    expect(sceneTop(long, 1_000_120)).toBe(5_000_120);
  });
  it('moves in proportion with the scroll bar', () => {
    const middle = sceneTop(long, (TALLEST - 900) / 2);
    expect(middle).toBeCloseTo((40_000_000 - 900) / 2, -1);
  });
  it('reaches both ends', () => {
    expect(sceneTop({ ...long, box: 30, top: 90 }, 0)).toBe(0);
    expect(sceneTop({ ...long, box: TALLEST - 930 }, TALLEST - 900)).toBe(40_000_000 - 900);
  });
  it('finds the box of a top', () => {
    expect(boxTop(long, 40_000_000)).toBe(TALLEST - 900);
    expect(boxTop(long, -5)).toBe(0);
  });
});
