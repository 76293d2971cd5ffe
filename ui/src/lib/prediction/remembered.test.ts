import { expect, it } from 'vitest';
import { usual } from './plan';
import { fromText, leftOut, toText } from './remembered';

const taxa = [3, 4, 5].map((id) => ({
  id,
  display_name: 'a',
  found: 5,
  used: 5,
  learnt_as: id,
  lineage: [],
}));
const features = ['fre.area', 'fre.mean', 'fre.void'];

it('writes the lines that EcoTaxa reads, sorted', () => {
  const choices = {
    ...usual(7),
    sources: [7, 12],
    ignored: new Set(['fre.void']),
    without: new Set([4]),
    learntAs: new Map([[5, 3]]),
  };

  const lines = toText(choices, features, taxa).split('\n');

  expect(lines).toEqual([...lines].sort());
  for (const line of [
    'baseproject=7,12',
    'critvar=area,mean',
    'posttaxomapping=5:3',
    'seltaxo=3,5',
  ])
    expect(lines).toContain(line);
});

it('reads back what it wrote', () => {
  const choices = {
    ...usual(7),
    sources: [12],
    ignored: new Set(['fre.mean']),
    without: new Set([4]),
    learntAs: new Map([[5, 3]]),
    classifier: 'forest' as const,
    deep: false,
    limit: null,
    risk: 2.5,
    unlike: 5,
  };

  const text = toText(choices, features, taxa);

  expect({ ...usual(7), ...fromText(text, features), without: leftOut(text, taxa) }).toEqual(
    choices,
  );
});

it("reads what EcoTaxa's pages wrote", () => {
  const text = 'baseproject=3,4\ncritvar=area,mean\nposttaxomapping=\nseltaxo=3,5';

  expect(fromText(text, features)).toMatchObject({
    sources: [3, 4],
    ignored: new Set(['fre.void']),
  });
  expect(leftOut(text, taxa)).toEqual(new Set([4]));
});

it('a taxon that is new since our last prediction is learnt', () => {
  const text = toText(usual(7), features, taxa.slice(0, 2));

  expect(leftOut(text, taxa)).toEqual(new Set());
});

it.each(['', 'nonsense', 'baseproject=x\ncritvar=\nposttaxomapping=1:x,2\nrisk=much', '=3'])(
  'bears what means nothing: %s',
  (text) => {
    expect(fromText(text, features)).toEqual({ risk: null, unlike: null });
    expect(leftOut(text, taxa)).toEqual(new Set());
  },
);
