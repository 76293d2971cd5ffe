import { eraseJob, jobs, makeClusters, restartJob } from '$lib/api/calls';
import type { ClustersReq } from '$lib/api/types';
import { Watched } from '$lib/jobs/watch.svelte';
import { going, projectOf } from '$lib/jobs/words';
import { complain } from '$lib/kit/toasts.svelte';

export const KIND = 'Clusters';

/** The job that looks for clusters, if there is one: it goes on while nobody looks. */
export class Finding {
  watched = $state.raw<Watched>();
  busy = $state(false);
  refused = $state('');

  constructor(readonly project: number) {}

  get job() {
    return this.watched?.job;
  }

  /** One that was started before this visit. */
  async resume(): Promise<void> {
    const found = (await jobs().catch(() => [])).find(
      (job) => job.type === KIND && projectOf(job) === this.project && going(job),
    );
    if (found && !this.watched) this.watched = new Watched(found.id);
  }

  async begin(asked: ClustersReq): Promise<void> {
    this.busy = true;
    this.refused = '';
    try {
      const { job_id } = await makeClusters(this.project, asked);
      this.leave();
      this.watched = new Watched(job_id);
    } catch (error) {
      this.refused = (error as Error).message;
    } finally {
      this.busy = false;
    }
  }

  async again(): Promise<void> {
    await restartJob(this.watched?.id ?? 0).catch(complain);
    await this.watched?.look();
  }

  async cancel(): Promise<void> {
    await eraseJob(this.watched?.id ?? 0).catch(complain);
    this.leave();
  }

  leave(): void {
    this.watched?.stop();
    this.watched = undefined;
  }
}
