import { expect, it } from 'vitest';
import { kindOf, nameFor } from './plan';

it('knows a package by its tables', () => {
  expect(kindOf(['tow/ecotaxa_tow.tsv', 'tow/a.png'])).toBe('package');
  expect(kindOf(['tow.zip'])).toBe('package');
  expect(kindOf(['tow.tar.gz'])).toBe('package');
  expect(kindOf(['bins/D2022_IFCB134.adc', 'bins/D2022_IFCB134.roi'])).toBe('package');
  expect(kindOf(['run/run.lst', 'run/run_001.tif'])).toBe('package');
  expect(kindOf(['copepoda/a.png', 'detritus/b.jpg'])).toBe('images');
});

it('names what has no folder by the time', () => {
  expect(nameFor('tow', new Date())).toBe('tow');
  expect(nameFor('', new Date('2026-11-23T10:00:00Z'))).toBe('images 2026-11-23-10-00-00');
});
