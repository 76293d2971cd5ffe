import { askReport, learningSet, predict, searchProjects, workspace } from '$lib/api/calls';
import type { LearningSet, LearningTaxon, ProjectModel, Workspace } from '$lib/api/types';
import { Fetching } from '$lib/kit/fetching.svelte';
import { NOTHING, sum } from '$lib/taxonomy/tree';
import { Taxa } from '$lib/taxonomy/taxa.svelte';
import { session } from '$lib/users/session.svelte';
import { measurements, request, usual, type Choices } from './plan';

/** The sheet on which a prediction is prepared: choices, and what they would learn from. */
export class PredictionSheet {
  readonly bench = new Fetching<Workspace>();
  readonly preview = new Fetching<LearningSet>();
  readonly others = new Fetching<ProjectModel[]>();
  readonly taxa = new Taxa();
  choices = $state.raw<Choices>()!;
  /** All taxa found, also those left out: the preview tells the ones that teach. */
  found = $state.raw<LearningTaxon[]>([]);
  #soon: ReturnType<typeof setTimeout> | undefined;

  counts = $derived(
    (this.bench.value?.taxa ?? []).reduce((all, { counts }) => sum(all, counts), NOTHING),
  );
  open = $derived(this.counts.P + this.counts.U);
  features = $derived(this.bench.value ? measurements(this.bench.value.project) : []);

  constructor(readonly project: number) {
    this.choices = usual(project);
    void this.#start();
    void this.others.load(async () =>
      (await searchProjects()).filter(({ projid, validated }) => projid !== project && validated),
    );
  }

  /** Choose something else; the preview follows. */
  choose(some: Partial<Choices>): void {
    this.choices = { ...this.choices, ...some };
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.look('sources' in some), 250);
  }

  async look(afresh = false): Promise<void> {
    const order = this.#request(afresh);
    await this.preview.load(() => learningSet(order));
    if (this.preview.value && (afresh || !this.choices.without.size))
      this.found = [...this.preview.value.taxa].sort((a, b) => b.found - a.found);
  }

  async go(): Promise<number> {
    const begun = await predict({}, this.#request());
    if (begun.errors?.length) throw new Error(begun.errors.join(' '));
    return begun.job_id;
  }

  /** Find out first how good it would be; nothing is written. */
  async check(): Promise<number> {
    return (await askReport(this.#request())).job_id;
  }

  used(taxon: number): LearningTaxon | undefined {
    return this.preview.value?.taxa.find(({ id }) => id === taxon);
  }

  #request(afresh = false) {
    return request(this.project, this.choices, this.features, afresh ? [] : this.found);
  }

  async #start(): Promise<void> {
    await this.bench.load(() => workspace(this.project));
    if (!this.bench.value) return;
    session.user ??= this.bench.value.me;
    this.taxa.start(this.bench.value.taxa);
    if (this.counts.V || this.choices.sources.length > 1) await this.look(true);
    await this.taxa.loadWhole().catch(() => undefined);
  }
}
