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
  /** For each request on its way what was heard since: its answer may be older than that. */
  #ears = new Set<Batch[]>();

  constructor(readonly project: number) {}

  /** Done once the first objects are here; the others follow. */
  async open(filter: Filter, fields: string[]): Promise<void> {
    this.#call?.abort();
    const call = (this.#call = new AbortController());
    this.busy = true;
    try {
      const body = { filters: toApi(filter), order_field: filter.order, first: FIRST, fields };
      const [view, heard] = await this.#meanwhile(openView(this.project, body, call.signal));
      const columns = new ObjectColumns(view.total, this.columns.exceptions);
      columns.append(view.columns);
      this.filter = filter;
      this.#id = view.view_id;
      this.batch = view.batch_id;
      this.columns = columns;
      heard.forEach((batch) => columns.take(batch));
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
    for (const heard of this.#ears) heard.push(batch);
    const changed = this.columns.take(batch, mine);
    if (changed) this.touch();
    return changed;
  }

  /** Look again at what everything here is thought to be; nothing moves. */
  async reread(mine: (id: number) => boolean): Promise<void> {
    const { columns } = this;
    const signal = this.#call?.signal;
    for (let start = 0; start < columns.loaded; start += CHUNK) {
      const read = readView(this.project, this.#id, start, CHUNK, signal).catch(() => null);
      const [chunk, heard] = await this.#meanwhile(read);
      if (!chunk || this.columns !== columns) return;
      columns.take(chunk, mine);
      heard.forEach((batch) => columns.take(batch, mine));
      this.touch();
    }
  }

  /** What was asked for, and the batches that were heard until it came. */
  async #meanwhile<T>(asked: Promise<T>): Promise<[T, Batch[]]> {
    const heard: Batch[] = [];
    this.#ears.add(heard);
    try {
      return [await asked, heard];
    } finally {
      this.#ears.delete(heard);
    }
  }

  async #rest(view: string, columns: ObjectColumns, signal: AbortSignal): Promise<void> {
    while (columns.loaded < columns.total) {
      const start = columns.loaded;
      const [chunk, heard] = await this.#meanwhile(this.#chunk(view, start, signal));
      if (signal.aborted || !chunk?.object_ids.length) return;
      columns.append(chunk);
      const known = (id: number) => (columns.placeOf(id) ?? 0) < start;
      heard.forEach((batch) => columns.take(batch, known));
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
