// Every operation the page asks for, one line each.
import { address, ask, json } from './client';
import { call } from './typed';
import type * as t from './types';

const of = (project_id: number) => ({ project_id });

export const signIn = (username: string, password: string) =>
  call('post', '/login', { body: { username, password } });
export const signOut = () => call('post', '/logout', {});
export const changePassword = (current: string, password: string) =>
  call('put', '/users/me/password', { body: { current, password } });
export const me = () => call('get', '/users/me', {});
export const signInOptions = () => call('get', '/sign_in', {});
export const readLink = (token: string) => call('post', '/users/link', { body: { token } });
export const askToReset = (email: string) =>
  call('post', '/users/reset_user_password', { body: { email } });
export const resetPassword = (token: string, password: string) =>
  call('post', '/users/reset_user_password', { query: { token }, body: { password } });
/** Null: a letter was sent, whose token goes on. */
export const register = (body: t.AccountReq, token?: string) =>
  call('post', '/users/create', { query: { token }, body });
export const confirmAddress = (user: number, token: string, password: string) =>
  ask(`/users/activate/${user}/active`, { method: 'POST', body: { token, password } });
export const decideAccount = (user: number, status: string, reason: string) =>
  ask(`/users/activate/${user}/${status}`, { method: 'POST', body: { reason } });
export const accounts = () => call('get', '/users', {});
export const lostLetters = () => call('get', '/letters', {});
export const tokens = () => call('get', '/users/me/tokens', {});
export const createToken = (body: t.TokenReq) => call('post', '/users/me/tokens', { body });
export const revokeToken = (token_id: number) =>
  call('delete', '/users/me/tokens/{token_id}', { path: { token_id } });

export const searchUsers = (words: string) =>
  call('get', '/users/search', { query: { by_name: `%${words}%` } });

export const searchProjects = (not_granted = false, for_managing = false) =>
  call('get', '/projects/search', { query: { not_granted, for_managing } });
export const createProject = (title: string, instrument: string) =>
  call('post', '/projects/create', { body: { title, instrument } });
export const cloneProject = (title: string, clone_of_id: number) =>
  call('post', '/projects/create', { body: { title, clone_of_id } });
export const setProject = (project: number, body: t.ProjectReq) =>
  call('patch', '/projects/{project_id}', { path: of(project), body });
export const checkProject = (project: number) =>
  call('get', '/projects/{project_id}/check', { path: of(project) });
export const recomputePositions = (project: number) =>
  call('post', '/projects/{project_id}/recompute_geo', { path: of(project) });
export const recomputeSun = (project: number) =>
  call('post', '/projects/{project_id}/recompute_sunpos', { path: of(project) });
export const removeProject = (project: number, only_objects: boolean) =>
  call('delete', '/projects/{project_id}', { path: of(project), query: { only_objects } });
export const takeSubset = (project: number, body: t.SubsetReq) =>
  call('post', '/projects/{project_id}/subset', { path: of(project), body });
export const mergeProject = (project: number, source_project_id: number, dry_run: boolean) =>
  call('post', '/projects/{project_id}/merge', {
    path: of(project),
    query: { source_project_id, dry_run },
  });
export const project = (id: number) => call('get', '/projects/{project_id}', { path: of(id) });
export const openProject = (project: number) =>
  call('patch', '/projects/{project_id}', { path: of(project), body: { access: '1' } });
export const setMembers = (
  project: number,
  body: Pick<t.ProjectModel, 'managers' | 'annotators' | 'viewers'>,
) => call('patch', '/projects/{project_id}', { path: of(project), body });

export const workspace = (project: number) =>
  call('get', '/projects/{project_id}/workspace', { path: of(project) });
export const counts = (project: number) =>
  call('get', '/projects/{project_id}/counts', { path: of(project) });

export const openView = (project: number, body: t.ViewReq, signal?: AbortSignal) =>
  call('post', '/projects/{project_id}/view', { path: of(project), body, signal });
export const readView = (
  project: number,
  view_id: string,
  start: number,
  count: number,
  signal?: AbortSignal,
) =>
  call('get', '/projects/{project_id}/view/{view_id}', {
    path: { ...of(project), view_id },
    query: { start, count },
    signal,
  });
