// What an act does to objects, before the server has heard of it. Pure: columns in, an edit out.
import type { Operation, State } from '$lib/api/types';
import { count } from '$lib/kit/format';
import { DECIDED, stateAt, type ObjectColumns } from '$lib/objects/columns';

/** What objects are shown as: arrays beside one another. */
export type Identities = { taxa: number[]; states: State[]; scores: number[] };

/** One act on many objects, with what they were and what they became. */
export type Edit = {
  operation: Operation;
  taxon: number | null;
  objects: number[];
  versions: number[];
  before: Identities;
  after: Identities;
  /** How many of those asked for could not or need not change. */
  skipped: number;
};

export type Act = { operation: Operation; taxon?: number };

type Rule = (columns: ObjectColumns, at: number, act: Act) => [number, State, number] | null;

const EXPECTED: Record<Operation, Rule> = {
  classify: (_columns, _at, act) => (act.taxon ? [act.taxon, 'V', 1] : null),
  validate: (columns, at) => (columns.taxa[at] ? [columns.taxa[at]!, 'V', 1] : null),
  doubt: (columns, at) => (columns.taxa[at] ? [columns.taxa[at]!, 'D', 1] : null),
  unvalidate: (columns, at) => earlier(columns, at),
};

/** Back to what a model said, when the view knows it; else the server tells in a moment. */
function earlier(columns: ObjectColumns, at: number): [number, State, number] | null {
  const now = stateAt(columns.states[at]!);
  if (now !== 'V' && now !== 'D') return null;
  const first = stateAt(columns.firstStates[at]!);
  if (first === 'P' || first === 'U')
    return [columns.firstTaxa[at]!, first, columns.firstScores[at]!];
  return [columns.taxa[at]!, 'P', NaN];
}

/** What an act makes of these objects; those that would not change are left out. */
export function plan(columns: ObjectColumns, indices: readonly number[], act: Act): Edit {
  const edit: Edit = {
    operation: act.operation,
    taxon: act.taxon ?? null,
    objects: [],
    versions: [],
    before: { taxa: [], states: [], scores: [] },
    after: { taxa: [], states: [], scores: [] },
    skipped: 0,
  };
  for (const at of indices) {
    const becomes = EXPECTED[act.operation](columns, at, act);
    const was = columns.identity(at);
    if (!becomes || (becomes[0] === was.taxon && becomes[1] === was.state)) edit.skipped++;
    else {
      edit.objects.push(columns.ids[at]!);
      edit.versions.push(was.version);
      push(edit.before, was.taxon, was.state, was.score);
      push(edit.after, ...becomes);
    }
  }
  return edit;
}

function push(to: Identities, taxon: number, state: State, score: number): void {
  to.taxa.push(taxon);
  to.states.push(state);
  to.scores.push(score);
}

/** The part of an edit that is about some of its objects. */
export function part(edit: Edit, objects: readonly number[]): Edit {
  const wanted = new Set(objects);
  const some = <T>(values: readonly T[]) => values.filter((_, i) => wanted.has(edit.objects[i]!));
  const half = ({ taxa, states, scores }: Identities): Identities => ({
    taxa: some(taxa),
    states: some(states),
    scores: some(scores),
  });
  const { before, after, versions } = edit;
  return {
    ...edit,
    objects: some(edit.objects),
    versions: some(versions),
    before: half(before),
    after: half(after),
  };
}

/** Show what an edit made of its objects, or what they were. Objects out of view are passed over. */
export function show(columns: ObjectColumns, edit: Edit, which: 'before' | 'after'): void {
  const { taxa, states, scores } = edit[which];
  edit.objects.forEach((id, i) => {
    const at = columns.placeOf(id);
    if (at === undefined) return;
    columns.identify(at, { taxon: taxa[i]!, state: states[i]!, score: scores[i]! });
    columns.mark(at, which === 'after' ? DECIDED : 0);
  });
}

/** How an edit moves the counts: by taxon (-1 for none) and state. */
export type Moves = Map<number, Partial<Record<State, number>>>;

export function moves(edit: Edit, way: 1 | -1 = 1): Moves {
  const moved: Moves = new Map();
  const add = (taxon: number, state: State, n: number) => {
    const counts = moved.get(taxon || -1) ?? {};
    counts[state] = (counts[state] ?? 0) + n;
    moved.set(taxon || -1, counts);
  };
  edit.objects.forEach((_, i) => {
    add(edit.before.taxa[i]!, edit.before.states[i]!, -way);
    add(edit.after.taxa[i]!, edit.after.states[i]!, way);
  });
  return moved;
}

const SAID: Record<Operation, string> = {
  classify: 'validated',
  validate: 'validated',
  doubt: 'marked dubious',
  unvalidate: 'back to predicted',
};

/** Of acts that others were faster with. */
export const kept = (n: number) =>
  `${count(n)} had been changed by others and ${n === 1 ? 'keeps' : 'keep'} that change.`;

/** "309 validated as Calanoida", for the toast and the undo. */
export function tell(edit: Edit, nameOf: (taxon: number) => string): string {
  const n = edit.objects.length.toLocaleString();
  const taxa = new Set(edit.after.taxa);
  const [only] = taxa;
  const as = taxa.size === 1 && only && edit.after.states[0] === 'V' ? ` as ${nameOf(only)}` : '';
  return `${n} ${SAID[edit.operation]}${as}`;
}
