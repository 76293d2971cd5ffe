import { count } from '$lib/kit/format';

const NAMES: Record<string, string> = {
  rowcount: 'lines read',
  nb_images: 'images loaded',
  objects: 'objects',
  images: 'images',
  predicted: 'objects predicted',
  learnt: 'objects learnt from',
};

/** The numbers that a job gives at its end, in words. */
export function told(result: Record<string, unknown> | null): string[] {
  return Object.entries(result ?? {})
    .filter(([name, value]) => name in NAMES && typeof value === 'number')
    .map(([name, value]) => `${count(value as number)} ${NAMES[name]}`);
}
