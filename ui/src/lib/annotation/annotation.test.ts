import { describe, expect, it } from 'vitest';
import { moves, plan, show, tell } from './edits';
import { answer, COPEPODA, DETRITUS, objects } from './given';
import { acknowledge, claimed, enqueue, patience, without, type Entry, type Queue } from './queue';
import { BLANK, did, doAgain, forget, numbered, takeBack } from './undo';

describe('an act', () => {
  it('leaves out what would not change', () => {
    const edit = plan(objects(), [0, 1, 2, 3], { operation: 'validate' });
    expect(edit.objects).toEqual([11, 14]);
    expect(edit.versions).toEqual([7, 9]);
    expect(edit.skipped).toBe(2);
  });

  it('gives a taxon to all, the unidentified too', () => {
    const edit = plan(objects(), [0, 1, 2], { operation: 'classify', taxon: DETRITUS });
    expect(edit.objects).toEqual([11, 13]);
    expect(tell(edit, () => 'detritus')).toBe('2 validated as detritus');
  });

  it('can be shown and taken back, score and all', () => {
    const columns = objects();
    const edit = plan(columns, [0], { operation: 'classify', taxon: DETRITUS });
    show(columns, edit, 'after');
    expect(columns.identity(0)).toMatchObject({ taxon: DETRITUS, state: 'V' });
    show(columns, edit, 'before');
    expect(columns.identity(0)).toEqual({ taxon: COPEPODA, state: 'P', score: 0.5, version: 7 });
  });

  it('goes back to what the model said', () => {
    const columns = objects();
    show(columns, plan(columns, [0], { operation: 'classify', taxon: DETRITUS }), 'after');
    const back = plan(columns, [0, 2], { operation: 'unvalidate' });
    expect(back.objects).toEqual([11]);
    expect(back.after).toEqual({ taxa: [COPEPODA], states: ['P'], scores: [0.5] });
  });

  it('moves the counts', () => {
    const edit = plan(objects(), [0, 2], { operation: 'classify', taxon: DETRITUS });
    expect(moves(edit)).toEqual(
      new Map([
        [COPEPODA, { P: -1 }],
        [DETRITUS, { V: 2 }],
        [-1, { U: -1 }],
      ]),
    );
  });
});

const batch = (key: string, at: number, ids: number[], versions: number[]): Entry => ({
  key,
  project: 1,
  at,
  text: key,
  kind: 'batch',
  request: { client_key: key, operation: 'validate', objects: ids, versions },
});

describe('the queue', () => {
  it('keeps the order in which things were done', () => {
    const queue = enqueue(enqueue([], batch('b', 2, [2], [0])), batch('a', 1, [1], [0]));
    expect(queue.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('expects what an answered batch made', () => {
    const undo: Entry = {
      key: 'u',
      project: 1,
      at: 3,
      text: '',
      kind: 'undo',
      of: 'a',
      batch: null,
    };
    const queue: Queue = [batch('a', 1, [1, 2], [0, 0]), batch('b', 2, [2, 3], [0, 4]), undo];
    const rest = acknowledge(
      queue,
      'a',
      answer({ batch_id: 50, object_ids: [1, 2], versions: [50, 50] }),
    );
    expect(rest).toHaveLength(2);
    expect(rest[0]).toMatchObject({ request: { objects: [2, 3], versions: [50, 4] } });
    expect(rest[1]).toMatchObject({ batch: 50 });
  });

  it('sends the rest anew when others were first', () => {
    const entry = batch('a', 1, [1, 2, 3], [5, 6, 7]);
    expect(without(entry, [2], 'new')).toMatchObject({
      key: 'new',
      request: { client_key: 'new', objects: [1, 3], versions: [5, 7] },
    });
    expect(without(entry, [1, 2, 3], 'new')).toBeNull();
  });

  it('knows which objects it speaks for', () => {
    expect(claimed([batch('a', 1, [1, 2], []), batch('b', 2, [2, 3], [])])).toEqual(
      new Set([1, 2, 3]),
    );
  });

  it('waits longer after each failure, and never long', () => {
    expect([1, 2, 3, 20].map(patience)).toEqual([500, 1000, 2000, 30_000]);
  });
});

describe('the story', () => {
  const deed = { key: 'a', batch: null, text: '3 validated', edit: null };

  it('is taken back and done again', () => {
    const [back, undone] = takeBack(numbered(did(BLANK, deed), 'a', 41), 'u')!;
    expect(back.batch).toBe(41);
    expect(undone.done).toEqual([]);
    const [again, redone] = doAgain(numbered(undone, 'u', 42), 'r')!;
    expect(again.batch).toBe(42);
    expect(redone.done.map(({ key }) => key)).toEqual(['r']);
  });

  it('forgets what was undone once something new is done', () => {
    const [, undone] = takeBack(did(BLANK, deed), 'u')!;
    expect(did(undone, { ...deed, key: 'b' }).undone).toEqual([]);
  });

  it('has no line for what the server refused', () => {
    expect(forget(did(BLANK, deed), 'a')).toEqual(BLANK);
    expect(takeBack(BLANK, 'u')).toBeNull();
  });
});
