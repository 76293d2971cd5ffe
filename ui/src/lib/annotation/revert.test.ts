import { describe, expect, it } from 'vitest';
import { bare, request, WHATEVER } from './revert';

const line = (to_state: string, objects: number) => ({
  taxon_id: 1,
  state: 'V',
  to_taxon_id: to_state === 'U' ? null : 2,
  to_state,
  to_annotator: null,
  earliest: null,
  latest: null,
  objects,
});

describe('a revert', () => {
  it('keeps to the filter on the screen', () => {
    expect(request({ taxo: '7' }, WHATEVER)).toEqual({ filters: { taxo: '7' }, target: null });
  });

  it('says whose, since when in UTC, and to whom', () => {
    const moment = new Date(Date.UTC(2026, 5, 21, 12, 30));
    const local = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
    const since = local.toISOString().slice(0, 16);
    expect(request({}, { whose: 3, since, target: 4 })).toEqual({
      filters: { filt_last_annot: '3', validfromdate: '2026-06-21 12:30' },
      target: 4,
    });
  });

  it('takes no notice of a moment that is none', () => {
    expect(request({}, { ...WHATEVER, since: 'soon' }).filters).toEqual({});
  });

  it('tells how many become unidentified', () => {
    expect(bare([line('U', 2), line('P', 3), line('U', 1)])).toBe(3);
  });
});
