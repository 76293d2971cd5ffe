import { expect, it } from 'vitest';
import { byField, filled, identified, NOTHING, unidentified } from './form';

it('sends what is said, and times with their seconds', () => {
  expect(filled({ ...NOTHING, latitude: ' 43.7 ', imgtime: '09:15', depthmin: ' ' })).toEqual({
    latitude: '43.7',
    imgtime: '09:15:00',
  });
  expect(filled({ ...NOTHING, imgtime: '09:15:07' })).toEqual({ imgtime: '09:15:07' });
});

it('puts each error beside its field', () => {
  const told = ['latitude: “97: north” is not a latitude.', 'colour: no field is called that.'];
  expect(byField(told)).toEqual({ latitude: '“97: north” is not a latitude.' });
});

it('gives a taxon by oneself, today, validated, unless told otherwise', () => {
  const now = new Date('2026-11-23T10:00:00Z');
  const all = { taxolb: '7', userlb: '3', datelb: '2026-11-23', status: 'V' };
  expect(identified(NOTHING, 7, 3, now)).toEqual({ ...NOTHING, ...all });
  const other = { ...NOTHING, ...all, userlb: '4', status: 'D', latitude: '1' };
  expect(identified(other, 8, 3, now)).toEqual({ ...other, taxolb: '8' });
  expect(unidentified(other)).toEqual({ ...NOTHING, latitude: '1' });
});
