import { parcels, type Picked } from './picked';
import { Sending } from './sending.svelte';

const AT_ONCE = 2;

/** All uploads of this window: they go on while one looks at other pages. */
class Uploads {
  list = $state.raw<Sending[]>([]);
  arrived = $state(0); // how many have come to an end: listings are then old
  readonly active = $derived(
    this.list.filter(({ state }) => state === 'sending' || state === 'waiting'),
  );
  readonly percent = $derived.by(() => {
    const size = this.active.reduce((sum, one) => sum + one.size, 0);
    const sent = this.active.reduce((sum, one) => sum + one.sent, 0);
    return Math.floor((100 * sent) / Math.max(1, size));
  });

  /** Send what was given: files as they are, each folder as one zip. */
  add(files: readonly Picked[], folder: string): void {
    const made = parcels(files).map((parcel) => new Sending({ ...parcel, folder }));
    const fresh = made.filter((one) => !this.#takeUp(one));
    const paths = new Set(fresh.map(({ path }) => path));
    this.list = [...this.list.filter((old) => !paths.has(old.path) || going(old)), ...fresh];
    this.#next();
  }

  /** Whether the very same is on its way already; it goes on if it was paused. */
  #takeUp(one: Sending): boolean {
    const same = this.list.find(
      (old) => old.path === one.path && old.fingerprint === one.fingerprint && old.state !== 'done',
    );
    if (same && !going(same)) same.state = 'waiting';
    return same !== undefined;
  }

  resume(one: Sending): void {
    one.state = 'waiting';
    this.#next();
  }

  drop(one: Sending): void {
    this.list = this.list.filter((other) => other !== one);
    this.#next();
  }

  clear(): void {
    this.list = this.list.filter(({ state }) => state !== 'done');
  }

  #next(): void {
    const sending = this.list.filter(({ state }) => state === 'sending').length;
    const waiting = this.list.filter(({ state }) => state === 'waiting');
    for (const one of waiting.slice(0, Math.max(0, AT_ONCE - sending)))
      void one.start().then((state) => {
        if (state === 'done') this.arrived += 1;
        this.#next();
      });
  }
}

const going = ({ state }: Sending) => state === 'sending' || state === 'waiting';

export const uploads = new Uploads();

/** A page that is left in the middle says so. */
export function warn(event: BeforeUnloadEvent): void {
  if (uploads.active.length) event.preventDefault();
}
