import { untrack } from 'svelte';
import { DECIDED, EXCEPTION, stateAt } from './columns';
import {
  boxOf,
  extentsIn,
  layout,
  rowsIn,
  sectionOf,
  step,
  type Box,
  type Row,
  type Step,
} from './layout';
import { boxHeight, boxTop, sceneTop } from './scroll';
import { byTaxon, toConfirm, together, type Arrangement, type ToConfirm } from './sections';
import { Selection } from './selection';
import type { Thumbnails } from './thumbnails.svelte';
import type { ObjectView } from './view.svelte';
import type { State } from '$lib/api/types';

/** What a tile shows. Tiles that did not change are the same value, so that nothing is drawn again. */
export type Tile = {
  position: number;
  index: number;
  loaded: boolean;
  url: string | undefined;
  taxon: number;
  state: State;
  score: number;
  picked: boolean;
  decided: boolean;
  exception: boolean;
  images: number;
};
export type TileRow = Row & { y: number; slot: string; tiles: Tile[] };

const BESIDE = 0.4; // screens of tiles that exist above and below what is seen
const AHEAD = 2; // screens of pictures fetched in the direction of scrolling
const RECYCLED = 128;
export const SIZES = { least: 48, most: 320, usual: 116 };

/** Tiles on the screen, and what is picked of them. Positions are in display order, indices in that
 * of the view. */
export class Grid {
  width = $state(0);
  height = $state(0);
  box = $state(0);
  top = $state(0);
  size = $state(Number(localStorage.getItem('tile') ?? SIZES.usual));
  grouped = $state(true);
  focus = $state(0);
  selection = $state.raw(new Selection());
  picks = $state(0);
  /** Pictures are fetched once the order of sections is known. */
  ready = $state(false);
  #anchor = 0;
  #way = 1;
  #tiles = new Map<number, Tile>();
  #confirm = new Map<number, ToConfirm>();
  #counted: [revision: number, arrangement: Arrangement | null] = [-1, null];

