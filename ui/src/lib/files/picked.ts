export type Picked = { file: File; path: string };

/** Files of a file chooser; those of a folder with their path inside it. */
export function picked(list: FileList): Picked[] {
  return [...list].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/** Files that were dropped, folders opened all the way down. */
export async function dropped(items: DataTransferItemList): Promise<Picked[]> {
  const entries = [...items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  return (await Promise.all(entries.map((entry) => walk(entry)))).flat();
}

async function walk(entry: FileSystemEntry): Promise<Picked[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((done, failed) =>
      (entry as FileSystemFileEntry).file(done, failed),
    );
    return [{ file, path: entry.fullPath.replace(/^\//, '') }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Picked[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, failed) =>
      reader.readEntries(done, failed),
    );
    if (!some.length) return found;
    for (const child of some) for (const one of await walk(child)) found.push(one);
  }
}

/** What is common to all paths: the folder that was given. */
export function folderOf(files: readonly Picked[]): string {
  const [first] = files;
  const folder = first?.path.split('/')[0] ?? '';
  return files.every(({ path }) => path.startsWith(`${folder}/`)) ? folder : '';
}

/** Inside the folder that was given: its own name is not part of what it holds. */
export function inside(files: readonly Picked[]): Picked[] {
  const folder = folderOf(files);
  return folder
    ? files.map(({ file, path }) => ({ file, path: path.slice(folder.length + 1) }))
    : [...files];
}

/** What was given as what is sent: a file as it is, a folder as one. */
export function parcels(files: readonly Picked[]): { name: string; files: Picked[] }[] {
  const held = new Map<string, Picked[]>();
  for (const one of files) {
    const end = one.path.indexOf('/');
    const name = end < 0 ? one.path : `${one.path.slice(0, end)}.zip`;
    const others = held.get(name);
    if (others && end >= 0) others.push(one);
    else held.set(name, [one]);
  }
  return [...held].map(([name, some]) => ({ name, files: inside(some) }));
}
