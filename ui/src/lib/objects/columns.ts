import type { Batch, Columns, Field, State } from '$lib/api/types';

export const STATES = 'UPDVX';
export const stateAt = (code: number) => (STATES[code] ?? 'U') as State;
export const codeOf = (state: string) => Math.max(0, STATES.indexOf(state));

/** Marks of objects in a view: decided here, or an exception ("not this"). */
export const DECIDED = 1;
export const EXCEPTION = 2;

/** What an object is thought to be. A taxon 0 is none; a missing score is NaN. */
export type Identity = { taxon: number; state: State; score: number; version: number };

/** What the server says of some objects: an act on them, or a part of a view. */
type Told = Pick<Batch, 'object_ids' | 'taxa' | 'states' | 'scores' | 'versions'> & {
  batch_id?: number;
};

/** Objects of a view as typed arrays, in the order of the snapshot; the first `loaded` are known. */
export class ObjectColumns {
  loaded = 0;
  readonly ids: Float64Array;
  readonly images: Float64Array;
  readonly widths: Uint16Array;
  readonly heights: Uint16Array;
  readonly imageCounts: Uint8Array;
  readonly taxa: Int32Array;
  readonly states: Uint8Array;
  readonly scores: Float32Array;
  readonly versions: Float64Array;
  readonly samples: Float64Array;
  /** The taxon and state that an object came with: what groups it, and what it may go back to. */
  readonly firstTaxa: Int32Array;
  readonly firstStates: Uint8Array;
  readonly firstScores: Float32Array;
  readonly marks: Uint8Array;
  readonly fields: Record<string, Field[]> = {};
  /** The newest batch that was told of an object. */
  readonly #told: Float64Array;
  readonly #places = new Map<number, number>();

  constructor(
    readonly total: number,
    /** What a person has left out, which stays so in the views after this one. */
    readonly exceptions = new Set<number>(),
  ) {
    this.ids = new Float64Array(total);
    this.images = new Float64Array(total);
    this.widths = new Uint16Array(total);
    this.heights = new Uint16Array(total);
    this.imageCounts = new Uint8Array(total);
    this.taxa = new Int32Array(total);
    this.states = new Uint8Array(total);
    this.scores = new Float32Array(total);
    this.versions = new Float64Array(total);
    this.samples = new Float64Array(total);
    this.firstTaxa = new Int32Array(total);
    this.firstStates = new Uint8Array(total);
    this.firstScores = new Float32Array(total);
    this.marks = new Uint8Array(total);
    this.#told = new Float64Array(total);
  }

  /** Take the next chunk, which starts where the last one ended. */
  append(chunk: Columns): void {
    const { start } = chunk;
    this.ids.set(chunk.object_ids, start);
    this.images.set(chunk.image_ids, start);
    this.widths.set(chunk.widths, start);
    this.heights.set(chunk.heights, start);
    this.imageCounts.set(chunk.image_counts, start);
    this.taxa.set(chunk.taxa, start);
    this.versions.set(chunk.versions, start);
    this.samples.set(chunk.samples, start);
    this.firstTaxa.set(chunk.taxa, start);
    chunk.object_ids.forEach((id, i) => {
      const at = start + i;
      this.#places.set(id, at);
      this.states[at] = this.firstStates[at] = codeOf(chunk.states[i] ?? 'U');
      this.scores[at] = this.firstScores[at] = chunk.scores[i] ?? NaN;
      if (this.exceptions.has(id)) this.marks[at] = EXCEPTION;
    });
    for (const [name, values] of Object.entries(chunk.fields ?? {}))
      this.fields[name] = [...(this.fields[name] ?? []), ...(values as Field[])];
    this.loaded = Math.max(this.loaded, start + chunk.object_ids.length);
  }

  placeOf(id: number): number | undefined {
    return this.#places.get(id);
  }

  identity(at: number): Identity {
    return {
      taxon: this.taxa[at]!,
      state: stateAt(this.states[at]!),
      score: this.scores[at]!,
      version: this.versions[at]!,
    };
  }

  /** Show an object as something else; its version follows only when the server says so. */
  identify(at: number, identity: Omit<Identity, 'version'>): void {
    this.taxa[at] = identity.taxon;
    this.states[at] = codeOf(identity.state);
    this.scores[at] = identity.score;
  }

  /** Where the exceptions of this view are. */
  get leftOut(): number[] {
    return [...this.exceptions].map((id) => this.#places.get(id)).filter((at) => at !== undefined);
  }

  mark(at: number, as: 0 | typeof DECIDED | typeof EXCEPTION): void {
    this.marks[at] = as;
    if (as === EXCEPTION) this.exceptions.add(this.ids[at]!);
    else this.exceptions.delete(this.ids[at]!);
  }

  /** Take what the server says of objects; those that `mine` claims keep what is shown, not their version.
   * Of two batches the later one holds, whichever is told first. */
  take(batch: Told, mine: (id: number) => boolean = () => false): number {
    const number = batch.batch_id ?? Infinity;
    let changed = 0;
    batch.object_ids?.forEach((id, i) => {
      const at = this.#places.get(id);
      if (at === undefined || number < this.#told[at]!) return;
      if (batch.batch_id) this.#told[at] = number;
      this.versions[at] = batch.versions[i] ?? this.versions[at]!;
      if (mine(id)) return;
      this.identify(at, {
        taxon: batch.taxa[i] ?? 0,
        state: (batch.states[i] ?? 'U') as State,
        score: batch.scores[i] ?? NaN,
      });
      changed++;
    });
    return changed;
  }
}
