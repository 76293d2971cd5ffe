import type { LearningSet, LearningTaxon, PredictionReq, WorkspaceProject } from '$lib/api/types';

/** What a person chooses; everything has a good default. */
export type Choices = {
  sources: number[];
  limit: number | null;
  classifier: 'linear' | 'forest';
  deep: boolean;
  /** Taxa and features that are not to teach. */
  without: ReadonlySet<number>;
  ignored: ReadonlySet<string>;
  learntAs: ReadonlyMap<number, number>;
  /** Per cent of the names that may be wrong; none: always the likeliest taxon. */
  risk: number | null;
  /** Per cent of what looks like the learnt objects that may be set aside with what does not. */
  unlike: number | null;
};

export const usual = (project: number): Choices => ({
  sources: [project],
  limit: 5000,
  classifier: 'linear',
  deep: true,
  without: new Set(),
  ignored: new Set(),
  learntAs: new Map(),
  risk: null,
  unlike: null,
});

/** The project's own measurements: columns of numbers, by the names that the API gives them. */
export function measurements(project: WorkspaceProject): string[] {
  return Object.entries(project.obj_free_cols)
    .filter(([, column]) => column.startsWith('n'))
    .map(([name]) => `fre.${name}`);
}

/** The order to predict; `taxa` are those found, so that leaving one out can be said. */
export function request(
  project: number,
  choices: Choices,
  features: readonly string[],
  taxa: readonly LearningTaxon[],
): PredictionReq {
  const kept = taxa.filter(({ id }) => !choices.without.has(id)).map(({ id }) => id);
  return {
    project_id: project,
    source_project_ids: choices.sources,
    learning_limit: choices.limit,
    features: features.filter((name) => !choices.ignored.has(name)),
    categories: choices.without.size ? kept : [],
    use_scn: choices.deep,
    pre_mapping: Object.fromEntries(choices.learntAs),
    classifier: choices.classifier,
    seed: 0,
    risk: choices.risk,
    unlike: choices.unlike,
  };
}

/** The order to predict by a classifier that learns nothing here. */
export const byModel = (project: number, model: string): PredictionReq => ({
  ...request(project, { ...usual(project), sources: [] }, [], []),
  model,
});

type LearntAs = ReadonlyMap<number, number>;

/** Taxa that are too small learnt as what is suggested for them, the rest as before. */
export function joined(set: LearningSet, before: LearntAs): LearntAs {
  const after = new Map(before);
  for (const { id, learnt_as } of set.taxa) {
    const as = set.suggested[String(learnt_as)];
    if (as) after.set(id, as);
  }
  return after;
}

/** What another project learns as something else, of the taxa that are found here. */
export function copied(
  theirs: Readonly<Record<string, number>>,
  found: readonly LearningTaxon[],
): LearntAs {
  const pairs = found.map(({ id }) => [id, theirs[String(id)]] as const);
  return new Map(pairs.filter((pair): pair is [number, number] => pair[1] !== undefined));
}

/** How long something may take, as people say it of an estimate. */
export function lasting(seconds: number): string {
  if (seconds < 45) return 'less than a minute';
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return minutes < 2 ? 'about a minute' : `about ${minutes} minutes`;
  const hours = Math.round(seconds / 3600);
  return hours < 36 ? `about ${hours} hours` : `about ${Math.round(seconds / 86_400)} days`;
}
