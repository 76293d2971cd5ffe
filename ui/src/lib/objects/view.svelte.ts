import { openView, readView } from '$lib/api/calls';
import { ApiError } from '$lib/api/client';
import type { Batch, Columns } from '$lib/api/types';
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
  #id = '';
  /** Batches that came while objects were still on their way: said again when those are here. */
  #late: Batch[] = [];

  constructor(readonly project: number) {}

  /** Done once the first objects are here; the others follow. */
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
      this.#id = view.view_id;
      this.batch = view.batch_id;
      this.columns = columns;
      this.#late = [];
      this.total = view.total;
      this.#moved();
      this.error = undefined;
      void this.#rest(view.view_id, columns, call.signal);
    } catch (error) {
      if (!call.signal.aborted) this.error = error as Error;
    } finally {
      if (this.#call === call) this.busy = false;
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
    if (this.columns.loaded < this.columns.total) this.#late.push(batch);
    const changed = this.columns.take(batch, mine);
    if (changed) this.touch();
    return changed;
  }

  /** Look again at what everything here is thought to be; nothing moves. */
  async reread(mine: (id: number) => boolean): Promise<void> {
    const { columns } = this;
    const signal = this.#call?.signal;
    for (let start = 0; start < columns.loaded; start += CHUNK) {
      const chunk = await readView(this.project, this.#id, start, CHUNK, signal).catch(() => null);
      if (!chunk || this.columns !== columns) return;
      columns.take(chunk, mine);
      this.touch();
    }
  }

  async #rest(view: string, columns: ObjectColumns, signal: AbortSignal): Promise<void> {
    while (columns.loaded < columns.total) {
      const start = columns.loaded;
      const chunk = await this.#chunk(view, start, signal);
      if (signal.aborted || !chunk?.object_ids.length) return;
      columns.append(chunk);
      const known = (id: number) => (columns.placeOf(id) ?? 0) < start;
      this.#late.forEach((batch) => columns.take(batch, known));
      this.#moved();
    }
  }

  /** The next objects; when the server has forgotten the snapshot, another is taken. */
  async #chunk(view: string, start: number, signal: AbortSignal): Promise<Columns | null> {
    try {
      return await readView(this.project, view, start, CHUNK, signal);
    } catch (error) {
      if (signal.aborted) return null;
      if (!(error instanceof ApiError) || error.status !== 404) this.error = error as Error;
      else if (this.filter) await this.open(this.filter, Object.keys(this.columns.fields));
      return null;
    }
  }

  #moved(): void {
    this.loaded = this.columns.loaded;
    this.revision++;
  }
}
