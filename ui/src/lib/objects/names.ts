/** What stands for the name of a sample or acquisition that nobody has named. */
const STAND_IN = /^__DUMMY_ID__\d+__$/;

/** The name of a sample, as people read it. */
export const named = (orig_id: string, what = 'sample') =>
  STAND_IN.test(orig_id) ? `Unnamed ${what}` : orig_id;
