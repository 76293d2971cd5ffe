/** What was given to import. */
export type Kind = 'package' | 'images';

// What an IFCB, a FlowCam and ZooProcess write beside their images.
const INSTRUMENTS = /\.(adc|roi|ctx|lst|pid)$/i;

/** A package has tables, or is what an instrument wrote; images alone are a folder whose subfolders may be taxa. */
export function kindOf(paths: readonly string[]): Kind {
  const plain = paths.filter((path) => !path.includes('__MACOSX'));
  if (plain.some((path) => /(^|\/)ecotaxa[^/]*\.(tsv|txt)$/i.test(path))) return 'package';
  // What an archive holds can't be seen from here: it is thought to be a package.
  if (plain.some((path) => /\.(zip|tar|tgz|tar\.gz|tsv)$/i.test(path))) return 'package';
  if (plain.some((path) => INSTRUMENTS.test(path))) return 'package';
  return 'images';
}

/** A name for files without a folder. */
export function nameFor(folder: string, now: Date): string {
  return folder || `images ${now.toISOString().slice(0, 19).replace(/[:T]/g, '-')}`;
}

/** Where new taxa are made unless told otherwise: Biota, the root of the tree. */
export const ROOT = 1;

/** How a folder of images is read; without a parent, unknown names are asked about. */
export type FolderChoices = { foldersAsTaxa: boolean; parent: number | null };

/** How a package meets what the project has: `update` is EcoTaxa's word for it. */
export type PackageChoices = {
  update: '' | 'Yes' | 'Cla';
  skipExisting: boolean;
  skipLoaded: boolean;
};
