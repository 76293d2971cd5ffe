import { expect, it } from 'vitest';
import { Archive, crc32 } from './archive';

const text = (words: string) => new TextEncoder().encode(words);
const MEMBERS = [
  { file: new Blob(['de']), path: 'tow/b.png' },
  { file: new Blob(['abc']), path: 'tow/été.tsv' },
  { file: new Blob([]), path: 'tow/empty' },
];

async function bytes(archive: Archive, step = archive.size): Promise<Uint8Array> {
  const parts: Blob[] = [];
  for (let at = 0; at < archive.size; at += step)
    parts.push((await archive.slice(at, Math.min(at + step, archive.size))).value);
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

it('computes the checksum that zips use, at once or in pieces', () => {
  expect(crc32(text('123456789'))).toBe(0xcbf43926);
  expect(crc32(text('6789'), crc32(text('12345')))).toBe(0xcbf43926);
  expect(crc32(text(''))).toBe(0);
});

it('writes members, an index of them, and where it lies', async () => {
  const archive = new Archive(MEMBERS);
  const whole = await bytes(archive);
  const view = new DataView(whole.buffer);
  expect(whole.length).toBe(archive.size);
  const last = whole.length - 22;
  expect(view.getUint32(last, true)).toBe(0x06054b50);
  expect(view.getUint16(last + 10, true)).toBe(3);
  const index = view.getUint32(last + 16, true);
  expect(view.getUint32(index, true)).toBe(0x02014b50);
  expect(index + view.getUint32(last + 12, true)).toBe(last);
  const name = new TextDecoder().decode(whole.slice(30, 30 + view.getUint16(26, true)));
  expect(name).toBe('tow/b.png');
  expect(view.getUint32(14, true)).toBe(crc32(text('de')));
});

it('is the same zip whatever the pieces it is read in, and the order of its files', async () => {
  const whole = await bytes(new Archive(MEMBERS));
  for (const step of [1, 2, 7, 31, 100])
    expect(await bytes(new Archive([...MEMBERS].reverse()), step)).toEqual(whole);
});

it('begins anywhere, as after an interruption', async () => {
  const whole = await bytes(new Archive(MEMBERS));
  for (const start of [0, 29, 30, 60, 150, whole.length - 1]) {
    const { value, done } = await new Archive(MEMBERS).slice(start, whole.length);
    expect(new Uint8Array(await value.arrayBuffer())).toEqual(whole.slice(start));
    expect(done).toBe(true);
  }
});

it('holds more files than 16 bits can count', async () => {
  const empty = new Blob([]);
  const many = Array.from({ length: 65_535 }, (_, n) => ({ file: empty, path: `${n}` }));
  const archive = new Archive(many);
  const { value } = await archive.slice(archive.size - 98, archive.size);
  const view = new DataView(await value.arrayBuffer());
  expect(view.getUint32(0, true)).toBe(0x06064b50);
  expect(view.getBigUint64(32, true)).toBe(65_535n);
  expect(view.getUint16(76 + 10, true)).toBe(0xffff);
});

it('holds more bytes than 32 bits can count', async () => {
  const large = { size: 5_000_000_000 } as Blob; // never read: only its place is asked for
  const files = [
    { file: large, path: 'a' },
    { file: new Blob(['x']), path: 'b' },
  ];
  const archive = new Archive(files);
  const second = 5_000_000_000 + 30 + 1 + 20;
  const { value } = await archive.slice(second, second + 32);
  const found = new Uint8Array(await value.arrayBuffer());
  expect(new TextDecoder().decode(found.slice(30))).toBe('bx');
  expect(archive.size).toBe(second + 32 + (46 + 1 + 20) + (46 + 1 + 12) + 76 + 22);
});
