"""What every change of identifications is made of.

A statement says in `changing` which objects become what (`new_…`, beside what they are); these
parts do the rest: what was goes to the history, what is new to the objects.
"""

from typing import LiteralString

REMEMBER: LiteralString = """
            INSERT INTO history (project_id, object_id, batch_id, taxon_id, state, score,
                                 annotator_id, identified_at, version, after_taxon_id,
                                 after_state, after_score)
            SELECT project_id, object_id, %(batch_id)s, taxon_id, state, score, annotator_id,
                   identified_at, version, new_taxon_id, new_state, new_score FROM changing"""
CHANGE: LiteralString = """
            UPDATE objects o
               SET taxon_id = c.new_taxon_id, state = c.new_state, score = c.new_score,
                   annotator_id = c.new_annotator_id, identified_at = c.new_identified_at,
                   version = c.new_version
              FROM changing c
             WHERE o.project_id = %(project_id)s AND o.object_id = c.object_id"""
# Each object, as `Changed` has it.
EACH: LiteralString = """
        SELECT object_id, taxon_id, state, new_taxon_id, new_state, new_score, new_version
          FROM changing ORDER BY object_id"""
# How many went from where to where, as `Move` has it.
MOVES: LiteralString = """
        SELECT taxon_id, state, new_taxon_id, new_state, count(*)::int
          FROM changing GROUP BY 1, 2, 3, 4"""
# The moment of the act; or just after the object's last one, where that came while this one
# waited for it: who comes second is told to have come second.
MOMENT: LiteralString = """
                   CASE WHEN o.identified_at >= %(at)s::timestamptz
                         AND o.identified_at < %(at)s::timestamptz + interval '1 minute'
                        THEN o.identified_at + interval '1 microsecond'
                        ELSE %(at)s::timestamptz END"""
# A prediction by nobody, of this batch.
PREDICTED: LiteralString = f"""
                   'P' AS new_state, NULL::int AS new_annotator_id,
                   {MOMENT} AS new_identified_at, %(batch_id)s::bigint AS new_version"""
# What an object was before a batch, as its history has it.
FORMER: LiteralString = """
                   h.taxon_id AS new_taxon_id, h.state AS new_state, h.score AS new_score,
                   h.annotator_id AS new_annotator_id, h.identified_at AS new_identified_at,
                   h.version AS new_version"""