/** Bytes: see `unpack` in objects/thumbnails. */
export const thumbnails = async (
  project: number,
  ids: readonly number[],
  size: number,
  signal?: AbortSignal,
) => {
  const query = { ids: ids.join(','), size };
  return (await ask(`/projects/${project}/thumbnails`, { query, signal })).arrayBuffer();
};
export const taxon = (taxon_id: number) => call('get', '/taxon/{taxon_id}', { path: { taxon_id } });
export const panel = (object_id: number, signal?: AbortSignal) =>
  call('get', '/objects/{object_id}/panel', { path: { object_id }, signal });

/** Give a column of objects, samples, acquisitions or processes a new value. */
export const edit = (level: t.Level, target_ids: number[], ucol: string, uval: string) =>
  call('post', `/${level}_set/update`, { body: { target_ids, updates: [{ ucol, uval }] } });

export const makeBatch = (project: number, body: t.BatchReq) =>
  call('post', '/projects/{project_id}/batches', { path: of(project), body });
export const undoBatch = (project: number, batch_id: number, client_key: string) =>
  call('post', '/projects/{project_id}/batches/{batch_id}/undo', {
    path: { ...of(project), batch_id },
    body: { client_key },
  });
export const batches = (project: number, limit: number, before?: number) =>
  call('get', '/projects/{project_id}/batches', { path: of(project), query: { limit, before } });
export const revert = (project: number, body: t.RevertReq, dry_run: boolean) =>
  call('post', '/projects/{project_id}/revert', { path: of(project), body, query: { dry_run } });
/** Who did how much. */
export const activity = async (project: number) =>
  (await call('get', '/project_set/user_stats', { query: { ids: String(project) } }))[0];
export const computeFeatures = (project: number, first: number[]) =>
  call('post', '/projects/{project_id}/features', { path: of(project), body: { first } });
export const alike = (object_id: number, size: number, signal?: AbortSignal) =>
  call('get', '/objects/{object_id}/alike', { path: { object_id }, query: { size }, signal });
export const events = (project: number, since: number) =>
  address(`/projects/${project}/events`, { since });

export const taxaIndex = () => call('get', '/taxa/index', {});
export const taxonUsage = (taxon_id: number) =>
  call('get', '/taxon/{taxon_id}/usage', { path: { taxon_id } });
export const taxaExchange = () => call('get', '/taxa/exchange', {});
export const pullTaxa = async () => (await call('get', '/taxa/pull_from_central', {})) as t.Pulled;
export const searchWorms = async (name: string) =>
  (await call('get', '/searchworms/{name}', { path: { name } })) as t.WormsName[];
export const addWorms = async (aphia_id: number) =>
  (await call('post', '/addworms/', { body: { aphia_id } })) as { id: number };
export const createTaxon = (name: string, parent_id: number, type: 'P' | 'M') =>
  call('post', '/taxa', { body: { name, parent_id, type } });

export const jobs = () => call('get', '/jobs/', { query: { for_admin: false } });
export const job = (job_id: number) => call('get', '/jobs/{job_id}/', { path: { job_id } });
export const jobLog = async (id: number) => (await ask(`/jobs/${id}/log`)).text();
export const jobErrors = (id: number) => address(`/jobs/${id}/errors`);
export const jobFile = (id: number) => address(`/jobs/${id}/file`);
export const answerJob = (id: number, body: unknown) =>
  ask(`/jobs/${id}/answer`, { method: 'POST', body });
export const restartJob = (id: number) => ask(`/jobs/${id}/restart`);
export const eraseJob = (id: number) => ask(`/jobs/${id}`, { method: 'DELETE' });

export const clusters = (project: number) =>
  call('get', '/projects/{project_id}/clusters', { path: of(project) });
export const makeClusters = (project: number, body: t.ClustersReq) =>
  call('post', '/projects/{project_id}/clusters', { path: of(project), body });
export const cluster = (project: number, cluster_id: number, job_id: number) =>
  call('get', '/projects/{project_id}/clusters/{cluster_id}', {
    path: { ...of(project), cluster_id },
    query: { job_id },
  });
export const tiles = (project: number, object_ids: number[]) =>
  call('post', '/projects/{project_id}/tiles', { path: of(project), body: { object_ids } });
export const keepList = (project: number, object_ids: number[]) =>
  call('post', '/projects/{project_id}/lists', { path: of(project), body: { object_ids } });

export const audit = (project: number) =>
  call('get', '/projects/{project_id}/audit', { path: of(project) });
export const startAudit = (project: number) =>
  call('post', '/projects/{project_id}/audit', { path: of(project), body: {} });
