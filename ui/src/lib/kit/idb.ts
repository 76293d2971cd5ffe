// Key and value in IndexedDB. What can't be kept (a private window) is forgotten, and nothing fails.

const NAME = 'calanus';
const STORES = ['queue', 'taxa'] as const;
export type StoreName = (typeof STORES)[number];

let opened: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () =>
      STORES.forEach((name) => request.result.createObjectStore(name));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB is closed to us.'));
  });
  return opened;
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB failed.'));
  });
}

export async function get<T>(store: StoreName, key: string): Promise<T | undefined> {
  try {
    const database = await open();
    return (await done(database.transaction(store).objectStore(store).get(key))) as T | undefined;
  } catch {
    return undefined;
  }
}

/** All values whose key begins so. */
export async function all<T>(store: StoreName, prefix: string): Promise<T[]> {
  try {
    const database = await open();
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    return (await done(database.transaction(store).objectStore(store).getAll(range))) as T[];
  } catch {
    return [];
  }
}

/** Whether it was kept; a written value is on disk when this returns. */
export const put = (store: StoreName, key: string, value: unknown) =>
  write(store, (objects) => objects.put(value, key));

export const remove = (store: StoreName, key: string) =>
  write(store, (objects) => objects.delete(key));

async function write(store: StoreName, act: (objects: IDBObjectStore) => void): Promise<boolean> {
  try {
    const database = await open();
    const transaction = database.transaction(store, 'readwrite', { durability: 'strict' });
    act(transaction.objectStore(store));
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = transaction.onerror = reject;
    });
    return true;
  } catch {
    return false;
  }
}
