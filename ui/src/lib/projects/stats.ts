import type { ProjectModel, StateCounts } from '$lib/api/types';

/** Objects of a project by state. */
export const statesOf = (project: ProjectModel): StateCounts => ({
  V: project.validated,
  P: project.predicted,
  D: project.dubious,
  U: project.unclassified,
  X: 0,
});
