import type { Grid } from './grid.svelte';
import { positionAt, type Box } from './layout';

/** Something carried with the pointer, to be dropped elsewhere. */
export type Carrying = {
  lift: (count: number, x: number, y: number) => void;
  carry: (x: number, y: number) => void;
  drop: (x: number, y: number) => void;
};

type Start = { x: number; y: number; sceneX: number; sceneY: number; position: number | null };

const FIRM = 6; // pixels before a press becomes a drag
const EDGE = 40;

/** What a pointer does on the grid: pick, pick with a rubber band, carry away. */
export class Pointer {
  band = $state.raw<Box | null>(null);
  #start: Start | null = null;
  #mode: 'press' | 'band' | 'carry' | null = null;
  #base: number[] = [];

  constructor(
    readonly grid: Grid,
    readonly element: () => HTMLElement,
    readonly carrying: Carrying,
  ) {}

  down(event: PointerEvent): void {
    if (event.button !== 0) return;
    const { x, y } = this.#inScene(event);
    const position = positionAt(this.grid.scene, x, y);
    this.#start = { x: event.clientX, y: event.clientY, sceneX: x, sceneY: y, position };
    this.#mode = 'press';
  }

  move(event: PointerEvent): void {
    if (!this.#start) return;
    const far = Math.hypot(event.clientX - this.#start.x, event.clientY - this.#start.y) > FIRM;
    if (this.#mode === 'press' && far) this.#begin(event);
    if (this.#mode === 'carry') this.carrying.carry(event.clientX, event.clientY);
    if (this.#mode === 'band') this.#stretch(event);
  }

  up(event: PointerEvent): void {
    if (this.#mode === 'carry') this.carrying.drop(event.clientX, event.clientY);
    if (this.#mode === 'press') this.#click(event);
    this.cancel();
  }

  /** Ctrl and the wheel change the size of tiles. */
  wheel(event: WheelEvent): void {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.grid.resize(this.grid.size * (event.deltaY < 0 ? 1.12 : 0.89));
  }

  cancel(): void {
    this.#start = this.#mode = this.band = null;
  }

  #click(event: PointerEvent): void {
    const position = this.#start?.position ?? null;
    const { grid } = this;
    if (position === null) {
      if (!event.shiftKey && !event.ctrlKey && !event.metaKey)
        grid.changePicks((picked) => picked.clear());
    } else if (event.shiftKey) grid.extend(position);
    else if (event.ctrlKey || event.metaKey) grid.toggle(position);
    else grid.pickOnly(position);
  }

  /** Pictures are carried; between them, or with Shift or Alt, a rubber band is drawn. */
  #begin(event: PointerEvent): void {
    const { position } = this.#start!;
    this.element().setPointerCapture(event.pointerId);
    if (position === null || event.shiftKey || event.altKey) return this.#beginBand(event);
    if (!this.grid.selection.has(this.grid.indexAt(position))) this.grid.pickOnly(position);
    this.#mode = 'carry';
    this.carrying.lift(this.grid.count, event.clientX, event.clientY);
  }

  #beginBand(event: PointerEvent): void {
    const adds = event.shiftKey || event.altKey || event.ctrlKey;
    this.#base = adds ? this.grid.selection.indices() : [];
    this.#mode = 'band';
  }

  #stretch(event: PointerEvent): void {
    const { sceneX, sceneY } = this.#start!;
    const { x, y } = this.#inScene(event);
    const box = {
      x: Math.min(x, sceneX),
      y: Math.min(y, sceneY),
      width: Math.abs(x - sceneX),
      height: Math.abs(y - sceneY),
    };
    this.band = box;
    const touched = this.grid.touching(box);
    this.grid.changePicks((picked) => {
      picked.clear();
      picked.add(this.#base);
      if (event.altKey) picked.remove(touched);
      else picked.add(touched);
    });
    this.#follow(event);
  }

  /** Near an edge the scene moves along. */
  #follow(event: PointerEvent): void {
    const { top, bottom } = this.element().getBoundingClientRect();
    if (event.clientY < top + EDGE) this.grid.scrollTo(this.grid.top - EDGE / 2);
    if (event.clientY > bottom - EDGE) this.grid.scrollTo(this.grid.top + EDGE / 2);
  }

  #inScene(event: PointerEvent): { x: number; y: number } {
    const box = this.element().getBoundingClientRect();
    const padding = parseFloat(getComputedStyle(this.element()).paddingLeft);
    return {
      x: event.clientX - box.left - padding,
      y: event.clientY - box.top + this.grid.top,
    };
  }
}
