import { size } from '$lib/taxonomy/tree';
import type { Taxa } from '$lib/taxonomy/taxa.svelte';
import type { Counts } from './counts.svelte';

const DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'];
export type Slot = { digit: string; taxon: number; pinned: boolean };

/** Ten taxa under the digits: those pinned by hand, then the project's most frequent. */
export class Slots {
  #pinned = $state.raw<Record<string, number>>({});
  #name: string;
  /** Fixed for a visit: a key must not change its meaning while one works. */
  #usual = $state.raw<number[] | null>(null);

  constructor(
    project: number,
    readonly bench: { taxa: Taxa; counts: Counts },
  ) {
    this.#name = `slots/${project}`;
    this.#pinned = JSON.parse(localStorage.getItem(this.#name) ?? '{}') as Record<string, number>;
  }

  all = $derived.by((): Slot[] => {
    const pinned = new Set(Object.values(this.#pinned));
    const others = (this.#usual ?? this.#frequent()).filter((taxon) => !pinned.has(taxon));
    return DIGITS.flatMap((digit) => {
      const taxon = this.#pinned[digit] ?? others.shift();
      return taxon ? [{ digit, taxon, pinned: digit in this.#pinned }] : [];
    });
  });

  at(digit: string): number | undefined {
    return this.all.find((slot) => slot.digit === digit)?.taxon;
  }

  settle(): void {
    this.#usual ??= this.#frequent();
  }

  pin(digit: string, taxon: number): void {
    const others = Object.entries(this.#pinned).filter(([, pinned]) => pinned !== taxon);
    this.#keep({ ...Object.fromEntries(others), [digit]: taxon });
  }

  unpin(digit: string): void {
    this.#keep(Object.fromEntries(Object.entries(this.#pinned).filter(([d]) => d !== digit)));
  }

  #keep(pinned: Record<string, number>): void {
    this.#pinned = pinned;
    localStorage.setItem(this.#name, JSON.stringify(pinned));
  }

  #frequent(): number[] {
    const { taxa, counts } = this.bench;
    const used = [...counts.confirmed]
      .filter(([taxon, states]) => taxon > 0 && size(states) > 0)
      .sort((a, b) => size(b[1]) - size(a[1]))
      .map(([taxon]) => taxon);
    return [...new Set([...used, ...taxa.preset])].slice(0, DIGITS.length);
  }
}
