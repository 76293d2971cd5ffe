import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Thumbnails } from './thumbnails.svelte';

let calls = 0;

beforeEach(() => {
  calls = 0;
  vi.useFakeTimers();
  vi.stubGlobal('fetch', () => {
    if (calls++) return Promise.resolve(new Response(new ArrayBuffer(4)));
    return Promise.reject(new TypeError('Failed to fetch'));
  });
});
afterEach(() => void vi.useRealTimers());

test('pictures that did not come are asked for again, without anybody moving', async () => {
  const pictures = new Thumbnails(1);
  pictures.want([11, 12], 160);
  await vi.advanceTimersByTimeAsync(1000);
  expect(calls).toBe(1);

  await vi.advanceTimersByTimeAsync(9000);

  expect(calls).toBe(2);
});

test('nobody asks again once the page was left', async () => {
  const pictures = new Thumbnails(1);
  pictures.want([11], 160);
  await vi.advanceTimersByTimeAsync(1000);

  pictures.free();
  await vi.advanceTimersByTimeAsync(9000);

  expect(calls).toBe(1);
});
