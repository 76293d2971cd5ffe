import { expect, test, vi } from 'vitest';
import { ObjectColumns } from './columns';
import { Grid } from './grid.svelte';
import { Thumbnails } from './thumbnails.svelte';
import { ObjectView } from './view.svelte';

vi.hoisted(() => vi.stubGlobal('localStorage', { getItem: () => null }));

/** A view on three objects of two taxa; one is predicted. */
function view(): ObjectView {
  const made = new ObjectView(1);
  const ones = [1, 1, 1];
  const columns = new ObjectColumns(3);
  columns.append({
    start: 0,
    object_ids: [11, 12, 13],
    image_ids: ones,
    hashes: [],
    widths: ones,
    heights: ones,
    image_counts: ones,
    taxa: [5, 3, 5],
    states: 'VPV',
    scores: [1, 0.9, 1],
    versions: ones,
    samples: ones,
    fields: {},
  });
  made.columns = columns;
  made.loaded = made.total = 3;
  return made;
}

test('what waits in a section is counted anew when other objects are in it', () => {
  const grid = new Grid(view(), new Thumbnails(1), (taxon) => -taxon);
  expect(grid.toConfirm(0).count).toBe(0);

  grid.grouped = false; // as when sections change places: the objects are the same

  expect(grid.toConfirm(0).count).toBe(1);
});
