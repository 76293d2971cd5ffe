// What the letters of taxa mean.
export const STATUS: Record<string, { label: string; tone: 'good' | 'warn' | 'bad' }> = {
  A: { label: 'Approved', tone: 'good' },
  N: { label: 'Not reviewed', tone: 'warn' },
  D: { label: 'Deprecated', tone: 'bad' },
};
export const KIND: Record<string, string> = {
  P: 'Phylogenetic',
  M: 'Morphological',
};
export const wormsPage = (aphia: number) =>
  `https://www.marinespecies.org/aphia.php?p=taxdetails&id=${aphia}`;
