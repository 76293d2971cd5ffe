import type { ProjectFilters, RevertLine, RevertReq } from '$lib/api/types';

/** What somebody asks for: whose identifications go, since when, and back to what. */
export type Wish = {
  /** Only what this person identified last; 0: whoever it was. */
  whose: number;
  /** Only what was identified from this moment on, as the browser writes it; empty: whenever. */
  since: string;
  /** Back to what this person decided; 0: to whatever was before. */
  target: number;
};

export const WHATEVER: Wish = { whose: 0, since: '', target: 0 };

/** The same as a request, within a filter. */
export function request(filters: ProjectFilters, wish: Wish): RevertReq {
  const wanted: ProjectFilters = { ...filters };
  if (wish.whose) wanted.filt_last_annot = String(wish.whose);
  const since = wish.since ? new Date(wish.since) : null;
  if (since && !Number.isNaN(since.getTime()))
    wanted.validfromdate = since.toISOString().slice(0, 16).replace('T', ' ');
  return { filters: wanted, target: wish.target || null };
}

/** How many objects lose an identification altogether. */
export const bare = (lines: readonly RevertLine[]) =>
  lines.filter((line) => line.to_state === 'U').reduce((sum, line) => sum + line.objects, 0);