export const classifiers = () => call('get', '/classifiers', {});
export const networks = () => call('get', '/ml_models', {});
export const confirmObjects = (project: number, object_ids: number[]) =>
  call('post', '/projects/{project_id}/audit/confirm', { path: of(project), body: { object_ids } });
export const unconfirmObjects = (project: number, object_ids: number[]) =>
  call('post', '/projects/{project_id}/audit/unconfirm', {
    path: of(project),
    body: { object_ids },
  });
export const abundances = (project: number, samples = '') =>
  call('get', '/projects/{project_id}/abundances', { path: of(project), query: { samples } });
export const abundancesFile = (project: number, samples = '') =>
  address(`/projects/${project}/abundances.csv`, { samples });
export const readings = (project: number) =>
  call('get', '/projects/{project_id}/readings', { path: of(project) });
export const drawReading = (
  project: number,
  body: { per_taxon?: number; in_all?: number; seed: number },
) => call('post', '/projects/{project_id}/readings', { path: of(project), body });
const within = (project_id: number, reading_id: number) => ({ path: { project_id, reading_id } });
export const nextUnread = (project: number, reading: number, after: number) =>
  call('get', '/projects/{project_id}/readings/{reading_id}/next', {
    ...within(project, reading),
    query: { after },
  });
export const answerReading = (project: number, reading: number, place: number, taxon_id: number) =>
  call('post', '/projects/{project_id}/readings/{reading_id}/answer', {
    ...within(project, reading),
    body: { place, taxon_id },
  });
export const takeBackReading = (project: number, reading: number, place: number) =>
  call('post', '/projects/{project_id}/readings/{reading_id}/take_back', {
    ...within(project, reading),
    body: { place },
  });
export const agreement = (project: number, reading: number) =>
  call('get', '/projects/{project_id}/readings/{reading_id}/agreement', within(project, reading));

export const importPackage = (project: number, body: t.ImportReq) =>
  call('post', '/file_import/{project_id}', { path: of(project), body });
export const importFolder = (project: number, body: t.FolderImportReq) =>
  call('post', '/folder_import/{project_id}', { path: of(project), body });
/** What is wrong with what a form says of all images. */
export const checkImages = (project: number, values: Record<string, string>) =>
  call('post', '/folder_import/{project_id}', {
    path: of(project),
    query: { dry_run: true },
    body: { source_path: '', values, folders_as_taxa: false, create_taxa: false, dry_run: false },
  });
export const measureProject = (project: number) =>
  call('post', '/projects/{project_id}/measure', { path: of(project) });

export const userFiles = (sub_path: string) =>
  call('get', '/user_files/{sub_path}', { path: { sub_path } });
export const commonFiles = (path: string) => call('get', '/common_files/', { query: { path } });
export const createFolder = (source_path: string) => fileAct('create', { source_path });
export const moveFile = (source_path: string, dest_path: string) =>
  fileAct('mv', { source_path, dest_path });
export const removeFile = (source_path: string) => fileAct('rm', { source_path });
export const restoreFile = (source_path: string) => fileAct('restore', { source_path });
export const userUploads = () => call('get', '/user_uploads/', {});
/** By the protocol of resumable uploads, which is no part of the description. */
export const discardUpload = (id: string) =>
  ask(`/user_files/upload/${id}`, { method: 'DELETE', headers: { 'Tus-Resumable': '1.0.0' } });

function fileAct(act: 'create' | 'mv' | 'rm' | 'restore', said: Record<string, string>) {
  const body = new FormData();
  for (const [name, value] of Object.entries(said)) body.append(name, value);
  return json<string | number>(`/user_files/${act}/`, { method: 'POST', body });
}

export const learningSet = (body: t.PredictionReq) =>
  call('post', '/projects/{project_id}/learning_set', { path: of(body.project_id), body });
export const learningTime = (body: t.PredictionReq) =>
  call('post', '/projects/{project_id}/learning_time', { path: of(body.project_id), body });
export const learningSources = (project: number, query: t.SourceSearch) =>
  call('get', '/projects/{project_id}/learning_sources', { path: of(project), query });
export const askReport = (body: t.PredictionReq) =>
  call('post', '/projects/{project_id}/learning_report', { path: of(body.project_id), body });
export const readReport = (job: number) =>
  call('get', '/learning_reports/{job_id}', { path: { job_id: job } }) as Promise<t.Report>;
/** The objects of a cell, or what was mistaken of a row or column, as lists that filters name. */
export const reportedObjects = (job: number, query: { truth?: number; guessed?: number }) =>
  call('post', '/learning_reports/{job_id}/lists', { path: { job_id: job }, query });
