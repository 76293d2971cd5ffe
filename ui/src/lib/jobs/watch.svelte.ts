import { job } from '$lib/api/calls';
import type { JobModel } from '$lib/api/types';
import { going } from './words';

const EVERY = 1000;

/** One job, looked at every second for as long as it goes on. */
export class Watched {
  job = $state.raw<JobModel>();
  error = $state.raw<Error>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  constructor(readonly id: number) {
    void this.look();
  }

  async look(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.job = await job(this.id);
      this.error = undefined;
    } catch (error) {
      this.error = error as Error;
    }
    const over = this.job && !going(this.job) && !this.error;
    if (!over && !this.#ended) this.#timer = setTimeout(() => void this.look(), EVERY);
  }

  stop(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }
}
