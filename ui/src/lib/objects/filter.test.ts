import { describe, expect, it } from 'vitest';
import { EVERYTHING, fromSearch, narrows, toApi, toSearch, type Filter } from './filter';

const narrow: Filter = {
  ...EVERYTHING,
  taxon: 45,
  state: 'P',
  samples: [1_000_001, 1_000_002],
  least: 0.6,
  order: 'fre.area',
  grouped: false,
};

it('survives the address of the page', () => {
  expect(fromSearch(toSearch(narrow))).toEqual(narrow);
  expect(fromSearch(new URLSearchParams())).toEqual(EVERYTHING);
});

it('says nothing of what is usual', () => expect(toSearch(EVERYTHING).toString()).toBe(''));

describe('in the words of the API', () => {
  it('takes the children of a taxon along', () => {
    expect(toApi(narrow)).toEqual({
      taxo: '45',
      taxochild: 'Y',
      statusfilter: 'P',
      samples: '1000001,1000002',
      freenum: 'oscore',
      freenumst: '0.6',
    });
    expect(toApi({ ...narrow, children: false }).taxochild).toBeUndefined();
  });

  it('is nothing when everything is shown', () => {
    expect(narrows(EVERYTHING)).toBe(false);
    expect(narrows(narrow)).toBe(true);
  });
});

describe('what a link brings and no menu offers', () => {
  const deep: Filter = { ...EVERYTHING, state: 'V', other: { depthmin: '10', depthmax: '50' } };

  it('survives the address of the page, which knows no other words', () => {
    expect(fromSearch(toSearch(deep))).toEqual(deep);
    const search = new URLSearchParams('depthmin=10&depthmax=&zoom=100&MapN=44');
    expect(fromSearch(search).other).toEqual({ depthmin: '10', MapN: '44' });
  });

  it('narrows what is shown', () => {
    expect(toApi(deep)).toEqual({ statusfilter: 'V', depthmin: '10', depthmax: '50' });
    expect(narrows({ ...EVERYTHING, other: { month: '6' } })).toBe(true);
  });
});
