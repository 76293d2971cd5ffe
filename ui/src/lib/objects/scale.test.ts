import { expect, it } from 'vitest';
import { pixelSize, scaleBar } from './scale';

it('draws bars of round lengths', () => {
  expect(scaleBar(10, 120)).toEqual({ pixels: 100, label: '1 mm' });
  expect(scaleBar(4.4, 100)).toMatchObject({ label: '200 µm' });
  expect(scaleBar(0, 100)).toBeNull();
});

it('knows the names that instruments give to the size of a pixel', () => {
  expect(pixelSize({ pixel_size_um: '66' })).toBe(66);
  expect(pixelSize(null, { particle_pixel_size_mm: 0.0106 })).toBeCloseTo(10.6);
  expect(pixelSize({ software: '1.2' })).toBeNull();
});
