// A folder as one zip, made in the browser while it is sent: one upload instead of thousands, and
// nothing of it in memory. Every byte has a place that follows from names and sizes alone, so an
// interrupted upload can go on anywhere. Nothing is compressed, since images are already.
// Format: PKWARE's APPNOTE 6.3.9, with its 64-bit extension (4.3.14, 4.5.3) where numbers need it.

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let crc = n;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc >>> 0;
});

/** The checksum that zips use; of bytes that follow others when given theirs. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 255]!;
  return ~crc >>> 0;
}

const MOST32 = 0xffffffff;
const MOST16 = 0xffff;
const UTF8 = 0x0800;
const DAY_ONE = 0x21; // 1 January 1980, which makes the same files the same zip
const READ_AT_ONCE = 4 * 2 ** 20;
const AHEAD = { files: 64, bytes: 32 * 2 ** 20 }; // whose checksums are begun before they are needed

export type Member = { file: Blob; path: string };

export class Archive {
  readonly size: number;
  readonly members: readonly Member[];
  #starts: Float64Array; // of members, and at last of the index
  #lines: Float64Array; // starts of the lines of the index, and at last of its end
  #crcs: Promise<number>[] = [];

  constructor(members: readonly Member[]) {
    const byPath = (a: Member, b: Member) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
    this.members = [...members].sort(byPath);
    const lengths = this.members.map(({ path }) => utf8(path).length);
    this.#starts = sums(0, this.members, ({ file }, n) => {
      return 30 + lengths[n]! + (file.size >= MOST32 ? 20 : 0) + file.size;
    });
    this.#lines = sums(this.#starts[members.length]!, this.members, ({ file }, n) => {
      return 46 + lengths[n]! + extra64(file.size, this.#starts[n]!).length;
    });
    this.size = this.#lines[members.length]! + this.#end().length;
  }

  /** Some of its bytes, as tus-js-client asks a source for them. */
  async slice(start: number, end: number): Promise<{ value: Blob; done: boolean }> {
    const parts: BlobPart[] = [];
    for (const piece of this.#pieces(start, end)) {
      const from = Math.max(0, start - piece.at);
      const to = Math.min(piece.size, end - piece.at);
      if (from >= to) continue;
      const whole = await piece.content();
      parts.push(whole instanceof Blob ? whole.slice(from, to) : whole.slice(from, to));
    }
    void this.#prepare(end, 2 * end - start).catch(() => undefined); // who needs it will be told
    return { value: new Blob(parts), done: end >= this.size };
  }

  /** Read the files that come next, while others are sent. */
  async #prepare(start: number, end: number): Promise<void> {
    const count = this.members.length;
    for (let n = before(this.#starts, start); n < count && this.#starts[n]! < end; n++)
      await this.#crc(n);
  }

  close(): void {
    // nothing is held open
  }

  /** What lies between two places: headers, files, lines of the index, the end. */
  *#pieces(start: number, end: number) {
    const count = this.members.length;
    for (let n = before(this.#starts, start); n < count && this.#starts[n]! < end; n++) {
      const { file } = this.members[n]!;
      const at = this.#starts[n]!;
      const data = this.#starts[n + 1]! - file.size;
      yield { at, size: data - at, content: () => this.#header(n) };
      yield { at: data, size: file.size, content: () => Promise.resolve(file) };
    }
    for (let n = before(this.#lines, start); n < count && this.#lines[n]! < end; n++) {
      const at = this.#lines[n]!;
      yield { at, size: this.#lines[n + 1]! - at, content: () => this.#line(n) };
    }
    const at = this.#lines[count]!;
    yield { at, size: this.size - at, content: () => Promise.resolve(this.#end()) };
  }

  /** The checksum of a file; those of the next small ones are begun with it, to wait only once. */
  #crc(n: number): Promise<number> {
    let bytes = 0;
    for (const [k, { file }] of this.members.slice(n, n + AHEAD.files).entries()) {
      if (k && (bytes += file.size) > AHEAD.bytes) break;
      const sum = (this.#crcs[n + k] ??= checksum(file));
      if (k) sum.catch(() => undefined); // who needs it will be told
    }
    return this.#crcs[n]!;
  }

  async #header(n: number): Promise<Uint8Array<ArrayBuffer>> {
    const { file, path } = this.members[n]!;
    const large = file.size >= MOST32;
    const extra = large ? numbers64([file.size, file.size]) : new Uint8Array();
    return joined(record(0x04034b50, path, await this.#crc(n), file.size, extra), extra);
  }

  async #line(n: number): Promise<Uint8Array<ArrayBuffer>> {
    const { file, path } = this.members[n]!;
    const at = this.#starts[n]!;
    const extra = extra64(file.size, at);
    return joined(record(0x02014b50, path, await this.#crc(n), file.size, extra, at), extra);
  }

  #end(): Uint8Array<ArrayBuffer> {
    const count = this.members.length;
    const index = this.#starts[count]!;
    const length = this.#lines[count]! - index;
    const short = new DataView(new ArrayBuffer(22));
    short.setUint32(0, 0x06054b50, true);
    short.setUint16(8, Math.min(count, MOST16), true);
    short.setUint16(10, Math.min(count, MOST16), true);
    short.setUint32(12, Math.min(length, MOST32), true);
    short.setUint32(16, Math.min(index, MOST32), true);
    const last = new Uint8Array(short.buffer);
    return count < MOST16 && index + length < MOST32
      ? last
      : joined(end64(count, length, index), last);
  }
}

/** A record and a locator that tell the end of a zip in 64 bits. */
function end64(count: number, length: number, index: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(76));
  view.setUint32(0, 0x06064b50, true);
  set64(view, 4, 44);
  view.setUint16(12, 45, true);
  view.setUint16(14, 45, true);
  [count, count, length, index].forEach((value, n) => set64(view, 24 + 8 * n, value));
  view.setUint32(56, 0x07064b50, true);
  set64(view, 64, index + length);
  view.setUint32(72, 1, true);
  return new Uint8Array(view.buffer);
}

/** Of a member: before its bytes, or in the index with the place where it begins. */
function record(
  sign: number,
  path: string,
  crc: number,
  size: number,
  extra: Uint8Array,
  at?: number,
): Uint8Array<ArrayBuffer> {
  const name = utf8(path);
  const indexed = at !== undefined;
  const view = new DataView(new ArrayBuffer(indexed ? 46 : 30));
  const from = indexed ? 6 : 4;
  view.setUint32(0, sign, true);
  if (indexed) view.setUint16(4, 45, true);
  view.setUint16(from, extra.length ? 45 : 20, true);
  view.setUint16(from + 2, UTF8, true);
  view.setUint16(from + 8, DAY_ONE, true);
  view.setUint32(from + 10, crc, true);
  view.setUint32(from + 14, Math.min(size, MOST32), true);
  view.setUint32(from + 18, Math.min(size, MOST32), true);
  view.setUint16(from + 22, name.length, true);
  view.setUint16(from + 24, extra.length, true);
  if (indexed) view.setUint32(42, Math.min(at, MOST32), true);
  return joined(new Uint8Array(view.buffer), name);
}

/** What a line of the index says in 64 bits: only what does not fit into 32. */
function extra64(size: number, at: number): Uint8Array<ArrayBuffer> {
  const large = [...(size >= MOST32 ? [size, size] : []), ...(at >= MOST32 ? [at] : [])];
  return large.length ? numbers64(large) : new Uint8Array();
}

function numbers64(values: readonly number[]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(4 + 8 * values.length));
  view.setUint16(0, 1, true);
  view.setUint16(2, 8 * values.length, true);
  values.forEach((value, n) => set64(view, 4 + 8 * n, value));
  return new Uint8Array(view.buffer);
}

const set64 = (view: DataView, at: number, value: number) =>
  view.setBigUint64(at, BigInt(value), true);

const utf8 = (text: string) => new TextEncoder().encode(text);

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Where each begins when all lie one after the other, and where the last ends. */
function sums<T>(start: number, all: readonly T[], length: (one: T, n: number) => number) {
  const starts = new Float64Array(all.length + 1).fill(start);
  all.forEach((one, n) => (starts[n + 1] = starts[n]! + length(one, n)));
  return starts;
}

/** The last that begins at a place or before it. */
function before(starts: Float64Array, place: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}

async function checksum(file: Blob): Promise<number> {
  let crc = 0;
  for (let at = 0; at < file.size; at += READ_AT_ONCE)
    crc = crc32(new Uint8Array(await file.slice(at, at + READ_AT_ONCE).arrayBuffer()), crc);
  return crc;
}
