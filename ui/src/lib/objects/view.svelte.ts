import { openView, readView } from '$lib/api/calls';
import { ApiError } from '$lib/api/client';
import type { Batch } from '$lib/api/types';
import { ObjectColumns } from './columns';
import { toApi, type Filter } from './filter';

const FIRST = 2000;
const CHUNK = 10_000;

/** The objects that match a filter, in an order that holds still; the rest loads in the background. */
export class ObjectView {
  columns = $state.raw(new ObjectColumns(0));
  /** Moves when objects change, or more of them are loaded. */
  revision = $state(0);
  loaded = $state(0);
  total = $state(0);
  busy = $state(true);
  error = $state.raw<Error>();
  /** The newest batch that the snapshot holds. */
  batch = 0;
  filter: Filter | null = null;
  #call: AbortController | null = null;

  constructor(readonly project: number) {}

  async open(filter: Filter, fields: string[]): Promise<void> {
    this.#call?.abort();
    const call = (this.#call = new AbortController());
    this.busy = true;
    try {
      const body = { filters: toApi(filter), order_field: filter.order, first: FIRST, fields };
      const view = await openView(this.project, body, call.signal);
      const columns = new ObjectColumns(view.total);
      columns.append(view.columns);
      this.filter = filter;
      this.batch = view.batch_id;
      this.columns = columns;
      this.total = view.total;
      this.#moved();
      this.error = undefined;
      this.busy = false;
      await this.#rest(view.view_id, columns, call.signal);
    } catch (error) {
      if (call.signal.aborted) return;
      if (error instanceof ApiError && error.status === 404 && this.loaded) {
        return this.open(filter, fields); // the snapshot was forgotten: take another
      }
      this.error = error as Error;
      this.busy = false;
    }
  }

  close(): void {
    this.#call?.abort();
  }

  /** Something of the objects has changed: show it. */
  touch(): void {
    this.revision++;
  }

  take(batch: Batch, mine?: (id: number) => boolean): number {
    const changed = this.columns.take(batch, mine);
    if (changed) this.touch();
    return changed;
  }

  async #rest(view: string, columns: ObjectColumns, signal: AbortSignal): Promise<void> {
    while (columns.loaded < columns.total) {
      const chunk = await readView(this.project, view, columns.loaded, CHUNK, signal);
      if (signal.aborted || !chunk.object_ids.length) return;
      columns.append(chunk);
      this.#moved();
    }
  }

  #moved(): void {
    this.loaded = this.columns.loaded;
    this.revision++;
  }
}
