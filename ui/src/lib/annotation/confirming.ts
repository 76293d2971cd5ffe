import { confirmObjects, unconfirmObjects } from '$lib/api/calls';
import { some } from '$lib/kit/format';
import { complain, toasts } from '$lib/kit/toasts.svelte';
import { stateAt } from '$lib/objects/columns';
import { AUDIT } from '$lib/objects/filter';
import type { Workbench } from './workbench.svelte';

/** Among what an audit found, to validate what is validated already is to say that it is right.
 * Says whether there was such an object. */
export function confirm(bench: Workbench, indices: readonly number[]): boolean {
  if (!bench.filter.order.startsWith(AUDIT)) return false;
  const { columns } = bench.view;
  const kept = indices.filter((at) => stateAt(columns.states[at]!) === 'V' && !columns.marks[at]);
  if (!kept.length) return false;
  const ids = kept.map((at) => columns.ids[at]!);
  mark(bench, ids, 1);
  if (bench.grid.count) bench.grid.changePicks((picked) => picked.clear());
  else bench.grid.move('right', false);
  void tell(bench, ids);
  return true;
}

async function tell(bench: Workbench, ids: number[]): Promise<void> {
  try {
    await confirmObjects(bench.id, ids);
    const run = () => void takeBack(bench, ids);
    toasts.say(`${some(ids.length, 'name')} confirmed: no audit asks again`, {
      about: 'deed',
      act: { label: 'Undo', run },
    });
  } catch (error) {
    mark(bench, ids, 0);
    complain(error);
  }
}

async function takeBack(bench: Workbench, ids: number[]): Promise<void> {
  try {
    await unconfirmObjects(bench.id, ids);
    mark(bench, ids, 0);
  } catch (error) {
    complain(error);
  }
}

/** Show objects of the view as decided here, or not. */
function mark(bench: Workbench, ids: readonly number[], as: 0 | 1): void {
  const { columns } = bench.view;
  for (const id of ids) {
    const at = columns.placeOf(id);
    if (at !== undefined) columns.mark(at, as);
  }
  bench.view.touch();
}
