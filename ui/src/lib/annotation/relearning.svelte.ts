import { relearning, setRelearning } from '$lib/api/calls';
import type { Batch, JobEvent, Relearning } from '$lib/api/types';
import { complain } from '$lib/kit/toasts.svelte';

const KIND = 'Relearning';

/** Whether a project learns again while it is sorted, how far it is, and whether it changed scores. */
export class Learner {
  state = $state.raw<Relearning | null>(null);
  /** The job that is at it. */
  job = $state<number | null>(null);
  /** Scores on the screen are newer than the order of the view. */
  refreshed = $state(false);

  constructor(readonly project: number) {}

  async look(): Promise<void> {
    this.state = await relearning(this.project).catch(() => this.state);
  }

  async switch(on: boolean): Promise<void> {
    try {
      this.state = await setRelearning(this.project, on);
      if (!on) this.job = null;
    } catch (error) {
      complain(error);
    }
  }

  /** What a job says; true when it is ours, and nothing for the line of other work. */
  hear({ job_id, type, state }: JobEvent): boolean {
    if (type !== KIND) return false;
    const was = this.job;
    this.job = state === 'R' || state === 'P' ? job_id : null;
    if (was !== null && this.job === null) void this.look();
    return true;
  }

  /** A batch came; true when learning again made it. */
  heard(batch: Batch): boolean {
    if (batch.operation !== 'relearn') return false;
    void this.look();
    return true;
  }
}
