import { workspace } from '$lib/api/calls';
import type {
  JobEvent,
  ProjectFilters,
  SampleRow,
  StateCounts,
  WorkspaceProject,
} from '$lib/api/types';
import { count } from '$lib/kit/format';
import { complain, toasts } from '$lib/kit/toasts.svelte';
import { EXCEPTION } from '$lib/objects/columns';
import { toApi, type Filter } from '$lib/objects/filter';
import { Grid } from '$lib/objects/grid.svelte';
import { awaits } from '$lib/objects/sections';
import { Thumbnails } from '$lib/objects/thumbnails.svelte';
import { ObjectView } from '$lib/objects/view.svelte';
import { size } from '$lib/taxonomy/tree';
import { Taxa } from '$lib/taxonomy/taxa.svelte';
import { session } from '$lib/users/session.svelte';
import { Counts } from './counts.svelte';
import { confirm } from './confirming';
import { moves, plan, show, tell, type Act, type Edit } from './edits';
import { listen } from './events';
import { Hearing } from './hearing';
import { Outbox } from './outbox.svelte';
import type { Entry } from './queue';
import { Memory } from './memory.svelte';
import { Learner } from './relearning.svelte';
import { Slots } from './slots.svelte';

/** Acts on more objects than this are asked about once. */
export const MANY = 5000;
export const ANNOTATE = 'annotate in this project';
export const IMPORT = 'import objects into this project';
export const PREDICT = 'predict in this project';
export const EDIT = "edit this project's data";
export const COMPARE = 'search for look-alikes in this project';

/** The bench at which one person sorts one project: what is shown, what is done, what is on its way. */
export class Workbench {
  readonly taxa = new Taxa();
  readonly counts = new Counts();
  readonly view: ObjectView;
  readonly thumbnails: Thumbnails;
  readonly grid: Grid;
  readonly outbox: Outbox;
  readonly hearing: Hearing;
  readonly slots: Slots;
  readonly memory: Memory;
  readonly learner: Learner;
  project = $state.raw<WorkspaceProject>();
  samples = $state.raw<SampleRow[]>([]);
  error = $state.raw<Error>();
  filter = $state.raw<Filter>()!;
  last = $state<number | null>(null);
  recent = $state.raw<number[]>([]);
  palette = $state<string | null>(null);
  helping = $state(false);
  reverting = $state(false);
  panel = $state(localStorage.getItem('panel') !== 'closed');
  doubtful = $state.raw<{ text: string; go: () => void } | null>(null);
  job = $state.raw<JobEvent | null>(null);
  /** Moves when something of the focused object may have changed on the server. */
  news = $state(0);
  guesses = $state.raw<number[]>([]);
  /** Where a changed filter goes: into the address of the page. */
  goTo: (filter: Filter) => void = () => undefined;
  #ranked = $state.raw<ReadonlyMap<number, StateCounts>>(new Map());
  #stop: () => void = () => undefined;

  constructor(readonly id: number) {
    this.view = new ObjectView(id);
    this.thumbnails = new Thumbnails(id);
    this.slots = new Slots(id, this);
    this.memory = new Memory(this);
    this.learner = new Learner(id);
    this.grid = new Grid(this.view, this.thumbnails, (taxon) => this.#rank(taxon));
    this.hearing = new Hearing(this);
    this.outbox = new Outbox(id, this.hearing);
  }

  // Opening -------------------------------------------------------------------------------------

  async open(filter: Filter): Promise<void> {
    const shown = this.show(filter);
    try {
      const bench = await workspace(this.id);
      session.user ??= bench.me;
      this.taxa.start(bench.taxa);
      this.counts.start(bench.taxa.map((row) => [row.id, row.counts] as const));
      this.#ranked = this.counts.confirmed;
      this.slots.settle();
      this.samples = bench.samples;
      this.project = bench.project;
      if (session.user) void this.learner.look();
      this.grid.ready = true;
      await shown; // what was read before a batch arrived must not hide it
      const left = await this.outbox.restore();
      left.forEach((entry) => this.#paint(entry));
      this.#stop = listen(this.id, Math.min(this.view.batch, bench.batch_id), {
        batch: (batch) => this.hearing.hear(batch),
        job: (job) => {
          if (!this.learner.hear(job)) this.job = job;
        },
      });
      await this.taxa.loadWhole();
    } catch (error) {
      this.error = error as Error;
      await session.find().catch(() => undefined); // to the door, for who is not signed in
    }
  }

