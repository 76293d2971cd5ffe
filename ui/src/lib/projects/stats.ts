import { projectStats } from '$lib/api/calls';
import type { ProjectModel, StateCounts } from '$lib/api/types';

/** Objects of each project by state; what the statistics leave out is estimated from the project. */
export async function statesOf(
  projects: readonly ProjectModel[],
): Promise<Map<number, StateCounts>> {
  const told = projects.length ? await projectStats(projects.map(({ projid }) => projid)) : [];
  const states = new Map(projects.map((project) => [project.projid, estimate(project)]));
  for (const line of told)
    states.set(line.projid, {
      V: line.nb_validated,
      P: line.nb_predicted,
      D: line.nb_dubious,
      U: line.nb_unclassified,
      X: 0,
    });
  return states;
}

/** From the shares that a project tells of itself. */
export function estimate(project: ProjectModel): StateCounts {
  const all = Math.max(0, project.objcount ?? 0);
  const V = Math.round((all * (project.pctvalidated ?? 0)) / 100);
  const named = Math.round((all * (project.pctclassified ?? 0)) / 100);
  return { V, P: Math.max(0, named - V), D: 0, U: Math.max(0, all - Math.max(named, V)), X: 0 };
}
