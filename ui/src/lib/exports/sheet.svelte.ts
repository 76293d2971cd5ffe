import {
  exportBackup,
  exportSummary,
  exportTable,
  keepFormulae,
  keepRecast,
  project as readProject,
  recastOf as readRecast,
  searchProjects,
  tryFormulae,
  workspace,
} from '$lib/api/calls';
import type { ProjectModel, Recast, TaxonRow, TriedFormulae, Workspace } from '$lib/api/types';
import { Fetching } from '$lib/kit/fetching.svelte';
import { Taxa } from '$lib/taxonomy/taxa.svelte';
import * as options from './options';
import type { Choices, Kind, Quantity, Variable } from './options';
import { moved, movesOf, recastOf, type Moves } from './recast';

const SOON = 300; // milliseconds after the last key

/** The sheet on which an export is prepared. */
export class ExportSheet {
  readonly settings = new Fetching<ProjectModel>();
  readonly bench = new Fetching<Workspace>();
  readonly others = new Fetching<ProjectModel[]>();
  readonly tried = new Fetching<TriedFormulae>();
  readonly taxa = new Taxa();
  kind = $state<Kind>('general');
  choices = $state.raw<Choices>()!;
  moves = $state.raw<Moves>(new Map());
  #doc: Recast['doc'] = null;
  #soon: ReturnType<typeof setTimeout> | undefined;

  needed = $derived(options.needed(this.choices.quantities));
  manages = $derived(this.bench.value?.project.highest_right === 'Manage');
  edited = $derived(
    !!this.settings.value &&
      options.written(this.choices.formulae, this.settings.value.formulae) !==
        options.written(options.read(this.settings.value.formulae), this.settings.value.formulae),
  );
  /** The taxa that a summary would write, the frequent first. */
  rows = $derived(
    (this.bench.value?.taxa ?? [])
      .map((taxon) => ({ taxon, objects: total(taxon) }))
      .filter(({ taxon, objects }) => taxon.id > 0 && (objects || this.moves.has(taxon.id)))
      .sort((a, b) => b.objects - a.objects),
  );

  constructor(readonly project: number) {
    this.choices = options.usual(project);
    void this.#start();
  }

  choose(some: Partial<Choices>): void {
    this.choices = { ...this.choices, ...some };
  }

  toggle(quantity: Quantity, on: boolean): void {
    const all = options.QUANTITIES.map(({ value }) => value);
    const kept = all.filter((q) => (q === quantity ? on : this.choices.quantities.includes(q)));
    if (kept.length) this.choose({ quantities: kept });
  }

  write(name: Variable, text: string): void {
    this.choose({ formulae: { ...this.choices.formulae, [name]: text } });
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.try(), SOON);
  }

  try(): Promise<void> {
    const formulae = { ...this.choices.formulae };
    return this.tried.load(() => tryFormulae(this.project, formulae));
  }

  async keep(): Promise<void> {
    const text = options.written(this.choices.formulae, this.settings.value?.formulae ?? '');
    await keepFormulae(this.project, text);
    await this.settings.load(() => readProject(this.project));
  }

  /** Write a taxon as another, or leave it out; kept at once. */
  async move(from: number, to: number | null): Promise<void> {
    const next = moved(this.moves, from, to);
    await keepRecast(this.project, recastOf(next, this.#doc));
    this.moves = next;
  }

  async go(): Promise<number> {
    const wanted = options.filters(this.choices);
    const begun = await {
      general: () => exportTable(wanted, options.tables(this.choices)),
      backup: () => exportBackup({}, options.backup(this.choices)),
      summary: () => exportSummary(wanted, options.sums(this.choices)),
    }[this.kind]();
    if (begun.errors.length) throw new Error(begun.errors.join(' '));
    return begun.job_id;
  }

  async #start(): Promise<void> {
    void this.others.load(async () =>
      (await searchProjects()).filter(({ projid }) => projid !== this.project),
    );
    await Promise.all([
      this.settings.load(() => readProject(this.project)),
      this.bench.load(() => workspace(this.project)),
    ]);
    if (this.settings.value) this.choose({ formulae: options.read(this.settings.value.formulae) });
    this.taxa.start(this.bench.value?.taxa ?? []);
    void this.try();
    const recast = await readRecast(this.project).catch(() => null);
    this.#doc = recast?.doc ?? null;
    this.moves = movesOf(recast);
    await this.taxa.loadWhole().catch(() => undefined);
  }
}

const total = ({ counts }: TaxonRow) => counts.V + counts.P + counts.D + counts.U;
