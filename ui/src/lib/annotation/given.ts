// The world before a test of annotation.
import type { Batch, Columns } from '$lib/api/types';
import { ObjectColumns } from '$lib/objects/columns';

export const COPEPODA = 3;
export const DETRITUS = 5;

/** Four objects: a predicted copepod, detritus, one without a name, a dubious copepod. */
export function objects(): ObjectColumns {
  const columns = new ObjectColumns(4);
  columns.append(chunk());
  return columns;
}

/** They, as the server tells them. */
export const chunk = (more: Partial<Columns> = {}): Columns => ({
  start: 0,
  object_ids: [11, 12, 13, 14],
  image_ids: [1, 2, 3, 4],
  hashes: [],
  widths: [1, 1, 1, 1],
  heights: [1, 1, 1, 1],
  image_counts: [1, 1, 1, 1],
  taxa: [COPEPODA, DETRITUS, 0, COPEPODA],
  states: 'PVUD',
  scores: [0.5, 1, null, 1],
  versions: [7, 8, 0, 9],
  samples: [1, 1, 1, 1],
  fields: {},
  ...more,
});

/** What the server says of an act. */
export const answer = (more: Partial<Batch>): Batch => ({
  batch_id: 1,
  operation: 'classify',
  author: { id: 1, name: 'Ada' },
  made_at: '',
  changed: 0,
  skipped: 0,
  undoes: null,
  undone_by: null,
  conflicts: [],
  reload: false,
  object_ids: [],
  taxa: [],
  states: '',
  scores: [],
  versions: [],
  counts: [],
  ...more,
});
