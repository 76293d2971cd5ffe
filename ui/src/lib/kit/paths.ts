import { base } from '$app/paths';

/** The address of a page of ours. */
export const to = (path: string) => `${base}${path}`;
