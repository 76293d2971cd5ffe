import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Batch } from '$lib/api/types';
import { listen } from './events';

/** An event stream as a browser has it. */
class Source extends EventTarget {
  static readonly CLOSED = 2;
  static opened: Source[] = [];
  readyState = 1;

  constructor(readonly url: string) {
    super();
    Source.opened.push(this);
  }

  tell(batch_id: number): void {
    const told = { data: JSON.stringify({ batch_id }), lastEventId: String(batch_id) };
    this.dispatchEvent(Object.assign(new Event('batch'), told));
  }

  fail(readyState: number): void {
    this.readyState = readyState;
    this.dispatchEvent(new Event('error'));
  }

  close(): void {
    this.readyState = Source.CLOSED;
  }
}

beforeEach(() => {
  Source.opened = [];
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', Source);
});
afterEach(() => void vi.useRealTimers());

test('who was turned away comes back, and asks for what was missed', () => {
  const heard: number[] = [];
  listen(1, 80, { batch: ({ batch_id }: Batch) => heard.push(batch_id), job: () => undefined });
  Source.opened[0]!.tell(81);

  Source.opened[0]!.fail(Source.CLOSED);
  vi.advanceTimersByTime(10_000);
  Source.opened[1]!.tell(82);

  expect(Source.opened.map(({ url }) => url.split('since=')[1])).toEqual(['80', '81']);
  expect(heard).toEqual([81, 82]);
});

test('a break is left to the browser, and who stopped listening stays away', () => {
  const stop = listen(1, 80, { batch: () => undefined, job: () => undefined });

  Source.opened[0]!.fail(0);
  vi.advanceTimersByTime(10_000);
  expect(Source.opened).toHaveLength(1);

  Source.opened[0]!.fail(Source.CLOSED);
  stop();
  vi.advanceTimersByTime(10_000);
  expect(Source.opened).toHaveLength(1);
});
