// The shapes on the wire that the page uses, under the names of the OpenAPI description.

/** Who stands behind an identification: nobody (U), a model (P), a person in doubt (D), a person (V). */
export type State = 'U' | 'P' | 'D' | 'V' | 'X';
export type StateCounts = Record<State, number>;

export type MinUserModel = { id: number; email: string; name: string; organisation: string | null };

export type UserModelWithRights = MinUserModel & {
  country: string | null;
  orcid: string | null;
  status: number | null;
  usercreationdate: string | null;
  can_do: number[];
  last_used_projects: { projid: number; title: string }[];
};

export type ProjectModel = {
  projid: number;
  title: string;
  access: string;
  status: string | null;
  objcount: number | null;
  pctvalidated: number | null;
  pctclassified: number | null;
  comments: string | null;
  instrument: string | null;
  highest_right: string;
  cnn_network_id: string | null;
  obj_free_cols: Record<string, string>;
  init_classif_list: number[];
  managers: MinUserModel[];
  annotators: MinUserModel[];
  viewers: MinUserModel[];
  contact: MinUserModel | null;
};

export type ProjectTaxoStatsModel = {
  projid: number;
  used_taxa: number[];
  nb_unclassified: number;
  nb_validated: number;
  nb_dubious: number;
  nb_predicted: number;
};

export type ProjectFilters = {
  taxo?: string;
  taxochild?: string;
  statusfilter?: string;
  samples?: string;
  freenum?: string;
  freenumst?: string;
  freenumend?: string;
};

export type TaxonRow = {
  id: number;
  parent_id: number | null;
  name: string;
  display_name: string;
  type: string;
  status: string;
  preset: boolean;
  counts: StateCounts;
};

export type Act = string;

export type WorkspaceProject = {
  projid: number;
  title: string;
  status: string;
  instrument: string;
  access: string;
  highest_right: string;
  can: Act[];
  extractor: string | null;
  obj_free_cols: Record<string, string>;
  bar_px: number | null;
  shown_fields: { field: string; label: string }[];
};

export type SampleRow = {
  sample_id: number;
  orig_id: string;
  objects: number;
  validated: number;
};

export type Workspace = {
  me: UserModelWithRights | null;
  project: WorkspaceProject;
  taxa: TaxonRow[];
  samples: SampleRow[];
  batch_id: number;
};

export type Field = number | string | null;

/** Objects of a view, one array a property, in the order of the view. */
export type Columns = {
  start: number;
  object_ids: number[];
  image_ids: (number | 0)[];
  hashes: string[];
  widths: number[];
  heights: number[];
  image_counts: number[];
  taxa: number[];
  states: string;
  scores: (number | null)[];
  versions: number[];
  samples: number[];
  fields: Record<string, Field[]>;
};

export type ViewReq = {
  filters: ProjectFilters;
  order_field: string;
  first: number;
  fields: string[];
};
export type View = { view_id: string; total: number; batch_id: number; columns: Columns };

export type Operation = 'classify' | 'validate' | 'doubt' | 'unvalidate';

export type BatchReq = {
  client_key: string;
  operation: Operation;
  objects?: number[];
  selection?: { filters: ProjectFilters; except: number[] };
  taxon_id?: number;
  taxa?: number[];
  state?: 'V' | 'D';
  versions?: number[];
};

export type TaxonCounts = StateCounts & { id: number };

/** What a batch did; without object columns, and `reload`, when it is a large one told as an event. */
export type Batch = {
  batch_id: number;
  operation: string;
  author: { id: number; name: string };
  made_at: string;
  changed: number;
  skipped: number;
  object_ids: number[];
  taxa: number[];
  states: string;
  scores: (number | null)[];
  versions: number[];
  counts: TaxonCounts[];
  conflicts?: { object_id: number; by: string; at: string }[];
  reload?: boolean;
};

export type BatchLine = {
  batch_id: number;
  author: { id: number; name: string };
  made_at: string;
  operation: string;
  objects: number;
  undone_by: number | null;
  undoes: number | null;
  text: string;
};

export type JobEvent = {
  job_id: number;
  state: JobState;
  progress_pct: number | null;
  progress_msg: string | null;
};

export type HistoricalClassification = {
  objid: number;
  classif_id: number | null;
  classif_date: string | null;
  classif_who: number | null;
  classif_type: string | null;
  classif_qual: string | null;
  classif_score: number | null;
  user_name: string | null;
  taxon_name: string | null;
};

export type ImageModel = {
  imgid: number;
  imgrank: number;
  width: number;
  height: number;
  orig_file_name: string;
  file_name: string;
};

export type Free = Record<string, Field>;

export type ObjectModel = {
  objid: number;
  orig_id: string;
  sample_id: number;
  project_id: number;
  classif_id: number | null;
  classif_qual: string | null;
  classif_score: number | null;
  classif_when: string | null;
  objdate: string | null;
  objtime: string | null;
  latitude: number | null;
  longitude: number | null;
  depth_min: number | null;
  depth_max: number | null;
  sunpos: string | null;
  object_link: string | null;
  complement_info: string | null;
  images: ImageModel[];
  free_columns: Free;
};

export type Level = { orig_id: string; free_columns: Free } & Record<string, unknown>;
export type Guess = { taxon_id: number; display_name: string; score: number };

export type ObjectPanel = {
  object: ObjectModel;
  sample: Level | null;
  acquisition: Level | null;
  process: Level | null;
  history: HistoricalClassification[];
  guesses: Guess[];
  contact: { name: string; email?: string | null } | null;
};

export type TaxaIndex = {
  updated_at: string;
  ids: number[];
  parents: number[];
  names: string[];
  display_names: string[];
  types: string;
  statuses: string;
};

export type JobState = 'P' | 'R' | 'A' | 'E' | 'F';

export type JobModel = {
  id: number;
  owner_id: number;
  type: string;
  state: JobState;
  step: number | null;
  progress_pct: number | null;
  progress_msg: string | null;
  params: Record<string, unknown> | null;
  result: Record<string, unknown> | null;
  errors: string[] | null;
  question: Record<string, unknown> | null;
  reply: Record<string, unknown> | null;
  creation_date: string;
  updated_on: string;
};

/** What starting a job answers: its number, or why not. */
export type JobStarted = { job_id: number; errors?: string[]; warnings?: string[] };

export type PredictionReq = {
  project_id: number;
  source_project_ids: number[];
  learning_limit: number | null;
  features: string[];
  categories: number[];
  use_scn: boolean;
  pre_mapping: Record<string, number>;
  classifier?: 'linear' | 'forest';
};

export type LearningTaxon = {
  id: number;
  display_name: string;
  found: number;
  used: number;
  learnt_as: number | null;
};

export type LearningSet = {
  objects: number;
  taxa: LearningTaxon[];
  features: { name: string; kept: boolean; reason: string | null }[];
  too_small: number[];
};
