import { expect, it } from 'vitest';
import { crc32, zip } from './zip';

const text = (words: string) => new TextEncoder().encode(words);

it('computes the checksum that zips use', () => {
  expect(crc32(text('123456789'))).toBe(0xcbf43926);
  expect(crc32(text(''))).toBe(0);
});

it('writes members, an index of them, and where it lies', async () => {
  const members = [
    { file: new Blob(['abc']), path: 'tow/été.tsv' },
    { file: new Blob(['de']), path: 'tow/b.png' },
  ];
  const whole = new Uint8Array(await (await zip(members, () => undefined)).arrayBuffer());
  const view = new DataView(whole.buffer);
  const last = whole.length - 22;
  expect(view.getUint32(last, true)).toBe(0x06054b50);
  expect(view.getUint16(last + 10, true)).toBe(2);
  const index = view.getUint32(last + 16, true);
  expect(view.getUint32(index, true)).toBe(0x02014b50);
  expect(index + view.getUint32(last + 12, true)).toBe(last);
  const name = new TextDecoder().decode(whole.slice(30, 30 + view.getUint16(26, true)));
  expect(name).toBe('tow/été.tsv');
  expect(view.getUint32(14, true)).toBe(crc32(text('abc')));
});

it('refuses what a plain zip cannot hold', async () => {
  const many = Array.from({ length: 65_001 }, () => ({ file: new Blob([]), path: 'x' }));
  await expect(zip(many, () => undefined)).rejects.toThrow('too large');
});
