import { describe, expect, it } from 'vitest';
import { ObjectColumns } from './columns';
import { byTaxon, toConfirm, together } from './sections';

function objects(taxa: number[], states: string, scores: number[], total = taxa.length) {
  const columns = new ObjectColumns(total);
  const ones = taxa.map(() => 1);
  columns.append({
    start: 0,
    object_ids: taxa.map((_, i) => i + 1),
    image_ids: ones,
    hashes: [],
    widths: ones,
    heights: ones,
    image_counts: ones,
    taxa,
    states,
    scores,
    versions: ones,
    samples: ones,
    fields: {},
  });
  return columns;
}

describe('sections by taxon', () => {
  const columns = objects([5, 3, 5, 0, 3], 'PPVUP', [0.9, 0.8, 1, NaN, 0.7]);
  const arranged = byTaxon(columns, (taxon) => (taxon === 0 ? 9 : taxon));

  it('keep the order of the view within each, and come by rank', () => {
    expect(arranged.taxa).toEqual([3, 5, 0]);
    expect(arranged.counts).toEqual([2, 2, 1]);
    expect([...(arranged.order ?? [])]).toEqual([1, 4, 0, 2, 3]);
  });

  it('do not change with a decision', () => {
    columns.identify(0, { taxon: 3, state: 'V', score: 1 });
    expect(byTaxon(columns, (taxon) => taxon || 9).counts).toEqual([2, 2, 1]);
  });

  it('tell what waits to be confirmed', () => {
    const told = toConfirm(columns, arranged, { first: 0, count: 2 });
    expect(told.count).toBe(2);
    expect(told.median).toBeCloseTo(0.8);
    columns.marks[1] = 2; // an exception
    expect(toConfirm(columns, arranged, { first: 0, count: 2 }).count).toBe(1);
  });
});

it('keeps places for objects that are not loaded yet', () => {
  expect(together(objects([1], 'P', [1], 100)).counts).toEqual([100]);
  expect(together(new ObjectColumns(0)).counts).toEqual([]);
});
