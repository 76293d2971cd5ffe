import { project } from '$lib/api/calls';
import { SvelteMap } from 'svelte/reactivity';

/** Titles of projects, for the head of their pages; asked for when nobody has told them. */
class Titles {
  #known = new SvelteMap<number, string>();
  #asked = new Set<number>();

  of(id: number): string {
    const known = this.#known.get(id);
    if (known === undefined) setTimeout(() => void this.#ask(id), 800);
    return known ?? '';
  }

  tell(id: number, title: string): void {
    this.#known.set(id, title);
  }

  async #ask(id: number): Promise<void> {
    if (this.#known.has(id) || this.#asked.has(id)) return;
    this.#asked.add(id);
    await project(id).then(
      ({ title }) => this.tell(id, title),
      () => undefined,
    );
  }
}

export const titles = new Titles();