  arrangement = $derived.by(() => {
    void this.view.loaded;
    const { columns } = this.view;
    return this.grouped ? byTaxon(columns, this.rank) : together(columns);
  });
  scene = $derived(layout({ ...this.#wanted(), counts: this.arrangement.counts }));
  rowCount = $derived(this.scene.sections.reduce((rows, section) => rows + section.rows, 0));
  boxHeight = $derived(boxHeight(this.scene.height));
  count = $derived((void this.picks, this.selection.count));
  rows = $derived.by(() => this.#rows());

  constructor(
    readonly view: ObjectView,
    readonly thumbnails: Thumbnails,
    readonly rank: (taxon: number) => number,
  ) {}

  /** Begin anew with the objects that the view now has. */
  reset(grouped: boolean): void {
    this.grouped = grouped;
    this.selection = new Selection(this.view.total);
    this.picks++;
    this.focus = this.top = this.box = this.#anchor = 0;
    this.#tiles.clear();
  }

  // Positions and indices -----------------------------------------------------------------------

  indexAt(position: number): number {
    return this.arrangement.order?.[position] ?? position;
  }

  focused(): number | null {
    return this.focus < this.scene.count ? this.indexAt(this.focus) : null;
  }

  indicesOf(first: number, count: number): number[] {
    return Array.from({ length: count }, (_, i) => this.indexAt(first + i));
  }

  sectionIndices(section: number): number[] {
    const extent = this.scene.sections[section];
    const most = this.view.loaded;
    return extent ? this.indicesOf(extent.first, Math.min(extent.count, most - extent.first)) : [];
  }

  /** What of a section waits to be confirmed; counted once for each change of the view or of the
   * order of sections. */
  toConfirm(section: number): ToConfirm {
    const { arrangement } = this;
    const { revision } = this.view;
    const [before, was] = this.#counted;
    if (revision !== before || arrangement !== was) this.#confirm.clear();
    this.#counted = [revision, arrangement];
    const extent = this.scene.sections[section] ?? { first: 0, count: 0 };
    const known = this.#confirm.get(section);
    const told = known ?? toConfirm(this.view.columns, this.arrangement, extent);
    if (!known) this.#confirm.set(section, told);
    return told;
  }

  focusedSection(): number {
    return sectionOf(this.scene, this.focus);
  }

  // Scrolling -----------------------------------------------------------------------------------

  scrolled(box: number): void {
    if (Math.abs(box - this.box) < 0.5) return;
    const top = sceneTop(this.#scroll(), box);
    this.#way = top >= this.top ? 1 : -1;
    this.top = top;
    this.box = box;
  }

  scrollTo(top: number): void {
    const most = Math.max(0, this.scene.height - this.height);
    const wanted = Math.min(most, Math.max(0, top));
    this.box = boxTop(this.#scroll(), wanted);
    this.top = wanted;
  }

  /** Bring the focused tile into sight, with its header when it is of the first row. */
  reveal(): void {
    if (!this.scene.count) return;
    const tile = boxOf(this.scene, this.focus);
    const cover = this.scene.header;
    if (tile.y - cover < this.top) this.scrollTo(tile.y - cover - 4);
    else if (tile.y + tile.height > this.top + this.height)
      this.scrollTo(tile.y + tile.height + 8 - this.height);
  }

  /** Change the size of tiles, keeping the focused one where it is looked at. */
  resize(size: number): void {
    const was = this.scene.count ? boxOf(this.scene, this.#middle()).y - this.top : 0;
    const kept = this.#middle();
    this.size = Math.round(Math.min(SIZES.most, Math.max(SIZES.least, size)));
    localStorage.setItem('tile', String(this.size));
    if (this.scene.count) this.scrollTo(boxOf(this.scene, kept).y - was);
  }

  #middle(): number {
    const row = rowsIn(this.scene, this.top, this.top + this.height).find(
      (r) => r.kind === 'tiles',
    );
    return row?.first ?? 0;
  }

  #wanted() {
    return { width: this.width, size: this.size, headers: this.grouped };
  }

  #scroll() {
    return { scene: this.scene.height, view: this.height, box: this.box, top: this.top };
  }

  /** More objects have come in between: keep looking at the same ones. */
  rearranged(was: Arrangement): void {
    const { order } = this.arrangement;
    if (!was.order || !order || !this.scene.count) return;
    const place = (position: number) => {
      const index = position && was.order?.[position];
      return !index ? position : Math.max(0, order.indexOf(index));
    };
    const before = layout({ ...this.#wanted(), counts: was.counts });
    const [seen] = rowsIn(before, this.top, this.top + this.height).filter(
      (r) => r.kind === 'tiles',
    );
    this.focus = place(this.focus);
    this.#anchor = place(this.#anchor);
    if (!seen || this.top === 0) return;
    this.scrollTo(boxOf(this.scene, place(seen.first)).y - (seen.top - this.top));
  }

  // Picking -------------------------------------------------------------------------------------

  changePicks(change: (selection: Selection) => void): void {
    change(this.selection);
    this.picks++;
  }

  pickOnly(position: number): void {
    this.focus = this.#anchor = position;
    this.changePicks((picked) => {
      picked.clear();
      picked.add([this.indexAt(position)]);
    });
  }

  toggle(position: number): void {
    this.focus = this.#anchor = position;
    this.changePicks((picked) => picked.toggle(this.indexAt(position)));
  }

  /** From the last tile picked alone to this one. */
  extend(position: number): void {
    const first = Math.min(this.#anchor, position);
    const count = Math.abs(this.#anchor - position) + 1;
    this.focus = position;
    this.changePicks((picked) => picked.add(this.indicesOf(first, count)));
  }

  move(way: Step, extending: boolean): void {
    const next = step(this.scene, this.focus, way, this.height);
    if (extending) this.extend(next);
    else this.focus = this.#anchor = next;
    this.reveal();
  }

  goToSection(by: 1 | -1): void {
    const section = this.scene.sections[this.focusedSection() + by];
    if (!section) return;
    this.focus = this.#anchor = section.first;
    this.scrollTo(section.top);
  }

  /** Pick the section, or all that matches; exceptions are left out. */
  pickSection(): void {
    this.changePicks((picked) => picked.add(this.#meantInSection()));
  }

  pickAll(): void {
    this.changePicks((picked) => {
      picked.pickAll();
      picked.remove(this.view.columns.leftOut);
    });
  }

  sectionPicked(): boolean {
    return this.#meantInSection().every((at) => this.selection.has(at));
  }

  #meantInSection(): number[] {
    const { marks } = this.view.columns;
    return this.sectionIndices(this.focusedSection()).filter((at) => marks[at] !== EXCEPTION);
  }

  touching(box: Box): number[] {
    return extentsIn(this.scene, box).flatMap(({ first, count }) => this.indicesOf(first, count));
  }

  // What is drawn -------------------------------------------------------------------------------

  #rows(): TileRow[] {
    void this.view.revision;
    void this.picks;
    void this.thumbnails.revision;
    const beside = this.height * BESIDE;
    const found = rowsIn(this.scene, this.top - beside, this.top + this.height + beside);
    const shift = untrack(() => this.box) - this.top;
    const before = this.#tiles;
    this.#tiles = new Map();
    return found.map((row) => ({
      ...row,
      y: row.top + shift,
      slot: `${row.kind}${row.line % RECYCLED}`,
      tiles: row.kind === 'tiles' ? this.#tilesOf(row, before) : [],
    }));
  }

  #tilesOf(row: Row, before: ReadonlyMap<number, Tile>): Tile[] {
    return Array.from({ length: row.count }, (_, i) => {
      const tile = this.#tile(row.first + i);
      const was = before.get(tile.position);
      const kept = was && same(was, tile) ? was : tile;
      this.#tiles.set(tile.position, kept);
      return kept;
    });
  }

  #tile(position: number): Tile {
    const { columns } = this.view;
    const index = this.indexAt(position);
    return {
      position,
      index,
      loaded: index < columns.loaded,
      url: this.thumbnails.url(columns.images[index] ?? 0, this.pictureSize()),
      taxon: columns.taxa[index] ?? 0,
      state: stateAt(columns.states[index] ?? 0),
      score: columns.scores[index] ?? NaN,
      picked: this.selection.has(index),
      decided: columns.marks[index] === DECIDED,
      exception: columns.marks[index] === EXCEPTION,
      images: columns.imageCounts[index] ?? 1,
    };
  }

  /** The smallest thumbnail that is sharp at this size. */
  pictureSize(): number {
    const pixels = this.size * Math.min(2, devicePixelRatio || 1);
    return pixels <= 72 ? 64 : pixels <= 180 ? 160 : 320;
  }

  /** The thumbnail of an object, and how large its image is. */
  pictureOf(index: number) {
    void this.thumbnails.revision;
    const { images, widths, heights } = this.view.columns;
    const url = this.thumbnails.url(images[index] ?? 0, this.pictureSize());
    return { url, width: widths[index] || 1, height: heights[index] || 1 };
  }

  /** Ask for the pictures in sight, then for those that come next. */
  fetchPictures(): void {
    if (!this.ready) return;
    const screen = this.height || 1;
    const ahead = this.#way > 0 ? [1, AHEAD] : [AHEAD, 1];
    const near = this.#images(this.top - ahead[0]! * screen, this.top + (1 + ahead[1]!) * screen);
    const seen = this.#images(this.top, this.top + screen);
    this.thumbnails.want([...new Set([...seen, ...near])].slice(0, 1200), this.pictureSize());
  }

  /** The objects in sight, and those of the next screen; at most a thousand. */
  seen(): number[] {
    const { ids } = this.view.columns;
    return this.#indices(this.top, this.top + 2 * (this.height || 1))
      .slice(0, 1000)
      .map((index) => ids[index]!);
  }

  #images(top: number, bottom: number): number[] {
    const { images } = this.view.columns;
    return this.#indices(top, bottom).map((index) => images[index]!);
  }

  #indices(top: number, bottom: number): number[] {
    const { loaded } = this.view.columns;
    return rowsIn(this.scene, top, bottom)
      .filter((row) => row.kind === 'tiles')
      .flatMap((row) => this.indicesOf(row.first, row.count))
      .filter((index) => index < loaded);
  }
}

function same(a: Tile, b: Tile): boolean {
  return (Object.keys(a) as (keyof Tile)[]).every((key) => Object.is(a[key], b[key]));
}
