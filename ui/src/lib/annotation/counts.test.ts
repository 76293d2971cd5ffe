import { describe, expect, it } from 'vitest';
import { Counts } from './counts.svelte';

const line = (id: number, some: Partial<Record<'V' | 'P' | 'D' | 'U' | 'X', number>>) => ({
  id,
  V: 0,
  P: 0,
  D: 0,
  U: 0,
  X: 0,
  ...some,
});

describe('counts', () => {
  it('know that a taxon without a line has no objects any more, and keep it', () => {
    const counts = new Counts();
    counts.take([line(3, { V: 2 }), line(5, { P: 1 })]);

    counts.take([line(-1, { U: 2 }), line(5, { P: 1 })]);

    expect(counts.confirmed.get(3)).toMatchObject({ V: 0 });
    expect(counts.total).toMatchObject({ V: 0, P: 1, U: 2 });
  });

  it('keep what was heard when an older answer comes after it', () => {
    const counts = new Counts();
    counts.take([line(3, { V: 2 })], 101);

    counts.answer([line(3, { V: 1 })], 100);
    expect(counts.confirmed.get(3)).toMatchObject({ V: 2 });

    counts.answer([line(3, { V: 3 })], 102);
    expect(counts.confirmed.get(3)).toMatchObject({ V: 3 });
  });
});
