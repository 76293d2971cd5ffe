// How far personal tokens reach, and for how long, in words.
import type { Token } from '$lib/api/types';

export type Scope = Token['scope'];

export const REACHES = [
  { value: 'read', label: 'Read', hint: 'Look, and export' },
  { value: 'annotate', label: 'Annotate', hint: 'Read, and identify objects' },
  { value: 'manage', label: 'Everything', hint: 'All that you may do, but change your account' },
] as const satisfies readonly { value: Scope; label: string; hint: string }[];

export const LASTING = [
  { days: 7, label: 'A week' },
  { days: 30, label: '30 days' },
  { days: 90, label: '90 days' },
  { days: 365, label: 'A year' },
  { days: 1826, label: 'Five years' },
] as const;

export const reach = (scope: Scope) => REACHES.find(({ value }) => value === scope)?.label ?? scope;
export const meaning = (scope: Scope) => REACHES.find(({ value }) => value === scope)?.hint ?? '';
