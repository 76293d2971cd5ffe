/** Something that is fetched, and how far it is. The latest request wins. */
export class Fetching<T> {
  value = $state.raw<T>();
  error = $state.raw<Error>();
  busy = $state(false);
  #turn = 0;

  async load(ask: () => Promise<T>): Promise<void> {
    const turn = ++this.#turn;
    this.busy = true;
    try {
      const value = await ask();
      if (turn !== this.#turn) return;
      this.value = value;
      this.error = undefined;
    } catch (error) {
      if (turn === this.#turn) this.error = error as Error;
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }
}