  /** Show what matches a filter, with what is on its way painted over it. */
  async show(filter: Filter): Promise<void> {
    this.filter = filter;
    const field = filter.order.replace(/^-/, '');
    await this.view.open(filter, field.startsWith('fre.') ? [field] : []);
    if (this.filter !== filter) return; // another was asked for meanwhile
    this.#ranked = this.counts.confirmed;
    this.learner.refreshed = false;
    this.grid.reset(filter.grouped);
    for (const edit of this.hearing.edits.values()) show(this.view.columns, edit, 'after');
    this.view.touch();
  }

  /** Take the view again: what no longer matches goes, what now matches comes. */
  refresh(): void {
    void this.show(this.filter);
  }

  close(): void {
    this.#stop();
    this.view.close();
    this.thumbnails.free();
  }

  /** Show again what an earlier visit did and could not send. */
  #paint(entry: Entry): void {
    if (entry.kind === 'undo' || !entry.request.objects) return;
    if (!this.outbox.queue.some(({ key }) => key === entry.key)) return;
    const { operation, taxon_id: taxon, objects } = entry.request;
    const here = objects
      .map((id) => this.view.columns.placeOf(id))
      .filter((at) => at !== undefined);
    const edit = plan(this.view.columns, here, taxon ? { operation, taxon } : { operation });
    show(this.view.columns, edit, 'after');
    this.hearing.edits.set(entry.key, edit);
    this.counts.move(entry.key, moves(edit));
    this.view.touch();
  }

  may(act: string): boolean {
    return this.project?.can.includes(act) ?? false;
  }

  /** Sections come in the order of their size when they were opened, which then holds still. */
  #rank(taxon: number): number {
    const counts = this.#ranked.get(taxon || -1);
    return taxon === 0 ? 1 : -(counts ? size(counts) : 0);
  }

  // Acting --------------------------------------------------------------------------------------

  /** What an act is about: what is picked, else the tile in focus. */
  subject(): number[] {
    const { grid, view } = this;
    if (grid.count) return grid.selection.indices(view.loaded);
    const focused = grid.focused();
    return focused === null || focused >= view.loaded ? [] : [focused];
  }

  /** Do something to what is picked, at once on the screen. */
  act(act: Act): void {
    if (!this.may(ANNOTATE))
      return complain(new Error('You may look at this project, not annotate.'));
    const everything = this.grid.selection.exceptions && this.view.loaded < this.view.total;
    if (everything) this.#actByFilter(act);
    else this.actOn(this.subject(), act);
  }

  actOn(indices: readonly number[], act: Act): void {
    const confirmed = act.operation === 'validate' && confirm(this, indices);
    const edit = plan(this.view.columns, indices, act);
    if (confirmed && !edit.objects.length) return;
    if (!edit.objects.length) return this.#nothing(act, indices.length);
    if (edit.objects.length > MANY) {
      this.doubtful = {
        text: `${tell(edit, (id) => this.taxa.nameOf(id))}?`,
        go: () => this.#commit(edit),
      };
    } else this.#commit(edit);
  }

  assign(taxon: number): void {
    this.last = taxon;
    this.recent = [taxon, ...this.recent.filter((id) => id !== taxon)].slice(0, 12);
    this.taxa.include([taxon]);
    this.act({ operation: 'classify', taxon });
  }

  /** Validate what a section predicts, exceptions left out, and go on to the next. */
  validateSection(section: number): void {
    const open = this.openIn(section);
    if (!open.length) return this.grid.goToSection(1);
    this.actOn(open, { operation: 'validate' });
    if (!this.doubtful && section === this.grid.focusedSection()) this.grid.goToSection(1);
  }

  /** What Enter would validate in a section: what is predicted and not marked as an exception. */
  openIn(section: number): number[] {
    const { columns } = this.view;
    return this.grid.sectionIndices(section).filter((at) => awaits(columns, at));
  }

  markException(): void {
    const { columns } = this.view;
    for (const at of this.subject())
      columns.mark(at, columns.marks[at] === EXCEPTION ? 0 : EXCEPTION);
    this.view.touch();
    this.grid.changePicks((picked) => picked.clear());
  }

  /** Pick all exceptions, to name them in one go. */
  pickExceptions(): void {
    this.grid.changePicks((picked) => {
      picked.clear();
      picked.add(this.view.columns.leftOut);
    });
  }

  #nothing(act: Act, asked: number): void {
    if (!asked) toasts.say('Pick objects first: click them, or press Ctrl+A.');
    else if (act.operation === 'unvalidate') toasts.say('These were never decided by a person.');
    else if (act.operation === 'classify') toasts.say('They already are.');
    else toasts.say('Nothing to change: they have no taxon yet, or are so already.');
    this.grid.changePicks((picked) => picked.clear());
  }

  #commit(edit: Edit): void {
    this.doubtful = null;
    const key = crypto.randomUUID();
    const text = tell(edit, (id) => this.taxa.nameOf(id));
    show(this.view.columns, edit, 'after');
    this.hearing.edits.set(key, edit);
    this.counts.move(key, moves(edit));
    this.memory.did({ key, batch: null, text, edit });
    this.grid.changePicks((picked) => picked.clear());
    this.view.touch();
    this.outbox.add({
      key,
      project: this.id,
      at: Date.now(),
      text,
      kind: 'batch',
      request: request(key, edit),
    });
    toasts.say(text, { about: 'deed', act: { label: 'Undo', run: () => this.memory.undo(key) } });
  }

  /** All that match, though not all of it is here: the server finds them by the filter. */
  #actByFilter(act: Act): void {
    const except = [...(this.grid.selection.exceptions ?? [])].map(
      (at) => this.view.columns.ids[at]!,
    );
    const filters: ProjectFilters = toApi(this.filter);
    const n = this.view.total - except.length;
    const go = () => {
      this.doubtful = null;
      const key = crypto.randomUUID();
      const text = `${count(n)} ${act.operation === 'doubt' ? 'marked dubious' : 'changed'}`;
      const taxon = act.taxon ? { taxon_id: act.taxon } : {};
      const asked = {
        client_key: key,
        operation: act.operation,
        selection: { filters, except },
        ...taxon,
      };
      this.memory.did({ key, batch: null, text, edit: null });
      this.grid.changePicks((picked) => picked.clear());
      this.outbox.add({
        key,
        project: this.id,
        at: Date.now(),
        text,
        kind: 'batch',
        request: asked,
      });
      toasts.say(`${text}: on its way`, {
        about: 'deed',
        act: { label: 'Undo', run: () => this.memory.undo(key) },
      });
    };
    this.doubtful = { text: `${count(n)} objects, all that match the filter. Go on?`, go };
  }
}

function request(key: string, edit: Edit) {
  const { operation, objects, versions } = edit;
  // What they were seen as: a validation is of that, though it be predicted otherwise meanwhile.
  const seen = operation === 'validate' || operation === 'doubt' ? { taxa: edit.before.taxa } : {};
  const body = { client_key: key, operation, objects, versions, ...seen };
  return edit.taxon === null ? body : { ...body, taxon_id: edit.taxon, state: 'V' as const };
}
