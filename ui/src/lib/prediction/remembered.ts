import type { LearningTaxon } from '$lib/api/types';
import type { Choices } from './plan';

/**
 * The choices of a project's last prediction, as EcoTaxa's pages write and read them: sorted lines
 * `key=value` with `baseproject`, `critvar`, `posttaxomapping` and `seltaxo`. The other keys are
 * ours: EcoTaxa's pages pass over them.
 */
export function toText(
  choices: Choices,
  features: readonly string[],
  taxa: readonly LearningTaxon[],
): string {
  const lines: Record<string, string | number | null> = {
    baseproject: choices.sources.join(','),
    critvar: features
      .filter((name) => !choices.ignored.has(name))
      .map(bare)
      .join(','),
    posttaxomapping: [...choices.learntAs].map(([from, as]) => `${from}:${as}`).join(','),
    seltaxo: taxa
      .filter(({ id }) => !choices.without.has(id))
      .map(({ id }) => id)
      .join(','),
    lefttaxo: [...choices.without].join(','),
    classifier: choices.classifier,
    deep: choices.deep ? 'Y' : 'N',
    limit: choices.limit,
    risk: choices.risk,
    unlike: choices.unlike,
  };
  return Object.entries(lines)
    .map(([key, value]) => `${key}=${value ?? ''}`)
    .sort()
    .join('\n');
}

/** What a text says; what it does not say, or says in a way that means nothing, stays as it is. */
export function fromText(text: string, features: readonly string[]): Partial<Choices> {
  const told = new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const at = line.indexOf('=');
      return at > 0 ? [[line.slice(0, at).trim(), line.slice(at + 1).trim()] as const] : [];
    }),
  );
  const found: Partial<Choices> = {};
  const sources = ids(told.get('baseproject'));
  if (sources.length) found.sources = sources;
  const used = told.get('critvar')?.split(',').filter(Boolean) ?? [];
  if (used.length) found.ignored = new Set(features.filter((name) => !used.includes(bare(name))));
  const pairs = (told.get('posttaxomapping') ?? '').split(',').map((pair) => ids(pair, ':'));
  const learntAs = pairs.filter((pair): pair is [number, number] => pair.length === 2);
  if (learntAs.length) found.learntAs = new Map(learntAs);
  const classifier = told.get('classifier');
  if (classifier === 'linear' || classifier === 'forest') found.classifier = classifier;
  if (told.has('deep')) found.deep = told.get('deep') !== 'N';
  if (told.has('limit')) found.limit = number(told.get('limit'));
  found.risk = number(told.get('risk'));
  found.unlike = number(told.get('unlike'));
  return found;
}

/** The taxa that a text leaves out, of those found: ours says so, EcoTaxa's says which it takes. */
export function leftOut(text: string, taxa: readonly LearningTaxon[]): Set<number> {
  const line = (key: string) => text.match(new RegExp(`^${key}=(.*)$`, 'm'))?.[1];
  const left = line('lefttaxo');
  if (left !== undefined) return new Set(ids(left));
  const taken = ids(line('seltaxo'));
  if (!taken.length) return new Set();
  return new Set(taxa.map(({ id }) => id).filter((id) => !taken.includes(id)));
}

const bare = (name: string) => name.replace(/^\w+\./, '');
const ids = (text = '', between = ',') =>
  text
    .split(between)
    .map(Number)
    .filter((id) => Number.isInteger(id) && id > 0);

function number(text = ''): number | null {
  const value = Number(text);
  return text && value > 0 ? value : null;
}
