import { events } from '$lib/api/calls';
import type { Batch, JobEvent } from '$lib/api/types';

type Ears = { batch: (batch: Batch) => void; job: (job: JobEvent) => void };

/** Listen to what happens in a project; the browser comes back by itself after a break.
 * Returns how to stop. */
export function listen(project: number, since: number, ears: Ears): () => void {
  const source = new EventSource(events(project, since));
  const hear =
    <T>(ear: (told: T) => void) =>
    (event: MessageEvent<string>) =>
      ear(JSON.parse(event.data) as T);
  source.addEventListener('batch', hear(ears.batch));
  source.addEventListener('job', hear(ears.job));
  return () => source.close();
}
