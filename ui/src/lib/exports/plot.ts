// A summary as a picture: which samples hold which taxa. Arithmetic, nothing to see.

import { named } from '$lib/objects/names';

export type Line = { unit: string; state: string; taxon: string; value: number };
export type Table = { quantities: string[]; lines: Map<string, Line[]> };
/** A stack of one unit: the taxa that are shown, then all others together. */
export type Stack = { unit: string; total: number; parts: number[] };
export type Plot = { taxa: string[]; stacks: Stack[]; most: number; missing: number };

const QUANTITIES = ['count', 'concentration', 'biovolume'];
export const OTHERS = 'others';
const BESIDE = ' · ';
const SHOWN = 9; // taxa with a colour of their own
/** Colours that colour-blind people tell apart (after Okabe and Ito), then grey for the others. */
export const COLOURS = [
  '#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9',
  '#d55e00', '#b8a800', '#5e4fa2', '#7a4a2b', '#9aa7ad',
]; // prettier-ignore

/** A summary as Calanus writes it: units, state, taxon, quantities. */
export function parse(text: string): Table {
  const [head = '', ...rows] = text.replace(/\n$/, '').split('\n');
  const names = split(head);
  const status = names.indexOf('status');
  const quantities = names.filter((name) => QUANTITIES.includes(name));
  const lines = new Map(quantities.map((name) => [name, [] as Line[]]));
  if (status < 0) return { quantities: [], lines: new Map() };
  for (const row of rows) {
    const cells = split(row);
    const place = {
      unit: cells.slice(0, status).join(BESIDE),
      state: cells[status] ?? '',
      taxon: cells[status + 1] || 'unidentified',
    };
    for (const name of quantities)
      lines.get(name)!.push({ ...place, value: Number(cells[names.indexOf(name)]) });
  }
  return { quantities, lines };
}

/** The cells of a line; those with quotes or tabs are quoted. */
function split(line: string): string[] {
  if (!line.includes('"')) return line.split('\t');
  const cells = line.matchAll(/(?:^|\t)(?:"((?:[^"]|"")*)"|([^\t]*))/g);
  return [...cells].map(([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '');
}

/** Stacks by unit, for objects of some states (all when none is named). */
export function plot(lines: readonly Line[], states = ''): Plot {
  const kept = lines.filter(({ state }) => !states || (state && states.includes(state)));
  const totals = new Map<string, number>();
  const units = new Map<string, Map<string, number>>();
  let missing = 0;
  for (const { unit, taxon, value } of kept) {
    const stack = units.get(unit) ?? new Map<string, number>();
    units.set(unit, stack);
    if (!Number.isFinite(value)) missing++;
    else {
      stack.set(taxon, (stack.get(taxon) ?? 0) + value);
      totals.set(taxon, (totals.get(taxon) ?? 0) + value);
    }
  }
  const ranked = [...totals].filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  const taxa = ranked.slice(0, SHOWN).map(([taxon]) => taxon);
  if (ranked.length > SHOWN) taxa.push(OTHERS);
  const stacks = [...units].map(([unit, stack]) => {
    const total = [...stack.values()].reduce((a, b) => a + b, 0);
    const own = taxa.slice(0, SHOWN).map((taxon) => stack.get(taxon) ?? 0);
    const rest = total - own.reduce((a, b) => a + b, 0);
    return { unit, total, parts: ranked.length > SHOWN ? [...own, Math.max(0, rest)] : own };
  });
  return { taxa, stacks, most: Math.max(0, ...stacks.map(({ total }) => total)), missing };
}

/** A unit as people read it: a sample, or an acquisition of one. */
export const unitName = (unit: string) =>
  unit
    .split(BESIDE)
    .map((name, i) => named(name, i ? 'acquisition' : 'sample'))
    .join(BESIDE);

/** A number as one reads it: four digits, short. */
export function digits(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  if (size && (size >= 1e7 || size < 1e-3)) return value.toExponential(3);
  return new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4 }).format(value);
}
