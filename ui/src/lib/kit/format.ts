// Numbers, dates and sizes, in the language of the browser.

const whole = new Intl.NumberFormat();
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

export const count = (n: number) => whole.format(n);
export const short = (n: number) => (n < 10_000 ? whole.format(n) : compact.format(n));
export const some = (n: number, one: string, many = `${one}s`) =>
  `${count(n)} ${n === 1 ? one : many}`;

/** A share in percent; neither 0 nor 100 unless it is so. */
export function percent(part: number, total: number): string {
  if (!total || !part) return '0 %';
  if (part >= total) return '100 %';
  return `${Math.min(99, Math.max(1, Math.round((100 * part) / total)))} %`;
}

/** A score as people compare it: .97, cut and not rounded, so that only certainty says 1. */
export function score(value: number | null): string {
  if (value === null || Number.isNaN(value)) return '';
  if (value >= 1) return '1';
  return (Math.floor(value * 100 + 1e-9) / 100).toFixed(2).replace(/^0/, '');
}

/** Times on the wire are UTC and say nothing of it. */
export function instant(iso: string): Date {
  return new Date(/[zZ]|[+-]\d\d:?\d\d$/.test(iso) ? iso : `${iso}Z`);
}

export const date = (iso: string) => day.format(instant(iso));
export const time = (iso: string) => moment.format(instant(iso));

/** "5 minutes ago"; a date when it is more than a week. */
export function ago(iso: string, now = Date.now()): string {
  const seconds = (instant(iso).getTime() - now) / 1000;
  const steps = [
    ['second', 1, 45],
    ['minute', 60, 2700],
    ['hour', 3600, 79_200],
    ['day', 86_400, 604_800],
  ] as const;
  const step = steps.find(([, , most]) => Math.abs(seconds) < most);
  return step ? relative.format(Math.round(seconds / step[1]), step[0]) : date(iso);
}

export function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(3, Math.floor(Math.log10(Math.max(1, n)) / 3));
  return `${(n / 1000 ** power).toFixed(power > 1 ? 1 : 0)} ${units[power]}`;
}

/** A measurement, at a length that can be read. */
export function field(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–';
  if (typeof value !== 'number') return String(value);
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}
