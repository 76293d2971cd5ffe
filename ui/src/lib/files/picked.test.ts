import { expect, it } from 'vitest';
import { folderOf, inside, parcels, type Picked } from './picked';

const at = (path: string): Picked => ({ file: { size: 1 } as File, path });

it('sends each folder as one zip, and each file as it is', () => {
  const given = [at('a.zip'), at('tow/x.png'), at('tow/deep/y.png'), at('leg/z.png'), at('b.tsv')];
  expect(parcels(given).map(({ name, files }) => [name, files.map(({ path }) => path)])).toEqual([
    ['a.zip', ['a.zip']],
    ['tow.zip', ['x.png', 'deep/y.png']],
    ['leg.zip', ['z.png']],
    ['b.tsv', ['b.tsv']],
  ]);
});

it('knows the folder that was given', () => {
  expect(folderOf([at('tow/a'), at('tow/b/c')])).toBe('tow');
  expect(folderOf([at('tow/a'), at('b')])).toBe('');
  expect(inside([at('tow/a'), at('tow/b/c')]).map(({ path }) => path)).toEqual(['a', 'b/c']);
});
