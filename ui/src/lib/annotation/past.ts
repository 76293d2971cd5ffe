import type { HistoricalClassification, ObjectPanel } from '$lib/api/types';

/** What an object was, newest first, with what it is now on top when the log does not say it. */
export function past(
  panel: ObjectPanel,
  nameOf: (taxon: number) => string,
): HistoricalClassification[] {
  const { object, history } = panel;
  const [latest] = history;
  const told =
    latest?.classif_id === object.classif_id && latest?.classif_qual === object.classif_qual;
  if (!object.classif_id || told) return history;
  const predicted = object.classif_qual === 'P';
  const present: HistoricalClassification = {
    objid: object.objid,
    classif_id: object.classif_id,
    classif_date: predicted ? object.classif_auto_when : object.classif_when,
    classif_who: predicted ? null : object.classif_who,
    classif_type: predicted ? 'A' : 'M',
    classif_qual: object.classif_qual ?? '',
    classif_score: object.classif_score,
    user_name: null,
    taxon_name: nameOf(object.classif_id),
  };
  return [present, ...history];
}
