import { beforeEach, expect, test, vi } from 'vitest';
import { answer } from '$lib/annotation/given';
import type { Cluster } from '$lib/api/types';
import { Board } from './board.svelte';
import { cardsOf } from './cards';

vi.hoisted(() => vi.stubGlobal('localStorage', { getItem: () => null }));

const COPEPODA = 3;
const CLUSTER: Cluster = {
  cluster_id: 8,
  objects: 3,
  left: 3,
  shown: [11, 12, 13],
  taxon: null,
  taxon_name: '',
  share: null,
};
/** What the server was asked, and with what body. */
let asked: [string, { versions?: number[]; objects?: number[] }][] = [];
/** The versions that the objects of the cluster have now, and the number of the next batch. */
let versions = [7, 7, 7];
let batch = 90;

beforeEach(() => {
  asked = [];
  versions = [7, 7, 7];
  vi.stubGlobal('fetch', (path: string, { body }: RequestInit) => {
    asked.push([path, body ? JSON.parse(body as string) : {}]);
    const told = body ? answer({ batch_id: batch++ }) : { object_ids: [11, 12, 13], versions };
    return Promise.resolve(new Response(JSON.stringify(told)));
  });
});

/** A board with one cluster on it. */
function board(): Board {
  const made = new Board(1);
  made.project = { can: ['annotate in this project'] } as NonNullable<Board['project']>;
  made.cards = cardsOf([CLUSTER]);
  return made;
}
const sent = async (of: Board, calls: number) => {
  await vi.waitUntil(() => asked.length >= calls && of.outbox.saved);
  return asked.at(-1)!;
};

test('a cluster is named as it was when it came in sight, or others were faster', async () => {
  const mine = board();
  await mine.look(8);
  versions = [7, 99, 7]; // another person was at the second object

  mine.name(8, COPEPODA);

  const [path, body] = await sent(mine, 2);
  expect(path).toContain('/batches');
  expect(body).toMatchObject({ objects: [11, 12, 13], versions: [7, 7, 7] });
});

test('a cluster that was not looked at is read when it is named', async () => {
  const mine = board();
  versions = [7, 99, 7];

  mine.name(8, COPEPODA);

  const [, body] = await sent(mine, 2);
  expect(body).toMatchObject({ versions: [7, 99, 7] });
});

test('what was undone is named again, and can be undone again', async () => {
  const mine = board();
  mine.name(8, COPEPODA);
  await sent(mine, 2);
  const first = batch - 1;

  await mine.undo();
  expect(mine.card(8)?.named).toBeNull();
  expect((await sent(mine, 3))[0]).toContain(`/batches/${first}/undo`);

  expect(await mine.redo()).toBe(8);
  expect(mine.card(8)?.named).toMatchObject({ taxon: COPEPODA, objects: 3 });
  expect((await sent(mine, 4))[0]).toContain(`/batches/${first + 1}/undo`);

  await mine.undo();
  expect(mine.card(8)?.named).toBeNull();
  expect((await sent(mine, 5))[0]).toContain(`/batches/${first + 2}/undo`);
});

test('after another name there is nothing to name again', async () => {
  const mine = board();
  mine.name(8, COPEPODA);
  await sent(mine, 2);
  await mine.undo();

  mine.name(8, COPEPODA);

  expect(mine.story.undone).toEqual([]);
});
