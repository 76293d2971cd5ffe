import { collectionRecast, keepCollectionRecast, taxaOfProjects, wormsOf } from '$lib/api/calls';

export type Line = { taxon: number; validated: number; predicted: number };

/** As what each taxon of a collection is published. */
export class Recasting {
  lines = $state.raw<Line[]>([]);
  /** Taxon → what it is published as; null leaves it out, absent is not decided. */
  targets = $state.raw<Record<string, number | null>>({});
  proposed = $state.raw<Record<string, number>>({});
  kept = $state.raw<Record<string, number | null>>({});
  ready = $state(false);

  undecided = $derived(this.lines.filter(({ taxon }) => !(taxon in this.targets)));
  changed = $derived(JSON.stringify(this.targets) !== JSON.stringify(this.kept));

  constructor(readonly collection: number) {}

  async load(projects: readonly number[]): Promise<void> {
    const [stats, recast] = await Promise.all([
      taxaOfProjects(projects),
      collectionRecast(this.collection),
    ]);
    this.lines = counted(stats as Stat[]);
    this.proposed = await wormsOf(this.lines.map(({ taxon }) => taxon));
    this.kept = Object.fromEntries(
      Object.entries(recast?.from_to ?? {}).map(([taxon, to]) => [taxon, to || null]),
    );
    this.targets = this.kept;
    this.ready = true;
  }

  decide(taxon: number, target: number | null): void {
    this.targets = { ...this.targets, [taxon]: target };
  }

  /** What WoRMS knows them as, for all that is not decided; the others are left out. */
  accept(): void {
    const more = this.undecided.map(({ taxon }) => [taxon, this.proposed[taxon] ?? null]);
    this.targets = { ...this.targets, ...Object.fromEntries(more) };
  }

  async save(): Promise<void> {
    await keepCollectionRecast(this.collection, this.targets);
    this.kept = this.targets;
  }
}

type Stat = { used_taxa: number[]; nb_validated: number; nb_predicted: number };

/** Counts of all projects together, the most frequent first. */
export function counted(stats: readonly Stat[]): Line[] {
  const lines = new Map<number, Line>();
  for (const { used_taxa, nb_validated, nb_predicted } of stats) {
    const taxon = used_taxa[0] ?? -1;
    if (taxon < 0) continue;
    const line = lines.get(taxon) ?? { taxon, validated: 0, predicted: 0 };
    line.validated += nb_validated;
    line.predicted += nb_predicted;
    lines.set(taxon, line);
  }
  return [...lines.values()]
    .filter(({ validated, predicted }) => validated + predicted > 0)
    .sort((a, b) => b.validated - a.validated || b.predicted - a.predicted);
}
