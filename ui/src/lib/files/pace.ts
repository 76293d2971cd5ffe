const WINDOW = 8000; // milliseconds that count: a pause of the network is soon forgotten

/** How fast something goes, over the last seconds. */
export class Pace {
  #marks: { at: number; done: number }[] = [];

  /** Units a second, told how many are done now. */
  of(done: number, at: number): number {
    this.#marks.push({ at, done });
    while (this.#marks.length > 2 && at - this.#marks[0]!.at > WINDOW) this.#marks.shift();
    const first = this.#marks[0]!;
    return at > first.at ? Math.max(0, (1000 * (done - first.done)) / (at - first.at)) : 0;
  }
}

/** A time as one says it: "about 3 minutes". */
export function aboutSeconds(seconds: number): string {
  if (seconds < 50) return `${Math.max(1, Math.ceil(seconds / 10)) * 10} seconds`;
  if (seconds < 3000) return some(Math.round(seconds / 60), 'minute');
  return some(Math.round(seconds / 1800) / 2, 'hour');
}

const some = (n: number, one: string) => `${n} ${one}${n === 1 ? '' : 's'}`;
