import type { DirectoryEntry } from '$lib/api/types';

export type FileAct = 'rename' | 'remove' | 'restore';
export type Order = 'name' | 'bytes' | 'changed';

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** Entries as one reads them: folders first, then by what was asked for; the trash apart. */
export function inOrder(
  entries: readonly DirectoryEntry[],
  order: Order,
  down: boolean,
): DirectoryEntry[] {
  const compare = {
    name: (a: DirectoryEntry, b: DirectoryEntry) => byName.compare(a.name, b.name),
    bytes: (a: DirectoryEntry, b: DirectoryEntry) => a.bytes - b.bytes,
    changed: (a: DirectoryEntry, b: DirectoryEntry) =>
      (a.changed ?? '').localeCompare(b.changed ?? ''),
  }[order];
  return [...entries].sort(
    (a, b) => a.type.localeCompare(b.type) || (down ? -1 : 1) * compare(a, b) || 0,
  );
}

export const join = (folder: string, name: string) => (folder ? `${folder}/${name}` : name);

/** The folders on the way to a path, each with its own. */
export function steps(path: string): { name: string; path: string }[] {
  const names = path.split('/').filter(Boolean);
  return names.map((name, n) => ({ name, path: names.slice(0, n + 1).join('/') }));
}

/** What an import can read: folders, and archives. */
export const isPackage = ({ type, name }: Pick<DirectoryEntry, 'type' | 'name'>) =>
  type === 'D' || /\.(zip|tar|tgz|tar\.gz)$/i.test(name);
