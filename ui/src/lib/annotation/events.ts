import { events } from '$lib/api/calls';
import type { Batch, JobEvent } from '$lib/api/types';

type Ears = { batch: (batch: Batch) => void; job: (job: JobEvent) => void };

const AGAIN = 5000; // milliseconds

/** Listen to what happens in a project. After a break the browser comes back by itself; where it
 * was turned away, as by a proxy whose server is being started, we do. Returns how to stop. */
export function listen(project: number, since: number, ears: Ears): () => void {
  let source: EventSource;
  let soon: ReturnType<typeof setTimeout> | undefined;
  let last = since;

  const hear =
    <T>(ear: (told: T) => void) =>
    ({ data, lastEventId }: MessageEvent<string>) => {
      last = Number(lastEventId) || last;
      ear(JSON.parse(data) as T);
    };

  function open() {
    source = new EventSource(events(project, last));
    source.addEventListener('batch', hear(ears.batch));
    source.addEventListener('job', hear(ears.job));
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) soon = setTimeout(open, AGAIN);
    });
  }

  open();
  return () => {
    clearTimeout(soon);
    source.close();
  };
}
