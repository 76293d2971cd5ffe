import type { JobModel } from '$lib/api/types';

/** What a name means: the id of a taxon or a person, or another name for it. */
export type Meaning = number | string;
export type Answers = { taxa: Record<string, Meaning>; users: Record<string, Meaning> };
export type Kind = keyof Answers;

/** The names that an import cannot tell by itself. */
export type Question = {
  missing_taxa: string[];
  missing_users: string[];
  where?: Record<string, string[]>;
  several?: Record<string, number[]>;
  proposed?: Partial<Record<Kind, Record<string, number>>>;
};

/** The question of a job, with what helps to answer it. */
export const asks = (job: JobModel): Question => questionOf({ ...job.inside, ...job.question });

/** A question, or that of what a job would ask. */
export function questionOf(asked: JobModel['question'] | null | undefined): Question {
  const told = (asked ?? {}) as Partial<Question>;
  return {
    ...told,
    missing_taxa: told.missing_taxa ?? [],
    missing_users: told.missing_users ?? [],
  };
}

/** What was answered the last time, to begin with. */
export const proposed = (question: Question): Answers => ({
  taxa: { ...question.proposed?.taxa },
  users: { ...question.proposed?.users },
});

/** How many names are still open. */
export const open = (question: Question, answers: Answers): number =>
  question.missing_taxa.filter((name) => !answers.taxa[name]).length +
  question.missing_users.filter((name) => !answers.users[name]).length;

/** A file to fill in: every name, with what is known of it so far. */
export function fileOf(question: Question, answers: Answers): string {
  const filled = (names: string[], known: Record<string, Meaning>) =>
    Object.fromEntries(names.map((name) => [name, known[name] ?? null]));
  const file = {
    taxa: filled(question.missing_taxa, answers.taxa),
    users: filled(question.missing_users, answers.users),
    where: question.where ?? {},
  };
  return JSON.stringify(file, null, 2) + '\n';
}

/** Answers from a file, for the names that are asked for; the others are counted. */
export function fromFile(
  text: string,
  question: Question,
): { answers: Answers; used: number; unused: number } {
  let told: unknown;
  try {
    told = JSON.parse(text);
  } catch {
    throw new Error('This is not JSON: {"taxa": {"name": "a taxon or its id"}, "users": {…}}');
  }
  const answers: Answers = { taxa: {}, users: {} };
  const asked = { taxa: question.missing_taxa, users: question.missing_users };
  let unused = 0;
  for (const kind of ['taxa', 'users'] as const) {
    const given = (told as Partial<Record<Kind, unknown>> | null)?.[kind];
    if (!given || typeof given !== 'object') continue;
    for (const [written, meant] of Object.entries(given)) {
      const name = written.trim().toLowerCase();
      const says = typeof meant === 'number' || (typeof meant === 'string' && meant.trim());
      if (!says) continue;
      if (asked[kind].includes(name)) answers[kind][name] = meant as Meaning;
      else unused++;
    }
  }
  const used = Object.keys(answers.taxa).length + Object.keys(answers.users).length;
  return { answers, used, unused };
}
