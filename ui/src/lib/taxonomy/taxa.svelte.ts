import { taxaIndex } from '$lib/api/calls';
import type { TaxaIndex, TaxonRow } from '$lib/api/types';
import { get, put } from '$lib/kit/idb';
import { index, type TaxonIndex } from './palette';
import type { Taxon } from './tree';

const RETIRED = 'D';

/** Taxa: those of the project at once, the whole tree soon after, from this browser when it has it. */
export class Taxa {
  rows = $state.raw<Taxon[]>([]);
  preset = $state.raw<number[]>([]);
  whole = $state.raw<TaxonIndex>(index([], [], []));
  #names = $derived(new Map(this.rows.map((taxon) => [taxon.id, taxon.display])));

  start(rows: readonly TaxonRow[]): void {
    const real = rows.filter(({ id }) => id > 0);
    this.rows = real.map((row) => ({
      id: row.id,
      parent: row.parent_id ?? 0,
      name: row.name,
      display: row.display_name,
      retired: row.status === RETIRED,
    }));
    this.preset = real.filter((row) => row.preset).map(({ id }) => id);
    this.whole = index(
      this.rows.map(({ id }) => id),
      this.rows.map(({ parent }) => parent),
      this.rows.map(({ display }) => display),
      real.map(({ status }) => status).join(''),
    );
  }

  /** From this browser at once; then the server's, which the browser keeps and asks about. */
  async loadWhole(): Promise<void> {
    const kept = await get<TaxaIndex>('taxa', 'index');
    if (kept) this.#take(kept);
    const news = await taxaIndex();
    if (kept?.updated_at && kept.updated_at === news.updated_at) return;
    this.#take(news);
    await put('taxa', 'index', news);
  }

  nameOf(id: number): string {
    if (!id || id === -1) return 'unidentified';
    const at = this.whole.places.get(id);
    return this.#names.get(id) ?? (at === undefined ? `taxon ${id}` : this.whole.displays[at]!);
  }

  /** Have lines for taxa that have just come into use, with those above them. */
  include(ids: readonly number[]): void {
    const known = new Set(this.rows.map(({ id }) => id));
    const added: Taxon[] = [];
    for (let id of ids)
      for (let at = this.whole.places.get(id); id && at !== undefined && !known.has(id);) {
        known.add(id);
        const parent = this.whole.parents[at] ?? 0;
        const display = this.whole.displays[at]!;
        added.push({ id, parent, name: display, display, retired: this.whole.retired[at]! });
        id = parent;
        at = this.whole.places.get(id);
      }
    if (added.length) this.rows = [...this.rows, ...added];
  }

  #take(all: TaxaIndex): void {
    this.whole = index(all.ids, all.parents, all.display_names, all.statuses);
  }
}
