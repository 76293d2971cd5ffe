// Where tiles lie. Positions count tiles in display order; lengths are CSS pixels of the whole,
// unclipped scene. A scene has sections (one, without header, when nothing is grouped).

export type Box = { x: number; y: number; width: number; height: number };
export type Extent = { first: number; count: number };
/** `line` counts headers and rows of the sections above. */
export type Section = Extent & { top: number; rows: number; line: number };

export type Layout = {
  columns: number;
  cell: { width: number; height: number };
  sections: Section[];
  header: number;
  height: number;
  count: number;
};

export type Row = {
  kind: 'header' | 'tiles';
  section: number;
  /** Of the scene: headers and rows of tiles counted together, so that a row can be recycled. */
  line: number;
  first: number;
  count: number;
  top: number;
  height: number;
};

export const GAP = 8;
export const HEADER = 46;
export const CAPTION = 26;
/** Below this size of image, tiles have no caption: state and selection still show. */
export const CAPTIONED = 84;
const AFTER_SECTION = 14;

export type Wanted = { counts: readonly number[]; width: number; size: number; headers: boolean };

/** Lay out sections of so many tiles each. */
export function layout({ counts, width, size, headers }: Wanted): Layout {
  const columns = Math.max(1, Math.floor((width + GAP) / (size + GAP)));
  const cell = {
    width: (width - GAP * (columns - 1)) / columns,
    height: size + (size >= CAPTIONED ? CAPTION : 0),
  };
  const header = headers ? HEADER : 0;
  const sections: Section[] = [];
  let top = 0;
  let first = 0;
  let line = 0;
  for (const count of counts) {
    const rows = Math.ceil(count / columns);
    sections.push({ first, count, top, rows, line });
    first += count;
    line += rows + 1;
    top += header + rows * (cell.height + GAP) + (headers ? AFTER_SECTION : 0);
  }
  return { columns, cell, sections, header, height: top, count: first };
}

/** The last section that starts at or before this height. */
export function sectionAt(scene: Layout, y: number): number {
  return lastWhere(scene.sections, (section) => section.top <= y);
}

/** The section that holds a position. */
export function sectionOf(scene: Layout, position: number): number {
  return lastWhere(scene.sections, (section) => section.first <= position);
}

