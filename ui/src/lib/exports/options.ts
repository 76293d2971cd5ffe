// What can be chosen of an export, in the words of the API and of people.
import type {
  BackupExportReq,
  GeneralExportReq,
  ProjectFilters,
  SummaryExportReq,
} from '$lib/api/types';

export const KINDS = [
  {
    value: 'general',
    label: 'Table',
    text: 'One line an object with all its values, and its images if you like. It can be imported again.',
  },
  {
    value: 'backup',
    label: 'Backup',
    text: 'Everything, in the fixed form that EcoTaxa reads back: tables by sample, all images.',
  },
  {
    value: 'summary',
    label: 'Summary',
    text: 'Numbers, concentrations and biovolumes of each taxon, sample by sample.',
  },
] as const;
export type Kind = (typeof KINDS)[number]['value'];

export const CONTENTS = [
  { value: 'all', label: 'All values' },
  { value: 'annotations', label: 'Identifications only' },
] as const;
export type Content = (typeof CONTENTS)[number]['value'];

export const IMAGES = [
  { value: 'none', label: 'No images' },
  { value: 'first', label: 'First of each' },
  { value: 'all', label: 'All' },
] as const;
export type Images = (typeof IMAGES)[number]['value'];

export const SPLITS = [
  { value: 'none', label: 'One table' },
  { value: 'sample', label: 'By sample' },
  { value: 'acquisition', label: 'By acquisition' },
  { value: 'taxon', label: 'By taxon' },
] as const;
export type Split = (typeof SPLITS)[number]['value'];

export const FORMATS = [
  {
    value: 'tsv',
    label: 'Text',
    hint: 'Tab-separated: for spreadsheets, and to be imported again',
  },
  {
    value: 'parquet',
    label: 'Parquet',
    hint: 'For R, Python and DuckDB: dates and numbers keep their type',
  },
  { value: 'both', label: 'Both', hint: 'The same table twice, as text and as Parquet' },
] as const;
export type Format = (typeof FORMATS)[number]['value'];

export const GROUPS = [
  { value: 'none', label: 'Everything together' },
  { value: 'sample', label: 'By sample' },
  { value: 'acquisition', label: 'By acquisition' },
] as const;
export type Group = (typeof GROUPS)[number]['value'];

export const QUANTITIES = [
  { value: 'abundance', label: 'Number of objects', unit: '' },
  { value: 'concentration', label: 'Concentration', unit: 'individuals per m³' },
  { value: 'biovolume', label: 'Biovolume', unit: 'mm³ per m³' },
] as const;
export type Quantity = (typeof QUANTITIES)[number]['value'];

export type Variable = 'subsample_coef' | 'total_water_volume' | 'individual_volume';
export const VARIABLES: readonly {
  name: Variable;
  label: string;
  usual: string;
  of: readonly Quantity[];
}[] = [
  {
    name: 'subsample_coef',
    label: 'Fraction of the sample that was looked at',
    usual: '1/ssm.sub_part',
    of: ['concentration', 'biovolume'],
  },
  {
    name: 'total_water_volume',
    label: 'Water sampled, in m³',
    usual: 'sam.tot_vol/1000',
    of: ['concentration', 'biovolume'],
  },
  {
    name: 'individual_volume',
    label: 'Volume of each object, in mm³',
    usual: '4.0/3.0*math.pi*(math.sqrt(obj.area/math.pi)*ssm.pixel_size)**3',
    of: ['biovolume'],
  },
];

export type Choices = {
  projects: number[];
  states: string;
  content: Content;
  images: Images;
  split: Split;
  format: Format;
  types: boolean;
  ids: boolean;
  quantities: Quantity[];
  by: Group;
  formulae: Record<Variable, string>;
};

export const usual = (project: number): Choices => ({
  projects: [project],
  states: '',
  content: 'all',
  images: 'none',
  split: 'none',
  format: 'tsv',
  types: true,
  ids: false,
  quantities: ['abundance'],
  by: 'sample',
  formulae: { subsample_coef: '', total_water_volume: '', individual_volume: '' },
});

/** The variables that what is wanted is computed from. */
export const needed = (quantities: readonly Quantity[]) =>
  VARIABLES.filter(({ of }) => of.some((quantity) => quantities.includes(quantity)));

const common = (choices: Choices) => ({
  collection_id: null,
  out_to_ftp: false,
  project_id: choices.projects.join(','),
});

export const filters = (choices: Choices): ProjectFilters =>
  choices.states ? { statusfilter: choices.states } : {};

export const tables = (choices: Choices): GeneralExportReq => ({
  ...common(choices),
  only_annotations: choices.content === 'annotations',
  with_images: choices.content === 'all' ? choices.images : 'none',
  split_by: choices.split,
  format: choices.format,
  with_types_row: choices.types,
  with_internal_ids: choices.ids,
});

export const backup = (choices: Choices): BackupExportReq => common(choices);

export const sums = (choices: Choices): SummaryExportReq => ({
  ...common(choices),
  quantity: choices.quantities,
  summarise_by: choices.by,
  formulae: Object.fromEntries(
    needed(choices.quantities)
      .map(({ name }) => [name, choices.formulae[name].trim()] as const)
      .filter(([, text]) => text),
  ),
});

/** The formulae of a project, out of its text. */
export function read(text: string): Record<Variable, string> {
  const found = new Map(
    text.split('\n').map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()] as const;
    }),
  );
  const of = (name: Variable) => found.get(name) ?? '';
  return {
    subsample_coef: of('subsample_coef'),
    total_water_volume: of('total_water_volume'),
    individual_volume: of('individual_volume'),
  };
}

/** The same as a text, with what else the project's text says. */
export function written(formulae: Record<Variable, string>, text: string): string {
  const names = new Set<string>(VARIABLES.map(({ name }) => name));
  const others = text.split('\n').filter((line) => {
    const name = line.slice(0, line.indexOf(':')).trim();
    return line.includes(':') && !names.has(name);
  });
  const ours = VARIABLES.filter(({ name }) => formulae[name].trim()).map(
    ({ name }) => `${name}: ${formulae[name].trim()}`,
  );
  return [...ours, ...others].join('\n');
}

/** The usual formula in the words of a project: some instruments call the size of a pixel otherwise. */
export function inWordsOf(usual: string, columns: readonly string[]): string {
  const size = columns.find((name) => /^(particle_)?pixel_size(_mm)?$/i.test(name));
  return size && !columns.includes('pixel_size')
    ? usual.replace('ssm.pixel_size', `ssm.${size}`)
    : usual;
}
