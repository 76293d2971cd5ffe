import type { JobModel, JobState } from '$lib/api/types';

const KINDS: Record<string, string> = {
  FileImport: 'Import of a package',
  FolderImport: 'Import of a folder',
  SimpleImport: 'Import of images',
  Measure: 'Measuring of images',
  Prediction: 'Prediction',
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

export const kindOf = (job: JobModel) => KINDS[job.type] ?? job.type;
export const going = (job: JobModel) => job.state === 'P' || job.state === 'R';

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

/** Errors by file: those of a line of a table together, the rest by themselves. */
export function byFile(errors: readonly string[]): [string, string[]][] {
  const files = new Map<string, string[]>();
  for (const error of errors) {
    const found = /^(\[base\]|.+?\.(?:tsv|txt|zip|csv))(?:, |: ?)(.*)$/is.exec(error);
    const [file, rest] = found ? [found[1] ?? '', found[2] ?? ''] : ['', error];
    const name = file === '[base]' ? 'The package' : file;
    files.set(name, [...(files.get(name) ?? []), rest || error]);
  }
  return [...files];
}

/** Whether a job leaves a file to fetch. */
export const leavesFile = (job: JobModel) => job.state === 'F' && /Export$/.test(job.type);