/** Sections are ordered, so a bisection finds the last one that fits. */
function lastWhere(sections: readonly Section[], fits: (section: Section) => boolean): number {
  let low = 0;
  let high = sections.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (fits(sections[middle]!)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Headers and rows that touch a stretch of the scene. */
export function rowsIn(scene: Layout, top: number, bottom: number): Row[] {
  const rows: Row[] = [];
  if (!scene.count) return rows;
  for (let at = sectionAt(scene, top); at < scene.sections.length; at++) {
    const section = scene.sections[at]!;
    if (section.top >= bottom) break;
    if (scene.header && section.top + scene.header > top) rows.push(headerRow(scene, at));
    rows.push(...tileRows(scene, at, top, bottom));
  }
  return rows;
}

function headerRow(scene: Layout, at: number): Row {
  const { first, count, top, line } = scene.sections[at]!;
  return { kind: 'header', section: at, line, first, count, top, height: scene.header };
}

function tileRows(scene: Layout, at: number, top: number, bottom: number): Row[] {
  const section = scene.sections[at]!;
  const pitch = scene.cell.height + GAP;
  const start = section.top + scene.header;
  const from = Math.max(0, Math.floor((top - start) / pitch));
  const until = Math.min(section.rows, Math.ceil((bottom - start) / pitch));
  const rows: Row[] = [];
  for (let row = from; row < until; row++) {
    const first = section.first + row * scene.columns;
    const count = Math.min(scene.columns, section.first + section.count - first);
    const line = section.line + 1 + row;
    const place = { top: start + row * pitch, height: scene.cell.height };
    rows.push({ kind: 'tiles', section: at, line, first, count, ...place });
  }
  return rows;
}

/** Where a tile lies. */
export function boxOf(scene: Layout, position: number): Box {
  const section = scene.sections[sectionOf(scene, position)]!;
  const within = position - section.first;
  const row = Math.floor(within / scene.columns);
  return {
    x: (within % scene.columns) * (scene.cell.width + GAP),
    y: section.top + scene.header + row * (scene.cell.height + GAP),
    width: scene.cell.width,
    height: scene.cell.height,
  };
}

export type Step =
  | 'left'
  | 'right'
  | 'up'
  | 'down'
  | 'rowStart'
  | 'rowEnd'
  | 'sectionStart'
  | 'sectionEnd'
  | 'pageUp'
  | 'pageDown';

/** The position one step further; the same one at the edge of the scene. `page` is a screen's height. */
export function step(scene: Layout, from: number, way: Step, page = 0): number {
  if (!scene.count) return 0;
  const { x, y, height } = boxOf(scene, from);
  const section = scene.sections[sectionOf(scene, from)]!;
  const column = (from - section.first) % scene.columns;
  const last = section.first + section.count - 1;
  const pitch = height + GAP;
  const steps: Record<Step, () => number> = {
    left: () => from - 1,
    right: () => from + 1,
    up: () => vertical(scene, x, y - pitch, from, -1),
    down: () => vertical(scene, x, y + pitch, from, 1),
    rowStart: () => from - column,
    rowEnd: () => Math.min(last, from - column + scene.columns - 1),
    sectionStart: () => section.first,
    sectionEnd: () => last,
    pageUp: () => vertical(scene, x, y - Math.max(pitch, page - pitch), from, -1),
    pageDown: () => vertical(scene, x, y + Math.max(pitch, page - pitch), from, 1),
  };
  return Math.min(scene.count - 1, Math.max(0, steps[way]()));
}

/** The tile of the same column at another height, across headers. */
function vertical(scene: Layout, x: number, y: number, from: number, way: 1 | -1): number {
  const column = Math.round(x / (scene.cell.width + GAP));
  let at = sectionOf(scene, from);
  const here = scene.sections[at]!;
  const end = here.top + scene.header + here.rows * (scene.cell.height + GAP);
  if (way > 0 && y >= end)
    at = Math.min(scene.sections.length - 1, Math.max(at + 1, sectionAt(scene, y)));
  if (way < 0 && y < here.top + scene.header)
    at = Math.max(0, Math.min(at - 1, sectionAt(scene, y)));
  const section = scene.sections[at]!;
  const wanted = Math.round((y - section.top - scene.header) / (scene.cell.height + GAP));
  const row = Math.min(section.rows - 1, Math.max(0, wanted));
  const position = section.first + row * scene.columns + column;
  return Math.min(section.first + section.count - 1, position);
}

/** The tile under a point; null between tiles. */
export function positionAt(scene: Layout, x: number, y: number): number | null {
  const [found] = extentsIn(scene, { x, y, width: 0, height: 0 });
  return found ? found.first : null;
}

/** The tiles that a rectangle touches, as extents in display order. */
export function extentsIn(scene: Layout, box: Box): Extent[] {
  const wide = scene.cell.width + GAP;
  const firstColumn = Math.max(0, Math.ceil((box.x - scene.cell.width) / wide));
  const lastColumn = Math.min(scene.columns - 1, Math.floor((box.x + box.width) / wide));
  if (lastColumn < firstColumn) return [];
  return rowsIn(scene, box.y, box.y + Math.max(box.height, 0.01))
    .filter((row) => row.kind === 'tiles')
    .filter((row) => box.y <= row.top + row.height && box.y + box.height >= row.top)
    .map((row) => ({
      first: row.first + firstColumn,
      count: Math.min(lastColumn, row.count - 1) - firstColumn + 1,
    }))
    .filter((extent) => extent.count > 0);
}
