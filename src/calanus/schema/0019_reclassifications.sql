-- Batches that moved all of one taxon to another: what others chose in the place of a taxon.
CREATE INDEX batches_reclassifying ON batches (((record->'reclassify'->>'from')::int))
 WHERE record ? 'reclassify';

-- Projects that use a taxon. Of the taxon alone, so that moving a count touches no index.
CREATE INDEX counts_by_taxon ON counts (taxon_id);
