import {
  askReport,
  learningSet,
  learningSources,
  learningTime,
  predict,
  project as findProject,
  rememberPrediction,
  unlikeObjects,
  workspace,
} from '$lib/api/calls';
import type {
  LearningSet,
  LearningSource,
  LearningSources,
  LearningTaxon,
  LearningTime,
  SourceSearch,
  Tray,
  Workspace,
} from '$lib/api/types';
import { Fetching } from '$lib/kit/fetching.svelte';
import { SvelteMap } from 'svelte/reactivity';
import { NOTHING, sum } from '$lib/taxonomy/tree';
import { Taxa } from '$lib/taxonomy/taxa.svelte';
import { session } from '$lib/users/session.svelte';
import { measurements, request, usual, type Choices } from './plan';
import { fromText, leftOut, toText } from './remembered';

/** The sheet on which a prediction is prepared: choices, and what they would learn from. */
export class PredictionSheet {
  readonly bench = new Fetching<Workspace>();
  readonly preview = new Fetching<LearningSet>();
  readonly others = new Fetching<LearningSources>();
  readonly time = new Fetching<LearningTime>();
  /** Other projects that were found or chosen. */
  readonly known = new SvelteMap<number, LearningSource>();
  readonly tray = new Fetching<Tray>();
  readonly taxa = new Taxa();
  choices = $state.raw<Choices>()!;
  /** All taxa found, also those left out: the preview tells the ones that teach. */
  found = $state.raw<LearningTaxon[]>([]);
  #soon: ReturnType<typeof setTimeout> | undefined;

  counts = $derived(
    (this.bench.value?.taxa ?? []).reduce((all, { counts }) => sum(all, counts), NOTHING),
  );
  open = $derived(this.counts.P + this.counts.U);
  measured = $derived(this.bench.value ? measurements(this.bench.value.project) : []);
  /** The chosen projects that lack a measurement, by its name. */
  lacking = $derived(
    new Map(
      this.measured.map((name) => [
        name,
        this.choices.sources
          .map((id) => this.known.get(id))
          .filter((source) => !!source?.lacking.includes(name))
          .map((source) => source!.title),
      ]),
    ),
  );
  /** Those that all chosen projects have: only they can be learnt from. */
  features = $derived(this.measured.filter((name) => !this.lacking.get(name)?.length));

  constructor(readonly project: number) {
    this.choices = usual(project);
    void this.tray.load(() => unlikeObjects(project));
    void this.find({});
    void this.#start();
  }

  /** Look for projects to learn from. */
  async find(wanted: SourceSearch): Promise<void> {
    await this.others.load(() => learningSources(this.project, { most: 12, ...wanted }));
    this.#know(this.others.value?.sources ?? []);
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
    void this.time.load(() => learningTime(order));
    if (this.preview.value && (afresh || !this.choices.without.size))
      this.found = [...this.preview.value.taxa].sort((a, b) => b.found - a.found);
  }

  async go(): Promise<number> {
    const begun = await predict({}, this.#request());
    const settings = toText(this.choices, this.features, this.found);
    await rememberPrediction(this.project, settings).catch(() => undefined);
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

  #know(sources: readonly LearningSource[]): void {
    for (const source of sources) this.known.set(source.projid, source);
  }

  /** Choose as for the last prediction; a project that is gone, or hidden by now, is passed over. */
  async #remember(settings: string): Promise<void> {
    const last = fromText(settings, this.measured);
    const others = last.sources?.filter((id) => id !== this.project) ?? [];
    if (others.length) {
      const found = await learningSources(this.project, { ids: others.join(',') });
      this.#know(found.sources.filter(({ validated }) => validated));
    }
    const sources = last.sources?.filter((id) => id === this.project || this.known.has(id)) ?? [];
    if (sources.length) last.sources = sources;
    else delete last.sources;
    this.choices = { ...this.choices, ...last };
  }

  async #start(): Promise<void> {
    await this.bench.load(() => workspace(this.project));
    if (!this.bench.value) return;
    session.user ??= this.bench.value.me;
    this.taxa.start(this.bench.value.taxa);
    const last = await findProject(this.project).catch(() => null);
    const settings = last?.classifsettings ?? '';
    await this.#remember(settings);
    if (this.counts.V || this.choices.sources.some((id) => id !== this.project))
      await this.look(true);
    const without = leftOut(settings, this.found);
    if (without.size) this.choose({ without });
    await this.taxa.loadWhole().catch(() => undefined);
  }
}
