import { beforeEach, expect, test, vi } from 'vitest';
import { answer, chunk, COPEPODA, DETRITUS, objects } from './given';
import { EVERYTHING } from '$lib/objects/filter';
import { Workbench } from './workbench.svelte';

vi.hoisted(() => vi.stubGlobal('localStorage', { getItem: () => null }));

const CALANOIDA = 7;
const BOB = { id: 2, name: 'Bob' };
/** What the server says to our acts, in turn; each waits until a test says so. */
let say: ((answer: Response) => void)[] = [];

beforeEach(() => {
  say = [];
  vi.stubGlobal('fetch', () => new Promise<Response>((go) => say.push(go)));
});

/** A bench on four objects; the first is a predicted copepod. */
function bench(): Workbench {
  const made = new Workbench(1);
  made.view.columns = objects();
  made.view.loaded = made.view.total = 4;
  return made;
}

const name = (at: Workbench, taxon: number) => at.actOn([0], { operation: 'classify', taxon });
const first = (at: Workbench) => at.view.columns.identity(0);
/** Bob names the first object, and all pages are told so. */
const others = (at: Workbench, taxon: number, batch_id = 90) =>
  at.hearing.hear(
    answer({
      batch_id,
      author: BOB,
      object_ids: [11],
      taxa: [taxon],
      states: 'V',
      scores: [1],
      versions: [batch_id],
    }),
  );
async function respond(body: object, status = 200): Promise<void> {
  await vi.waitUntil(() => say.length);
  say.shift()!(new Response(JSON.stringify(body), { status }));
}
async function refuse(at: Workbench, status: number, body: object = {}): Promise<void> {
  const before = at.outbox.queue.length;
  await respond({ detail: 'No.', ...body }, status);
  await vi.waitUntil(() => at.outbox.queue.length < before);
  await Promise.resolve();
}

test('what others made of an object shows once our act on it was refused', async () => {
  const mine = bench();
  name(mine, DETRITUS);
  others(mine, CALANOIDA);
  expect(first(mine)).toMatchObject({ taxon: DETRITUS, state: 'V' }); // ours is on its way

  await refuse(mine, 403);

  await vi.waitUntil(() => first(mine).taxon === CALANOIDA);
});

test('what was shown once is forgotten: another refusal does not bring it back', async () => {
  const mine = bench();
  name(mine, DETRITUS);
  others(mine, CALANOIDA);
  await refuse(mine, 403);
  await vi.waitUntil(() => first(mine).taxon === CALANOIDA);
  others(mine, COPEPODA, 91);

  name(mine, DETRITUS);
  await refuse(mine, 409, { conflicts: [11] });

  await vi.waitUntil(() => first(mine).taxon !== DETRITUS);
  expect(first(mine)).toMatchObject({ taxon: COPEPODA, state: 'V' });
});

test('an act after one that was refused gives way to what was before both', async () => {
  const mine = bench();
  name(mine, DETRITUS);
  name(mine, CALANOIDA);

  await refuse(mine, 403);
  expect(first(mine)).toMatchObject({ taxon: CALANOIDA, state: 'V' });
  await refuse(mine, 403);

  await vi.waitUntil(() => first(mine).taxon !== CALANOIDA);
  expect(first(mine)).toMatchObject({ taxon: COPEPODA, state: 'P', score: 0.5 });
});

test('what others made of an object is looked up when our act on it cannot be taken back', async () => {
  const mine = bench();
  name(mine, DETRITUS);
  await respond(answer({ batch_id: 80, changed: 1 }));
  await vi.waitUntil(() => mine.outbox.saved);
  others(mine, CALANOIDA);

  mine.memory.undo();
  expect(first(mine).taxon).toBe(COPEPODA);
  const conflicts = [{ object_id: 11, by: 'Bob', at: '2026-06-21T12:00:00' }];
  await respond(answer({ batch_id: 95, undoes: 80, conflicts }));
  await respond(chunk({ taxa: [CALANOIDA, DETRITUS, 0, COPEPODA], states: 'VVUD' }));

  await vi.waitUntil(() => first(mine).taxon === CALANOIDA);
});

test('what is left of an act that others were faster with is counted and undone as that', async () => {
  const mine = bench();
  mine.actOn([0, 2], { operation: 'classify', taxon: DETRITUS });

  await respond({ detail: 'No.', conflicts: [11] }, 409);

  await vi.waitUntil(() => mine.memory.story.done.at(-1)?.edit?.objects.length === 1);
  expect(mine.memory.story.done.map(({ text }) => text)).toEqual([
    expect.stringMatching('^1 validated'),
  ]);
  mine.memory.undo();
  expect(mine.view.columns.identity(2)).toMatchObject({ taxon: 0, state: 'U' });
});

test('the answer to our act does not hide what others made of its objects after it', async () => {
  const mine = bench();
  name(mine, DETRITUS);
  others(mine, CALANOIDA, 101);
  await respond(
    answer({
      batch_id: 100,
      changed: 1,
      object_ids: [11],
      taxa: [DETRITUS],
      states: 'V',
      scores: [1],
      versions: [100],
    }),
  );
  await vi.waitUntil(() => mine.outbox.saved);

  await vi.waitUntil(() => first(mine).taxon === CALANOIDA);
  expect(first(mine).version).toBe(101);
});

test('what others do while a view is on its way shows in it', async () => {
  const mine = bench();
  const shown = mine.show(EVERYTHING);
  others(mine, CALANOIDA);
  await respond({ view_id: 'a', batch_id: 80, total: 4, columns: chunk() });
  await shown;

  expect(first(mine)).toMatchObject({ taxon: CALANOIDA, state: 'V' });
});

test('what others do while a view is looked at again shows in it', async () => {
  const mine = bench();
  const read = mine.view.reread(() => false);
  others(mine, CALANOIDA);
  await respond(chunk());
  await read;

  expect(first(mine)).toMatchObject({ taxon: CALANOIDA, state: 'V' });
});
