import type { Free } from '$lib/api/types';

/** A bar of a round length that fits: 1, 2 or 5 times a power of ten. */
export function scaleBar(perPixel: number, most: number): { pixels: number; label: string } | null {
  if (!(perPixel > 0) || !(most > 0)) return null;
  const longest = perPixel * most;
  const power = 10 ** Math.floor(Math.log10(longest));
  const length = ([5, 2, 1].find((n) => n * power <= longest) ?? 1) * power;
  const label = length >= 1000 ? `${length / 1000} mm` : `${length} µm`;
  return { pixels: length / perPixel, label };
}

// Names under which instruments tell the size of a pixel, and what it is in micrometres.
const NAMES: [RegExp, number][] = [
  [/^(?:process_)?(?:particle_)?pixel_size_um$|^pixel_um$/i, 1],
  [/^(?:process_|acq_)?(?:particle_)?pixel_size_mm$|^(?:particle_)?pixel_size_mm$/i, 1000],
  [/^(?:acq_)?pixel$|^pixel_?size$/i, 1],
];

/** Micrometres a pixel, from the free columns of process or acquisition; null when they do not say. */
export function pixelSize(...levels: (Free | null | undefined)[]): number | null {
  for (const [name, factor] of NAMES)
    for (const level of levels)
      for (const [column, value] of Object.entries(level ?? {})) {
        const size = Number(value) * factor;
        if (name.test(column) && size > 0) return size < 1e-1 ? size * 1000 : size;
      }
  return null;
}
