import { address, ApiError, sentence } from '$lib/api/client';
import { zip } from './zip';

export type Picked = { file: File; path: string };

/** Files on their way to the server, with progress; XMLHttpRequest, since fetch tells none. */
export class Upload {
  doing = $state('');
  percent = $state(0);
  #request: XMLHttpRequest | null = null;

  /** Send one archive as it is, or files packed into one; gives its path among the user's files. */
  async send(files: readonly Picked[], name: string): Promise<string> {
    const [only] = files;
    const archive = files.length === 1 && only && /\.zip$/i.test(only.path);
    if (archive) return this.#one(only.file, only.path);
    this.doing = `Packing ${files.length.toLocaleString()} files`;
    const packed = await zip(
      files,
      (done) => (this.percent = Math.floor((100 * done) / files.length)),
    );
    return this.#one(packed, `${name}.zip`);
  }

  cancel(): void {
    this.#request?.abort();
  }

  #one(file: Blob, name: string): Promise<string> {
    this.doing = `Sending ${name}`;
    this.percent = 0;
    const body = new FormData();
    body.append('path', name);
    body.append('file', file, name);
    return new Promise((resolve, reject) => {
      const request = (this.#request = new XMLHttpRequest());
      request.open('POST', address('/user_files/'));
      request.upload.onprogress = ({ loaded, total }) =>
        (this.percent = Math.floor((100 * loaded) / Math.max(1, total)));
      request.onload = () => {
        if (request.status < 300) resolve((parsed(request) as string | null) ?? name);
        else
          reject(
            new ApiError(request.status, sentence(parsed(request)) ?? 'The file was refused.'),
          );
      };
      request.onerror = () => reject(new ApiError(0, 'The upload was interrupted.'));
      request.onabort = () => reject(new DOMException('Cancelled.', 'AbortError'));
      request.send(body);
    });
  }
}

function parsed(request: XMLHttpRequest): unknown {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return null;
  }
}

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
    for (const child of some) found.push(...(await walk(child)));
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
