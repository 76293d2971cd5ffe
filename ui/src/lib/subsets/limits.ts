// How a subset is limited, in the words of the API and of people.
import type { SubsetReq } from '$lib/api/types';

export const GROUPS = [
  { value: 'C', label: 'Each taxon' },
  { value: 'S', label: 'Each sample' },
  { value: 'A', label: 'Each acquisition' },
  { value: 'I', label: 'All objects' },
] as const;
export type Group = (typeof GROUPS)[number]['value'];

export const LIMITS = [
  { value: 'V', label: 'objects at most' },
  { value: 'P', label: 'percent at most' },
] as const;
export type Limit = (typeof LIMITS)[number]['value'];

/** What a form asks for; all objects are groups of one. */
export function wanted(
  form: { group: Group; limit: Limit; value: number; states: string },
  target: number,
): SubsetReq {
  const all = form.group === 'I';
  return {
    dest_prj_id: target,
    group_type: form.group,
    limit_type: all ? 'V' : form.limit,
    limit_value: all ? 1 : form.value,
    filters: form.states ? { statusfilter: form.states } : {},
  };
}
