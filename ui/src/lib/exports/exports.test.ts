import { describe, expect, it } from 'vitest';
import * as options from './options';
import { digits, OTHERS, parse, plot, unitName } from './plot';
import { moved, movesOf, recastOf } from './recast';

describe('the choices of an export', () => {
  it('sends the formulae that its quantities need, and no blank ones', () => {
    const formulae = {
      subsample_coef: ' 0.5 ',
      total_water_volume: '',
      individual_volume: 'obj.vol',
    };
    const usual = options.usual(7);
    const of = (quantities: options.Quantity[]) =>
      options.sums({ ...usual, quantities, formulae }).formulae;

    expect(of(['abundance'])).toEqual({});
    expect(of(['concentration'])).toEqual({ subsample_coef: '0.5' });
    expect(of(['biovolume'])).toEqual({ subsample_coef: '0.5', individual_volume: 'obj.vol' });
  });

  it('asks for no image with identifications alone', () => {
    const choices = { ...options.usual(7), images: 'all', content: 'annotations' } as const;

    expect(options.tables({ ...choices, projects: [7, 9] })).toMatchObject({
      project_id: '7,9',
      with_images: 'none',
      only_annotations: true,
    });
  });

  it('reads formulae, and writes them with what else the text says', () => {
    const text = 'subsample_coef: 1/ssm.sub_part\nother: 3\nindividual_volume:';
    const read = options.read(text);

    expect(read).toEqual({
      subsample_coef: '1/ssm.sub_part',
      total_water_volume: '',
      individual_volume: '',
    });
    expect(options.written({ ...read, total_water_volume: '2' }, text)).toBe(
      'subsample_coef: 1/ssm.sub_part\ntotal_water_volume: 2\nother: 3',
    );
  });
});

describe('a recast', () => {
  it('forgets a taxon that goes back to itself', () => {
    const moves = movesOf({
      from_to: { '3': 4, '5': 0, '6': 6 },
      doc: { '3': 'old', '9': 'gone' },
    });

    expect([...moves]).toEqual([
      [3, 4],
      [5, null],
    ]);
    expect(recastOf(moved(moves, 5, 5), { '3': 'old', '9': 'gone' })).toEqual({
      from_to: { '3': 4 },
      doc: { '3': 'old' },
    });
  });
});

describe('the picture of a summary', () => {
  const text =
    'sampleid\tstatus\ttaxonid\tcount\tconcentration\n' +
    's1\tV\tCopepoda\t3\t0.06\ns1\tP\tdetritus\t1\tnan\n"s ""2"""\t\t\t2\t0.5\n';

  it('says of samples and acquisitions that nobody named that they have no name', () => {
    expect(unitName('s1 · __DUMMY_ID__1000001__')).toBe('s1 · Unnamed acquisition');
    expect(unitName('__DUMMY_ID__7__')).toBe('Unnamed sample');
    expect(unitName('')).toBe('');
  });

  it('stacks taxa by sample, the frequent first', () => {
    const { quantities, lines } = parse(text);

    expect(quantities).toEqual(['count', 'concentration']);
    expect(plot(lines.get('count')!)).toEqual({
      taxa: ['Copepoda', 'unidentified', 'detritus'],
      stacks: [
        { unit: 's1', total: 4, parts: [3, 0, 1] },
        { unit: 's "2"', total: 2, parts: [0, 2, 0] },
      ],
      most: 4,
      missing: 0,
    });
    expect(plot(lines.get('concentration')!).missing).toBe(1);
    expect(plot(lines.get('count')!, 'V').taxa).toEqual(['Copepoda']);
  });

  it('puts rare taxa together', () => {
    const lines = Array.from({ length: 12 }, (_, i) => ({
      unit: 's', state: 'V', taxon: `t${i}`, value: 12 - i,
    })); // prettier-ignore
    const { taxa, stacks } = plot(lines);

    expect(taxa).toHaveLength(10);
    expect(taxa.at(-1)).toBe(OTHERS);
    expect(stacks[0]!.parts.at(-1)).toBe(3 + 2 + 1);
  });

  it('has nothing to show of another table', () => {
    expect(parse('display_name\tnbr\nCopepoda\t3\n').quantities).toEqual([]);
  });

  it('writes numbers short', () => {
    expect([null, NaN, 0, 0.06, 2.1e-7].map(digits)).toEqual(['–', '–', '0', '0.06', '2.100e-7']);
  });
});

it('proposes the usual formula in the words of the project', () => {
  const usual = 'obj.area*ssm.pixel_size**2';
  expect(options.inWordsOf(usual, ['particle_pixel_size_mm'])).toBe(
    'obj.area*ssm.particle_pixel_size_mm**2',
  );
  expect(options.inWordsOf(usual, ['particle_pixel_size_mm', 'pixel_size'])).toBe(usual);
  expect(options.inWordsOf(usual, ['pixel', 'pixel_size_um'])).toBe(usual);
});
