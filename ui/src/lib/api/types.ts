// The shapes on the wire under the names that the page uses; what they are is said in schema.d.ts,
// which is generated from the API's own description.
import type { components } from './schema';

type Schemas = components['schemas'];

/** Who stands behind an identification: nobody (U), a model (P), a person in doubt (D), a person (V);
 * X are discarded. */
export type State = 'U' | 'P' | 'D' | 'V' | 'X';
export type StateCounts = Record<State, number>;
export type Operation = 'classify' | 'validate' | 'doubt' | 'unvalidate';

export type MinUserModel = Schemas['MinUserModel'];
export type UserModelWithRights = Schemas['UserModelWithRights'];
export type AccountReq = Partial<Schemas['UserModelWithRights']> & { email: string };
export type SignInOptions = Schemas['SignInOptions'];
export type LinkModel = Schemas['LinkModel'];
export type Letter = Schemas['LetterModel'];
export type TokenReq = Schemas['TokenReq'];
export type Token = Schemas['TokenModel'];
export type ProjectModel = Schemas['ProjectModel'];
export type ProjectReq = Partial<Schemas['ProjectReq']>;
export type ClassifierModel = Schemas['ClassifierModel'];
export type MLModel = Schemas['MLModel'];
export type SubsetReq = Schemas['SubsetReq'];
export type MergePlan = Schemas['MergeRsp'];
export type ProjectFilters = Partial<Schemas['ProjectFilters']>;

export type Workspace = Schemas['Workspace'];
export type WorkspaceProject = Schemas['WorkspaceProject'];
export type TaxonRow = Schemas['TaxonLine'];
export type TaxonCounts = Schemas['TaxonCounts'];
export type SampleRow = Schemas['SampleLine'];
export type TaxonModel = Schemas['TaxonModel'];
export type TaxonUsage = Schemas['TaxonUsageModel'];
export type TaxaExchange = Schemas['TaxaExchange'];
/** What an exchange with the reference server brought. */
export type Pulled = { inserts: number; updates: number; sent: number; error: string | null };
/** A name of the World Register of Marine Species. */
export type WormsName = {
  aphia_id: number;
  name: string;
  authority?: string | null;
  rank?: string | null;
  status?: string | null;
  valid_aphia_id?: number | null;
  valid_name?: string | null;
  lineage?: string[];
  id?: number | null;
  as_of?: string;
};
export type TaxaIndex = Schemas['TaxaIndex'];

export type ViewReq = Schemas['ViewReq'];
export type Columns = Schemas['Columns'];
export type BatchReq = Partial<Schemas['BatchReq']> & { client_key: string; operation: Operation };
export type Batch = Schemas['BatchModel'];
export type Relearning = Schemas['RelearningRsp'];
export type BatchLine = Schemas['BatchSummary'];

export type RevertReq = Partial<Schemas['RevertReq']>;
export type Reverted = Schemas['RevertRsp'];
export type RevertLine = Schemas['RevertLineModel'];
export type Alike = Schemas['AlikeRsp'];

export type ObjectPanel = Schemas['ObjectPanel'];
export type HistoricalClassification = Schemas['HistoricalClassification'];
export type ImageModel = Schemas['ImageModel'];
export type Guess = Schemas['GuessModel'];
/** What can be edited. */
export type Level = 'object' | 'sample' | 'acquisition' | 'process';
export type Field = number | string | null;
export type Free = Record<string, unknown>;

export type JobModel = Schemas['JobModel'];
export type JobState = JobModel['state'];
/** How far a job is, as an event tells it. */
export type JobEvent = Pick<JobModel, 'type' | 'state' | 'progress_pct' | 'progress_msg'> & {
  job_id: number;
};

export type ImportReq = Partial<Schemas['ImportReq']>;
export type FolderImportReq = Partial<Schemas['FolderImportReq']>;
export type GeneralExportReq = Schemas['GeneralExportReq'];
export type BackupExportReq = Schemas['BackupExportReq'];
export type SummaryExportReq = Schemas['SummaryExportReq'];
export type TriedFormulae = Schemas['FormulaeRsp'];
export type Recast = Schemas['TaxoRecastRsp'];
export type PredictionReq = Schemas['PredictionReq'];
export type LearningSet = Schemas['LearningSetModel'];
export type Tray = Schemas['TrayRsp'];
export type LearningSource = Schemas['LearningSource'];
export type LearningSources = Schemas['LearningSources'];
export type SourceSearch = Partial<{
  title_filter: string;
  instrument_filter: string;
  features: number;
  ids: string;
  most: number;
}>;
export type LearningTime = Schemas['LearningTime'];
export type LearningTaxon = Schemas['TaxonTaught'];
// The taxon, what was guessed, and how many objects; OpenAPI 3.0 has no word for a row of three.
export type Report = Omit<Schemas['ReportModel'], 'confusion'> & {
  confusion: [number, number, number][];
};
export type TaxonJudged = Schemas['TaxonJudged'];

/** Look-alikes that a run found. */
export type ClustersReq = Partial<Schemas['ClustersReq']>;
export type Clusters = Schemas['ClustersRsp'];
export type Cluster = Schemas['ClusterModel'];
export type ClusterObjects = Schemas['ClusterObjects'];

export type Audit = Schemas['AuditModel'];
export type Look = Schemas['Look'];
export type Reading = Schemas['Reading'];
export type Unread = Schemas['Unread'];
export type Agreement = Schemas['Agreement'];
export type Share = Schemas['Share'];
export type Abundances = Schemas['Abundances'];
export type Abundance = Schemas['Abundance'];

export type CollectionModel = Schemas['CollectionModel'];
export type CollectionReq = Partial<Schemas['CollectionReq']>;
export type DarwinCoreReq = Partial<Schemas['DarwinCoreExportReq']> & { collection_id: number };
export type Findings = Schemas['ExportRsp'];
export type GuestModel = Schemas['GuestModel'];
export type OrganizationModel = Schemas['OrganizationModel'];
export type Directory = Schemas['DirectoryModel'];
export type DirectoryEntry = Schemas['DirectoryEntryModel'];
export type Space = Schemas['SpaceModel'];
export type UnfinishedUpload = Schemas['UploadModel'];
