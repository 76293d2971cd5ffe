// Every operation the page asks for, one line each.
import { address, ask, json } from './client';
import type * as t from './types';

const post = 'POST';

export const signIn = (username: string, password: string) =>
  json<string>('/login', { method: post, body: { username, password } });
export const signOut = () => ask('/logout', { method: post });
export const me = () => json<t.UserModelWithRights>('/users/me');
export const searchUsers = (words: string) =>
  json<t.MinUserModel[]>('/users/search', { query: { by_name: `%${words}%` } });

export const searchProjects = (notGranted = false) =>
  json<t.ProjectModel[]>('/projects/search', { query: { not_granted: notGranted } });
export const createProject = (title: string, instrument: string) =>
  json<number>('/projects/create', { method: post, body: { title, instrument } });
export const project = (id: number) => json<t.ProjectModel>(`/projects/${id}`);
export const updateProject = (project: t.ProjectModel) =>
  ask(`/projects/${project.projid}`, { method: 'PUT', body: project });
export const projectStats = (ids: number[]) =>
  json<t.ProjectTaxoStatsModel[]>('/project_set/taxo_stats', { query: { ids: ids.join(',') } });

export const workspace = (project: number) => json<t.Workspace>(`/projects/${project}/workspace`);
export const counts = (project: number) =>
  json<{ batch_id: number; taxa: t.TaxonCounts[] }>(`/projects/${project}/counts`);

export const openView = (project: number, body: t.ViewReq, signal?: AbortSignal) =>
  json<t.View>(`/projects/${project}/view`, { method: post, body, signal });
export const readView = (
  project: number,
  view: string,
  start: number,
  count: number,
  signal?: AbortSignal,
) => json<t.Columns>(`/projects/${project}/view/${view}`, { query: { start, count }, signal });
export const thumbnails = async (
  project: number,
  ids: readonly number[],
  size: number,
  signal?: AbortSignal,
) => {
  const query = { ids: ids.join(','), size };
  return (await ask(`/projects/${project}/thumbnails`, { query, signal })).arrayBuffer();
};
export const panel = (object: number, signal?: AbortSignal) =>
  json<t.ObjectPanel>(`/objects/${object}/panel`, { signal });

export const makeBatch = (project: number, body: t.BatchReq) =>
  json<t.Batch>(`/projects/${project}/batches`, { method: post, body });
export const undoBatch = (project: number, batch: number, clientKey: string) =>
  json<t.Batch>(`/projects/${project}/batches/${batch}/undo`, {
    method: post,
    body: { client_key: clientKey },
  });
export const batches = (project: number, limit: number, before?: number) =>
  json<t.BatchLine[]>(`/projects/${project}/batches`, { query: { limit, before } });
export const events = (project: number, since: number) =>
  address(`/projects/${project}/events`, { since });

export const taxaIndex = (since?: string) => json<t.TaxaIndex>('/taxa/index', { query: { since } });
export const createTaxon = (name: string, parent: number, type: 'P' | 'M') =>
  json<{ id: number; display_name: string }>('/taxa', {
    method: post,
    body: { name, parent_id: parent, type },
  });

export const jobs = () => json<t.JobModel[]>('/jobs/', { query: { for_admin: false } });
export const job = (id: number) => json<t.JobModel>(`/jobs/${id}/`);
export const jobLog = async (id: number) => (await ask(`/jobs/${id}/log`)).text();
export const jobFile = (id: number) => address(`/jobs/${id}/file`);
export const answerJob = (id: number, reply: unknown) =>
  ask(`/jobs/${id}/answer`, { method: post, body: reply });
export const restartJob = (id: number) => ask(`/jobs/${id}/restart`);
export const eraseJob = (id: number) => ask(`/jobs/${id}`, { method: 'DELETE' });

export const importPackage = (
  project: number,
  body: { source_path: string; skip_existing_objects: boolean; update_mode: string },
) =>
  json<t.JobStarted>(`/file_import/${project}`, {
    method: post,
    body: { ...body, taxo_mappings: {}, skip_loaded_files: false },
  });
export const importFolder = (
  project: number,
  body: {
    source_path: string;
    folders_as_taxa: boolean;
    parent_taxon: number | null;
    create_taxa: boolean;
  },
) => json<t.JobStarted>(`/folder_import/${project}`, { method: post, body });

export const learningSet = (request: t.PredictionReq) =>
  json<t.LearningSet>(`/projects/${request.project_id}/learning_set`, {
    method: post,
    body: request,
  });
export const predict = (filters: t.ProjectFilters, request: t.PredictionReq) =>
  json<t.JobStarted>('/object_set/predict', { method: post, body: { filters, request } });
export const exportObjects = (
  kind: 'general' | 'backup' | 'summary',
  filters: t.ProjectFilters,
  request: Record<string, unknown>,
) => json<t.JobStarted>(`/object_set/export/${kind}`, { method: post, body: { filters, request } });
