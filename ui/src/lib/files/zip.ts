// A folder as one zip, made in the browser: one upload instead of thousands. Nothing is compressed,
// since images are already. Format: PKWARE's APPNOTE 6.3, without its 64-bit extension.

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let crc = n;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc >>> 0;
});

export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 255]!;
  return (crc ^ 0xffffffff) >>> 0;
}

export const MOST_FILES = 65_000;
export const MOST_BYTES = 4_000_000_000;
const UTF8 = 0x0800;
const DAY_ONE = 0x21; // 1 January 1980, which makes the same files the same zip

type Member = { file: Blob; path: string };

/** @throws RangeError when there are too many files, or too large ones, for a plain zip. */
export async function zip(members: readonly Member[], read: (done: number) => void): Promise<Blob> {
  const bytes = members.reduce((sum, { file }) => sum + file.size, 0);
  if (members.length > MOST_FILES || bytes > MOST_BYTES)
    throw new RangeError('This folder is too large to be packed here: make a zip of it first.');
  const parts: BlobPart[] = [];
  const index: BlobPart[] = [];
  let at = 0;
  let length = 0;
  for (const [done, { file, path }] of members.entries()) {
    const name = new TextEncoder().encode(path);
    const crc = crc32(new Uint8Array(await file.arrayBuffer()));
    parts.push(header(0x04034b50, name, crc, file.size), name, file);
    index.push(header(0x02014b50, name, crc, file.size, at), name);
    at += 30 + name.length + file.size;
    length += 46 + name.length;
    read(done + 1);
  }
  return new Blob([...parts, ...index, end(members.length, length, at)], {
    type: 'application/zip',
  });
}

/** Of a member: before its bytes, or in the index with the place where it begins. */
function header(sign: number, name: Uint8Array, crc: number, size: number, at?: number) {
  const indexed = at !== undefined;
  const view = new DataView(new ArrayBuffer(indexed ? 46 : 30));
  const from = indexed ? 6 : 4;
  view.setUint32(0, sign, true);
  if (indexed) view.setUint16(4, 20, true);
  view.setUint16(from, 20, true);
  view.setUint16(from + 2, UTF8, true);
  view.setUint16(from + 8, DAY_ONE, true);
  view.setUint32(from + 10, crc, true);
  view.setUint32(from + 14, size, true);
  view.setUint32(from + 18, size, true);
  view.setUint16(from + 22, name.length, true);
  if (indexed) view.setUint32(42, at, true);
  return view.buffer;
}

function end(files: number, length: number, at: number) {
  const view = new DataView(new ArrayBuffer(22));
  view.setUint32(0, 0x06054b50, true);
  view.setUint16(8, files, true);
  view.setUint16(10, files, true);
  view.setUint32(12, length, true);
  view.setUint32(16, at, true);
  return view.buffer;
}