export const rememberPrediction = (project: number, settings: string) =>
  call('put', '/projects/{project_id}/prediction_settings', {
    path: of(project),
    query: { settings },
  });
export const unlikeObjects = (project: number) =>
  call('get', '/projects/{project_id}/unlike', { path: of(project), query: { most: 0 } });
export const predict = (filters: t.ProjectFilters, request: t.PredictionReq) =>
  call('post', '/object_set/predict', { body: { filters, request } });
export const relearning = (project: number) =>
  call('get', '/projects/{project_id}/relearning', { path: of(project) });
export const setRelearning = (project: number, on: boolean) =>
  call('put', '/projects/{project_id}/relearning', { path: of(project), body: { on } });
export const exportTable = (filters: t.ProjectFilters, request: t.GeneralExportReq) =>
  call('post', '/object_set/export/general', { body: { filters, request } });
export const exportBackup = (filters: t.ProjectFilters, request: t.BackupExportReq) =>
  call('post', '/object_set/export/backup', { body: { filters, request } });
export const exportSummary = (filters: t.ProjectFilters, request: t.SummaryExportReq) =>
  call('post', '/object_set/export/summary', { body: { filters, request } });
export const tryFormulae = (project: number, formulae: Record<string, string>) =>
  call('post', '/projects/{project_id}/formulae', { path: of(project), body: { formulae } });
export const keepFormulae = (project: number, formulae: string) =>
  call('patch', '/projects/{project_id}', { path: of(project), body: { formulae } });
export const recastOf = (target_id: number) =>
  call('get', '/taxo_recast', { query: { target_id, operation: 'project_export' } });
export const keepRecast = (target_id: number, recast: t.Recast) =>
  call('put', '/taxo_recast', {
    body: { target_id, operation: 'project_export', is_collection: false, recast },
  });
export const jobText = async (id: number) => (await ask(`/jobs/${id}/file`)).text();

const inCollection = (collection_id: number) => ({ collection_id });
export const collections = () => call('get', '/collections', {});
export const collection = (id: number) =>
  call('get', '/collections/{collection_id}', { path: inCollection(id) });
export const createCollection = (title: string, project_ids: number[]) =>
  call('post', '/collections/create', { body: { title, project_ids } });
export const changeCollection = (id: number, body: t.CollectionReq) =>
  call('patch', '/collections/{collection_id}', { path: inCollection(id), body });
export const eraseCollection = (id: number) => ask(`/collections/${id}`, { method: 'DELETE' });
export const darwinCore = (body: t.DarwinCoreReq) =>
  call('post', '/collections/export/darwin_core', { body });
export const collectionRecast = (target_id: number) =>
  call('get', '/taxo_recast', {
    query: { target_id, operation: 'dwca_export_occurrence', is_collection: true },
  });
export const keepCollectionRecast = (target_id: number, from_to: Record<string, number | null>) =>
  call('put', '/taxo_recast', {
    body: {
      target_id,
      operation: 'dwca_export_occurrence',
      is_collection: true,
      recast: { from_to },
    },
  });
export const taxaOfProjects = (ids: readonly number[]) =>
  call('get', '/project_set/taxo_stats', { query: { ids: ids.join(','), taxa_ids: 'all' } });
export const wormsOf = (ids: readonly number[]) =>
  call('get', '/taxo_worms', { query: { taxaids: ids.join(',') } });
export const managedProjects = () =>
  call('get', '/projects/search', { query: { for_managing: true } });

export const countries = () => call('get', '/countries', {});
export const account = async (id: number) =>
  (await call('get', '/users', { query: { ids: String(id) } }))[0];
export const describeAccount = (user_id: number, body: t.AccountReq) =>
  call('put', '/users/{user_id}', { path: { user_id }, body });
export const searchGuests = (words: string) =>
  call('get', '/guests/search', { query: { by_name: `%${words}%` } });
export const guest = (guest_id: number) =>
  call('get', '/guests/{guest_id}', { path: { guest_id } });
export const createGuest = (body: t.GuestModel) => call('post', '/guests/create', { body });
export const changeGuest = (guest_id: number, body: t.GuestModel) =>
  call('put', '/guests/{guest_id}', { path: { guest_id }, body });
export const searchOrganisations = (words: string) =>
  call('get', '/organizations/search', { query: { name: `%${words}%` } });
export const createOrganisation = (name: string) =>
  call('post', '/organizations/create', { body: { name } });
