// Batches on their way to the server: a list, and what happens to it. Pure, so that it can be tested
// and kept. Entries are sent one by one, in order; each has a key, so that sending twice does nothing twice.
import type { Batch, BatchReq } from '$lib/api/types';

export type Entry = {
  key: string;
  project: number;
  /** Order among all entries, also those of other windows. */
  at: number;
  text: string;
} & (
  { kind: 'batch'; request: BatchReq } | { kind: 'undo'; of: string | null; batch: number | null }
);

export type Queue = readonly Entry[];

export const enqueue = (queue: Queue, entry: Entry): Queue =>
  [...queue.filter(({ key }) => key !== entry.key), entry].sort((a, b) => a.at - b.at);

export const drop = (queue: Queue, key: string): Queue =>
  queue.filter((entry) => entry.key !== key);

/** A batch is done: it leaves, and those behind it expect the versions that it made. */
export function acknowledge(queue: Queue, key: string, batch: Batch): Queue {
  const versions = new Map(batch.object_ids.map((id, i) => [id, batch.versions[i] ?? 0]));
  return drop(queue, key).map((entry) => {
    if (entry.kind === 'undo')
      return entry.of === key ? { ...entry, batch: batch.batch_id } : entry;
    return { ...entry, request: rebase(entry.request, versions) };
  });
}

function rebase(request: BatchReq, versions: ReadonlyMap<number, number>): BatchReq {
  if (!request.versions || !request.objects?.some((id) => versions.has(id))) return request;
  const rebased = request.objects.map((id, i) => versions.get(id) ?? request.versions?.[i] ?? 0);
  return { ...request, versions: rebased };
}

/** Others changed some objects first: those keep the others' change, the rest is sent anew.
 * The new entry has a new key, since it asks for something else; null when nothing is left. */
export function without(entry: Entry, conflicts: readonly number[], key: string): Entry | null {
  if (entry.kind !== 'batch' || !entry.request.objects) return null;
  const lost = new Set(conflicts);
  const keep = entry.request.objects.map((id) => !lost.has(id));
  if (!keep.includes(true) || !conflicts.length) return null;
  const kept = <T>(values: T[] | undefined) => values?.filter((_, i) => keep[i]);
  const request: BatchReq = { ...entry.request, client_key: key };
  request.objects = kept(entry.request.objects) ?? [];
  if (request.taxa) request.taxa = kept(request.taxa) ?? [];
  if (request.versions) request.versions = kept(request.versions) ?? [];
  return { ...entry, key, request };
}

/** Objects that entries still speak for: what is shown of them is ours, not yet the server's. */
export function claimed(queue: Queue): Set<number> {
  const ids = new Set<number>();
  for (const entry of queue)
    if (entry.kind === 'batch') entry.request.objects?.forEach((id) => ids.add(id));
  return ids;
}

/** Milliseconds until the next try: 0.5 s doubling to half a minute. */
export const patience = (tries: number) => Math.min(30_000, 500 * 2 ** Math.max(0, tries - 1));
