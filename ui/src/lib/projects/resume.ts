/** Where somebody was last sorting, in this browser. */
export type Resume = { project: number; title: string; search: string };

export function remember(resume: Resume): void {
  localStorage.setItem('resume', JSON.stringify(resume));
}

export function recall(): Resume | null {
  try {
    return JSON.parse(localStorage.getItem('resume') ?? 'null') as Resume | null;
  } catch {
    return null;
  }
}
