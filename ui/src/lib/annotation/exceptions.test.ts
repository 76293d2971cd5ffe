import { beforeEach, expect, test, vi } from 'vitest';
import { EVERYTHING } from '$lib/objects/filter';
import { awaits } from '$lib/objects/sections';
import { chunk, DETRITUS, objects } from './given';
import { Workbench } from './workbench.svelte';

vi.hoisted(() => vi.stubGlobal('localStorage', { getItem: () => null }));

beforeEach(() => {
  const told = { view_id: 'a', batch_id: 80, total: 4, columns: chunk() };
  vi.stubGlobal('fetch', (asked: string) =>
    asked.endsWith('/view')
      ? Promise.resolve(new Response(JSON.stringify(told)))
      : new Promise(() => undefined),
  );
});

/** A bench on four objects, of which the first is not the copepod that it is predicted to be. */
function bench(): Workbench {
  const made = new Workbench(1);
  made.view.columns = objects();
  made.view.loaded = made.view.total = 4;
  made.grid.reset(false);
  made.grid.pickOnly(0);
  made.markException();
  return made;
}
const exceptions = (of: Workbench) => of.view.columns.leftOut;

test('an exception is still one when the view is taken again', async () => {
  const mine = bench();

  await mine.show(EVERYTHING);

  expect(exceptions(mine)).toEqual([0]);
  expect(awaits(mine.view.columns, 0)).toBe(false);
});

test('an exception that was named is none any more', async () => {
  const mine = bench();

  mine.actOn([0], { operation: 'classify', taxon: DETRITUS });
  await mine.show(EVERYTHING);

  expect(exceptions(mine)).toEqual([]);
});

test('all that match are picked but the exceptions', () => {
  const mine = bench();

  mine.grid.pickAll();
  expect(mine.grid.selection.indices()).toEqual([1, 2, 3]);

  mine.pickExceptions();
  expect(mine.grid.selection.indices()).toEqual([0]);
});
