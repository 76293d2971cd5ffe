// What can be chosen of an export, in the words of the API and of people.

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
  { value: 'summary', label: 'Summary', text: 'How many of each taxon, in each state.' },
] as const;
export type Kind = (typeof KINDS)[number]['value'];

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

export const GROUPS = [
  { value: 'none', label: 'Whole project' },
  { value: 'sample', label: 'By sample' },
  { value: 'acquisition', label: 'By acquisition' },
] as const;
export type Group = (typeof GROUPS)[number]['value'];
