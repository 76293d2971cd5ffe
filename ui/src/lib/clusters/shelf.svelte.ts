import { tiles } from '$lib/api/calls';
import type { State } from '$lib/api/types';
import { Thumbnails } from '$lib/objects/thumbnails.svelte';

export type Seen = { image: number; images: number; taxon: number; state: State; score: number };

const A_CALL = 2000;

/** What is in sight of objects that are named one by one, and their pictures. */
export class Shelf {
  /** Moves when more is known of objects. */
  revision = $state(0);
  /** Pixels of a picture. */
  size = $state(160);
  readonly pictures: Thumbnails;
  #known = new Map<number, Seen>();
  #stale = new Set<number>();
  #inSight = new Map<object, readonly number[]>();
  #soon: ReturnType<typeof setTimeout> | undefined;
  #asked = new Set<number>();

  constructor(readonly project: number) {
    this.pictures = new Thumbnails(project);
  }

  of(object: number): Seen | undefined {
    return this.#known.get(object);
  }

  url(object: number): string | undefined {
    return this.pictures.url(this.#known.get(object)?.image ?? 0, this.size);
  }

  /** Something shows these objects, until it says that it does not. */
  show(what: object, objects: readonly number[]): () => void {
    this.#inSight.set(what, objects);
    this.#look();
    return () => {
      this.#inSight.delete(what);
      this.#look();
    };
  }

  /** Pictures are shown so large, in pixels of the screen. */
  fit(pixels: number): void {
    const size = pixels <= 72 ? 64 : pixels <= 180 ? 160 : 320;
    if (size === this.size) return;
    this.size = size;
    this.#look();
  }

  /** Objects have changed: look again at those in sight, and at the others once they are. */
  again(): void {
    for (const id of this.#known.keys()) this.#stale.add(id);
    this.#look();
  }

  free(): void {
    clearTimeout(this.#soon);
    this.pictures.free();
  }

  #look(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.#fetch(), 30);
  }

  async #fetch(): Promise<void> {
    const missing = this.#wanted().filter(
      (id) => !this.#asked.has(id) && (!this.#known.has(id) || this.#stale.has(id)),
    );
    this.#picture();
    for (let i = 0; i < missing.length; i += A_CALL)
      await this.#learn(missing.slice(i, i + A_CALL));
    if (missing.length) this.#picture();
  }

  #wanted(): number[] {
    return [...new Set([...this.#inSight.values()].flat())];
  }

  async #learn(ids: number[]): Promise<void> {
    ids.forEach((id) => this.#asked.add(id));
    try {
      const found = await tiles(this.project, ids);
      found.object_ids.forEach((id, i) => {
        this.#stale.delete(id);
        this.#known.set(id, {
          image: found.image_ids[i] ?? 0,
          images: found.image_counts[i] ?? 0,
          taxon: found.taxa[i] ?? 0,
          state: (found.states[i] ?? 'U') as State,
          score: found.scores[i] ?? NaN,
        });
      });
      this.revision++;
    } catch {
      // Offline: what is in sight is asked for again when anything moves.
    } finally {
      ids.forEach((id) => this.#asked.delete(id));
    }
  }

  #picture(): void {
    const found = this.#wanted()
      .map((id) => this.#known.get(id)?.image ?? 0)
      .filter(Boolean);
    this.pictures.want(found, this.size);
  }
}
