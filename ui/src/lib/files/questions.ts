import type { DirectoryEntry } from '$lib/api/types';

/** What a person is asked before something happens to files. */
export type Question =
  | { about: 'create' }
  | { about: 'rename'; entry: DirectoryEntry }
  | { about: 'erase'; entry: DirectoryEntry }
  | { about: 'empty' }
  | { about: 'replace'; names: readonly string[]; send: () => void };
