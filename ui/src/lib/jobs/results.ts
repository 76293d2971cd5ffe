import type { JobModel } from '$lib/api/types';
import { count } from '$lib/kit/format';

const ROWS: Record<string, string> = {
  Prediction: 'objects predicted',
  FileImport: 'lines read',
  SimpleImport: 'images read',
  Subset: 'objects taken',
};
const NAMES: Record<string, string> = {
  clusters: 'clusters',
  objects: 'objects',
  alone: 'alone',
  images: 'images',
  lines: 'lines written',
  measured: 'objects measured',
  examined: 'objects examined',
  doubt: 'look doubtful',
  outlier: 'lie far from their taxon',
};

/** The numbers that a job gives at its end, in words. */
export function told({ type, result }: JobModel): string[] {
  const names: Record<string, string> = { ...NAMES, rowcount: ROWS[type] ?? 'lines written' };
  // A summary counts its lines apart: clients of EcoTaxa read a rowcount of zero.
  if ('lines' in (result ?? {})) delete names['rowcount'];
  return Object.entries(result ?? {})
    .filter(([name, value]) => name in names && typeof value === 'number')
    .filter(([, value]) => value || !result?.['updated'])
    .map(([name, value]) => `${count(value as number)} ${names[name]}`);
}
