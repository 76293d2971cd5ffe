import {
  createFolder,
  moveFile,
  removeFile,
  restoreFile,
  userFiles,
  userUploads,
} from '$lib/api/calls';
import type { Directory, DirectoryEntry, UnfinishedUpload } from '$lib/api/types';
import { Fetching } from '$lib/kit/fetching.svelte';
import { complain, toasts } from '$lib/kit/toasts.svelte';
import { join } from './listing';

/** One folder of a person's files, as it is looked at. */
export class Folder {
  path = $state('');
  listing = new Fetching<Directory>();
  unfinished = new Fetching<UnfinishedUpload[]>();
  readonly trash = $derived(this.listing.value?.trash ?? '');
  readonly inTrash = $derived(this.trash !== '' && this.path.split('/')[0] === this.trash);
  /** What it holds, the trash apart. */
  readonly entries = $derived(
    (this.listing.value?.entries ?? []).filter(({ name }) => this.path || name !== this.trash),
  );
  readonly thrown = $derived(
    this.path ? null : this.listing.value?.entries.find(({ name }) => name === this.trash),
  );

  look = async (): Promise<void> => {
    await Promise.all([
      this.listing.load(() => userFiles(this.path)),
      this.unfinished.load(userUploads),
    ]);
  };

  async open(path: string): Promise<void> {
    this.path = path;
    await this.look();
  }

  create = async (name: string): Promise<void> => {
    await createFolder(join(this.path, name));
    await this.look();
  };

  /** Another name, or another place: a path from the top. */
  async move(entry: DirectoryEntry, path: string): Promise<void> {
    const before = join(this.path, entry.name);
    if (path === before) return;
    await moveFile(before, path);
    await this.look();
  }

  async remove(entry: DirectoryEntry): Promise<void> {
    await this.#done(removeFile(join(this.path, entry.name)));
    if (!this.inTrash) toasts.say(`“${entry.name}” is in the trash.`);
  }

  async restore(entry: DirectoryEntry): Promise<void> {
    const path = await this.#done(restoreFile(join(this.path, entry.name)));
    if (path) toasts.say(`Back as “${path}”.`, { tone: 'good' });
  }

  empty = async (): Promise<void> => {
    await this.#done(removeFile(this.trash));
    await this.open('');
  };

  async #done<T>(asked: Promise<T>): Promise<T | undefined> {
    const answer = await asked.catch(complain);
    await this.look();
    return answer ?? undefined;
  }
}
