import { cluster, clusters, counts, workspace } from '$lib/api/calls';
import type { Batch, ClusterObjects, SampleRow, WorkspaceProject } from '$lib/api/types';
import { kept } from '$lib/annotation/edits';
import { listen } from '$lib/annotation/events';
import { Outbox } from '$lib/annotation/outbox.svelte';
import type { Entry } from '$lib/annotation/queue';
import { BLANK, did, doAgain, forget, numbered, type Deed } from '$lib/annotation/undo';
import { count } from '$lib/kit/format';
import { complain, toasts } from '$lib/kit/toasts.svelte';
import { Taxa } from '$lib/taxonomy/taxa.svelte';
import { session } from '$lib/users/session.svelte';
import * as cards from './cards';
import { gesture, images, meant, said, type Card } from './cards';
import { Shelf } from './shelf.svelte';

export const ANNOTATE = 'annotate in this project';
const PAUSE = 700; // milliseconds, in which the acts of others are gathered

export type Found = { job: number; at: string; objects: number; alone: number };

/** The clusters of one project, and what one person names of them. */
export class Board {
  readonly taxa = new Taxa();
  readonly shelf: Shelf;
  readonly outbox: Outbox;
  project = $state.raw<WorkspaceProject>();
  samples = $state.raw<SampleRow[]>([]);
  error = $state.raw<Error>();
  /** Objects that nobody has identified, and predicted ones. */
  open = $state.raw({ U: 0, P: 0 });
  found = $state.raw<Found | null>();
  cards = $state.raw<Card[]>([]);
  story = $state.raw(BLANK);
  recent = $state.raw<number[]>([]);
  used = $state.raw<number[]>([]);
  /** The last thing that was done, to be read aloud. */
  said = $state('');
  #stop: () => void = () => undefined;
  #soon: ReturnType<typeof setTimeout> | undefined;
  #own = new Set<number>();
  /** Which reading of the clusters this is, and which cards were looked at in it. */
  #reading = 0;
  #looking = new Set<number>();
  /** Cards that were folded until that was undone, by the key of the undoing. */
  #undone = new Map<string, { card: number; named: cards.Naming }>();
  /** Acts are sent one after the other. */
  #turn = Promise.resolve();

  constructor(readonly id: number) {
    this.shelf = new Shelf(id);
    this.outbox = new Outbox(id, this);
  }

  // Opening -------------------------------------------------------------------------------------

  async start(): Promise<void> {
    try {
      const [bench] = await Promise.all([workspace(this.id), this.load()]);
      session.user ??= bench.me;
      this.taxa.start(bench.taxa);
      this.used = bench.taxa.filter(({ id, counts }) => id > 0 && counts.V).map(({ id }) => id);
      this.samples = bench.samples;
      this.project = bench.project;
      await this.outbox.restore();
      const look = () => this.refreshSoon();
      this.#stop = listen(this.id, bench.batch_id, { batch: (one) => this.#hear(one), job: look });
      await this.taxa.loadWhole();
    } catch (error) {
      this.error = error as Error;
      await session.find().catch(() => undefined);
    }
  }

  close(): void {
    this.#stop();
    clearTimeout(this.#soon);
    this.shelf.free();
  }

  get may(): boolean {
    return this.project?.can.includes(ANNOTATE) ?? false;
  }

  /** The clusters of the newest run; those of the same run keep their places. */
  async load(): Promise<void> {
    const reading = ++this.#reading;
    const [told, { taxa }] = await Promise.all([clusters(this.id), counts(this.id)]);
    if (reading !== this.#reading) return; // what was done since is not in it
    this.#looking.clear();
    const of = (state: 'U' | 'P') => taxa.reduce((n, one) => n + one[state], 0);
    this.open = { U: of('U'), P: of('P') };
    const same = this.found && told.job_id === this.found.job;
    if (this.found && !same) toasts.say('These are new clusters.');
    this.cards = same ? cards.refreshed(this.cards, told.clusters) : cards.cardsOf(told.clusters);
    const { job_id: job, made_at: at, objects, alone } = told;
    this.found = job && at ? { job, at, objects, alone } : null;
    this.shelf.again();
  }

  /** Look again at what is left, once it is quiet. */
  refreshSoon(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => {
      if (this.outbox.saved) void this.load().catch(() => undefined);
      else this.refreshSoon();
    }, PAUSE);
  }

  // Cards ---------------------------------------------------------------------------------------

  card(id: number | null): Card | undefined {
    return this.cards.find((card) => card.id === id);
  }

  change(id: number, how: (card: Card) => Card): void {
    this.cards = this.cards.map((card) => (card.id === id ? how(card) : card));
  }

  /** Show all images of a card, or some again. */
  async showAll(id: number, all = true): Promise<void> {
    if (!all) return this.change(id, (card) => ({ ...card, all: null }));
    const seen = this.card(id)?.seen ?? (await this.read(id).catch(complain));
    if (seen) this.change(id, (card) => cards.looked({ ...card, all: seen.object_ids }, seen));
  }

  /** A card came in sight: what is named of it is what it is now, or others were faster. */
  async look(id: number): Promise<void> {
    if (this.#looking.has(id)) return;
    this.#looking.add(id);
    const reading = this.#reading;
    const seen = await this.read(id).catch(() => null); // naming reads it again
    if (seen && reading === this.#reading && !this.card(id)?.named)
      this.change(id, (card) => cards.looked(card, seen));
  }

  /** @throws ApiError: the run is no longer the newest. */
  read(id: number): Promise<ClusterObjects> {
    return cluster(this.id, id, this.found?.job ?? 0);
  }

  // Naming --------------------------------------------------------------------------------------

  /** Validate what a card means as a taxon: at once on the screen, then on the server. */
  name(id: number, taxon: number): void {
    const card = this.card(id);
    if (!card || card.named || !meant(card) || !this.may) return;
    const key = crypto.randomUUID();
    const objects = meant(card);
    this.#reading++;
    this.taxa.include([taxon]);
    this.recent = [taxon, ...this.recent.filter((one) => one !== taxon)].slice(0, 12);
    const text = said(objects, this.taxa.nameOf(taxon));
    this.change(id, (one) => ({
      ...one,
      named: { key, taxon, objects, rest: one.left - objects, sent: false },
    }));
    this.story = did(this.story, { key, batch: null, text, edit: null });
    this.said = text;
    this.#turn = this.#turn.then(() => this.#send(card, key, taxon));
  }

  async #send({ id, seen }: Card, key: string, taxon: number): Promise<void> {
    try {
      const left = seen ?? (await this.read(id));
      const { object_ids: objects, versions } = gesture(left, this.card(id)?.out ?? new Set());
      if (!objects.length) throw new Error('Nothing of this cluster is left: others were faster.');
      const rest = left.object_ids.length - objects.length;
      this.#rename(key, { objects: objects.length, rest });
      const text = said(objects.length, this.taxa.nameOf(taxon));
      const asked = { client_key: key, operation: 'classify', state: 'V' } as const;
      this.outbox.add({
        key,
        project: this.id,
        at: Date.now(),
        text,
        kind: 'batch',
        request: { ...asked, taxon_id: taxon, objects, versions },
      });
    } catch (error) {
      this.#unfold(key);
      complain(error);
      this.refreshSoon();
    }
  }

  /** Take a naming back: the latest, or the one of this key. */
  async undo(key = this.story.done.at(-1)?.key): Promise<void> {
    if (!key) return toasts.say('There is nothing of yours to undo on this page.');
    await (this.#turn = this.#turn.then(() => {
      const deed = this.story.done.find((one) => one.key === key);
      if (!deed) return;
      const mine = crypto.randomUUID();
      const card = this.cards.find(({ named }) => named?.key === key);
      if (card?.named) this.#undone.set(mine, { card: card.id, named: card.named });
      this.#reverse(deed, mine, 'Undone');
      this.#unfold(key);
      this.story = {
        ...this.story,
        undone: [...this.story.undone, { ...deed, key: mine, batch: null }],
      };
    }));
  }

