import { describe, expect, it } from 'vitest';
import { Selection } from './selection';

describe('a selection', () => {
  it('picks and leaves single tiles', () => {
    const picked = new Selection(10);
    picked.add([1, 2, 3]);
    picked.toggle(2);
    picked.toggle(7);
    expect(picked.indices()).toEqual([1, 3, 7]);
    expect(picked.count).toBe(3);
    expect(picked.exceptions).toBeNull();
  });

  it('holds all but some, without listing them', () => {
    const picked = new Selection(1_000_000);
    picked.pickAll();
    picked.toggle(5);
    picked.remove([6, 7]);
    expect(picked.count).toBe(999_997);
    expect([...(picked.exceptions ?? [])]).toEqual([5, 6, 7]);
    expect(picked.has(4)).toBe(true);
    expect(picked.has(5)).toBe(false);
  });

  it('is inverted in one step', () => {
    const picked = new Selection(5);
    picked.add([0, 4]);
    picked.invert();
    expect(picked.indices()).toEqual([1, 2, 3]);
    picked.invert();
    expect(picked.indices()).toEqual([0, 4]);
  });

  it('gives what is loaded only', () => {
    const picked = new Selection(100);
    picked.pickAll();
    expect(picked.indices(3)).toEqual([0, 1, 2]);
  });
});
