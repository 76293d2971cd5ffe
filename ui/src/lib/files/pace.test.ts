import { expect, it } from 'vitest';
import { aboutSeconds, Pace } from './pace';

it('tells the speed of the last seconds', () => {
  const pace = new Pace();
  expect(pace.of(0, 0)).toBe(0);
  expect(pace.of(500, 1000)).toBe(500);
  expect(pace.of(1500, 2000)).toBe(750);
  for (let second = 3; second < 20; second++) pace.of(1500 + 100 * (second - 2), second * 1000);
  expect(pace.of(3300, 20_000)).toBe(100);
});

it('says a time as one says it', () => {
  expect(aboutSeconds(3)).toBe('10 seconds');
  expect(aboutSeconds(61)).toBe('1 minute');
  expect(aboutSeconds(5400)).toBe('1.5 hours');
});
