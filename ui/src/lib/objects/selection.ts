/** Tiles picked, as an expression: some of them, or all of them but some.
 * All matching objects are picked, and inverted, in one step, however many they are. */
export class Selection {
  #all = false;
  #others = new Set<number>();
  #total = 0;

  constructor(total = 0) {
    this.#total = total;
  }

  get count(): number {
    return this.#all ? this.#total - this.#others.size : this.#others.size;
  }

  get total(): number {
    return this.#total;
  }

  /** What is left out of everything; null when the selection is not of that kind. */
  get exceptions(): ReadonlySet<number> | null {
    return this.#all ? this.#others : null;
  }

  has(index: number): boolean {
    return this.#others.has(index) !== this.#all;
  }

  add(indices: Iterable<number>): void {
    for (const index of indices) this.#put(index, true);
  }

  remove(indices: Iterable<number>): void {
    for (const index of indices) this.#put(index, false);
  }

  toggle(index: number): void {
    this.#put(index, !this.has(index));
  }

  clear(): void {
    this.#all = false;
    this.#others.clear();
  }

  pickAll(): void {
    this.#all = true;
    this.#others.clear();
  }

  invert(): void {
    this.#all = !this.#all;
  }

  /** The picked indices below a bound, in order. */
  indices(bound = this.#total): number[] {
    if (!this.#all) return [...this.#others].filter((at) => at < bound).sort((a, b) => a - b);
    const picked: number[] = [];
    for (let index = 0; index < bound; index++) if (!this.#others.has(index)) picked.push(index);
    return picked;
  }

  #put(index: number, picked: boolean): void {
    if (picked === this.#all) this.#others.delete(index);
    else this.#others.add(index);
  }
}
