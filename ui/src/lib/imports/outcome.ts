import type { JobModel } from '$lib/api/types';
import { count } from '$lib/kit/format';
import { questionOf, type Question } from './answers';

type Fate = 'created' | 'changed' | 'unchanged' | 'unknown';
type Level = Partial<Record<Fate, number>>;
type Erased = { file: string; line: number; of: string; column: string; value: string };

/** What an import did, or would do. */
export type Outcome = {
  rows: number;
  tables: string[];
  levels: Record<string, Level>;
  new_columns: string[];
  skipped_rows: number;
  erased: { cells: number; columns: Record<string, number>; examples: Erased[] };
  question: Question | null;
  problems: Record<string, number>;
};

const NAMES: Record<string, string> = {
  object: 'Objects',
  identification: 'Identifications',
  sample: 'Samples',
  acquisition: 'Acquisitions',
  process: 'Processes',
  image: 'Images',
};
export const FATES: { fate: Fate; label: string; hint: string }[] = [
  { fate: 'created', label: 'New', hint: 'The project does not have them yet' },
  { fate: 'changed', label: 'Changed', hint: 'Some of their values differ' },
  { fate: 'unchanged', label: 'Unchanged', hint: 'The tables say what the project has' },
  { fate: 'unknown', label: 'Not in the project', hint: 'An update passes them over' },
];

/** What a job says of its import, if it says anything. */
export function outcomeOf(job: JobModel): Outcome | null {
  const told = job.result?.['outcome'] as Outcome | undefined;
  return told ? { ...told, question: told.question ? questionOf(told.question) : null } : null;
}

/** Whether a job only looked. */
export const isPreview = (job: JobModel) => job.result?.['dry_run'] === true;

/** The levels there is something to say of, with their fates in order; a dash where there is none. */
export function lines({ levels }: Outcome): { level: string; name: string; cells: string[] }[] {
  const fates = columns(levels);
  return Object.keys(NAMES)
    .filter((level) => fates.some((fate) => levels[level]?.[fate]))
    .map((level) => ({
      level,
      name: NAMES[level] ?? level,
      cells: fates.map((fate) => {
        const number = levels[level]?.[fate];
        return number ? count(number) : '–';
      }),
    }));
}

/** The fates that any level has. */
export const columns = (levels: Outcome['levels']): Fate[] =>
  FATES.map(({ fate }) => fate).filter((fate) =>
    Object.values(levels).some((level) => level[fate]),
  );
