import type { JobModel, JobState } from '$lib/api/types';
import { some } from '$lib/kit/format';

const KINDS: Record<string, string> = {
  FileImport: 'Import of a package',
  FolderImport: 'Import of a folder',
  SimpleImport: 'Import of images',
  Measure: 'Measuring of images',
  Features: 'Deep features',
  Prediction: 'Prediction',
  Report: 'Check of a learning set',
  Classifier: 'Classifier as a file',
  Audit: 'Audit',
  Clusters: 'Clusters',
  GeneralExport: 'Export',
  BackupExport: 'Backup',
  SummaryExport: 'Summary',
  GenExport: 'Export',
  Subset: 'Subset',
  DarwinCoreExport: 'Darwin Core Archive',
};

export const STATES: Record<JobState, { label: string; tone: string }> = {
  P: { label: 'Waiting', tone: 'quiet' },
  R: { label: 'Running', tone: 'busy' },
  A: { label: 'Has a question', tone: 'ask' },
  E: { label: 'Failed', tone: 'bad' },
  F: { label: 'Done', tone: 'good' },
};

export const kindOf = (job: JobModel) =>
  looks(job)
    ? `Check of ${job.type === 'SimpleImport' ? 'images' : 'a package'}`
    : (KINDS[job.type] ?? job.type);

/** Whether a job is to look only, and write nothing. */
export const looks = (job: JobModel) =>
  (job.params?.['req'] as Record<string, unknown> | undefined)?.['dry_run'] === true;
export const going = (job: JobModel) => job.state === 'P' || job.state === 'R';

/** How far a job is, in a few words; its state is told beside it, its errors below. */
export function progressOf(job: JobModel): string {
  if (job.state === 'F') return '';
  const all = Number(job.result?.['error_count'] ?? job.errors?.length ?? 0);
  if (job.state === 'E' && all) return `${some(all, 'error')}, nothing was written`;
  return job.progress_msg ?? '';
}

/** The project a job is about, from its order. */
export function projectOf(job: JobModel): number | null {
  const params = job.params ?? {};
  const request = (params['req'] ?? params['request'] ?? params) as Record<string, unknown>;
  for (const name of ['prj_id', 'project_id', 'projid'])
    for (const from of [params, request]) {
      const id = Number(from[name]);
      if (id > 0) return id;
    }
  return null;
}

/** The page that shows what a job found, for those that have one. */
export function pageOf(job: JobModel): { label: string; icon: string; path: string } | null {
  const project = projectOf(job);
  if (!project) return null;
  const path = `/projects/${project}`;
  if (job.type === 'Report')
    return { label: 'Read the report', icon: 'check', path: `${path}/predict/report/${job.id}` };
  if (job.type === 'Clusters')
    return { label: 'See the clusters', icon: 'clusters', path: `${path}/clusters` };
  if (job.type === 'Audit') return { label: 'See the audit', icon: 'audit', path: `${path}/audit` };
  return null;
}

/** Errors by file: those of a line of a table together, the rest by themselves. */
export function byFile(errors: readonly string[]): [string, string[]][] {
  const files = new Map<string, string[]>();
  for (const error of errors) {
    const found = /^(\[base\]|.+?\.(?:tsv|txt|zip|csv))(?:, |: ?)(.*)$/is.exec(error);
    const [file, rest] = found ? [found[1] ?? '', found[2] ?? ''] : ['', error];
    const name = file === '[base]' ? 'The package' : file.replace(/^\[base\]\//, '');
    files.set(name, [...(files.get(name) ?? []), rest || error]);
  }
  return [...files];
}

/** Whether a job leaves a file to fetch. */
export const leavesFile = (job: JobModel) =>
  job.state === 'F' && /(Export|^Classifier)$/.test(job.type);

// The catalogue of what may be wrong with a package, in short: docs/reference/import-errors.md.
const MISTAKES: Record<string, string> = {
  E1: 'header without underscore',
  E2: 'unknown header',
  E3: 'type of a new column',
  E4: 'too many columns',
  E5: 'missing id column',
  E6: 'not a number',
  E7: 'latitude',
  E8: 'longitude',
  E9: 'date',
  E10: 'time',
  E11: 'state',
  E12: 'surplus cells',
  E13: 'no object_id',
  E14: 'missing image',
  E15: 'unreadable image',
  E16: 'row twice',
  E17: 'loaded already',
  E18: 'state without taxon',
  E19: 'taxon without state',
  E20: 'acquisition in two samples',
  E21: 'unknown taxon',
  E22: 'nothing to load',
};

/** What is wrong with a package, by kind and how often, the most frequent first. */
export const kindsOf = (job: JobModel): [string, number][] =>
  Object.entries((job.result?.['error_kinds'] ?? {}) as Record<string, number>).map(
    ([kind, number]) => [MISTAKES[kind] ?? kind, number],
  );