  /** Name again what was undone last; the card that it is about. */
  async redo(): Promise<number | undefined> {
    let folded: number | undefined;
    await (this.#turn = this.#turn.then(() => {
      const key = crypto.randomUUID();
      const again = doAgain(this.story, key);
      if (!again) return toasts.say('There is nothing to redo.');
      const [deed, story] = again;
      const was = this.#undone.get(deed.key);
      this.story = story;
      this.#reverse(deed, key, 'Done again');
      if (!was) return;
      folded = was.card;
      this.change(was.card, (card) => ({ ...card, named: { ...was.named, key, sent: false } }));
    }));
    return folded;
  }

  /** Send the undoing of a deed, which may be an undoing itself. */
  #reverse(deed: Deed, key: string, how: string): void {
    this.#reading++;
    this.said = `${how}: ${deed.text}`;
    const undo = { kind: 'undo' as const, of: deed.key, batch: deed.batch };
    this.outbox.add({ key, project: this.id, at: Date.now(), text: this.said, ...undo });
  }

  /** Show a card again, to name what was left out. */
  unfold(id: number): void {
    this.change(id, (card) => ({
      ...card,
      left: card.named?.rest ?? card.left,
      shown: images(card).filter((object) => card.out.has(object)),
      seen: null,
      all: null,
      out: new Set(),
      chosen: null,
      named: null,
    }));
    this.refreshSoon();
  }

  #unfold(key: string): void {
    this.story = forget(this.story, key);
    this.cards = this.cards.map((card) =>
      card.named?.key === key ? { ...card, named: null } : card,
    );
  }

  #rename(key: string, now: Partial<NonNullable<Card['named']>>): void {
    this.cards = this.cards.map((card) =>
      card.named?.key === key ? { ...card, named: { ...card.named, ...now } } : card,
    );
  }

  // Hearing: the answers of the server, and what others do ---------------------------------------

  done(entry: Entry, batch: Batch): void {
    this.#own.add(batch.batch_id);
    this.story = numbered(this.story, entry.key, batch.batch_id);
    this.#rename(entry.key, { sent: true });
    if (batch.conflicts.length)
      toasts.say(`${count(batch.conflicts.length)} were changed by others since, and stay so.`);
    this.refreshSoon();
  }

  conflict(entry: Entry, objects: number[], rest: Entry | null): void {
    const card = this.cards.find(({ named }) => named?.key === entry.key);
    if (rest && card?.named) {
      this.story = forget(this.story, entry.key);
      const now = { ...card.named, key: rest.key, objects: card.named.objects - objects.length };
      this.change(card.id, (one) => ({ ...one, named: now }));
      const text = said(now.objects, this.taxa.nameOf(now.taxon));
      this.story = did(this.story, { key: rest.key, batch: null, text, edit: null });
    } else this.#unfold(entry.key);
    toasts.say(kept(objects.length), { tone: 'bad' });
    this.refreshSoon();
  }

  refused(entry: Entry, error: Error): void {
    this.#unfold(entry.key);
    complain(error);
    this.refreshSoon();
  }

  #hear(batch: Batch): void {
    const own = batch.author.id === session.user?.id && !this.outbox.saved;
    if (own || this.#own.has(batch.batch_id)) return;
    this.refreshSoon();
  }
}
