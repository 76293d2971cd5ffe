-- A table of taxa by which an export renames or drops them: of a project, or of a collection.
CREATE TABLE recasts (
    project_id    integer REFERENCES projects ON DELETE CASCADE,
    collection_id integer,
    operation     text NOT NULL,
    from_to       json NOT NULL,     -- {"taxon": taxon, 0 or null}: json and not jsonb, to keep the order
    doc           json,              -- {"taxon": why}
    CHECK (num_nonnulls(project_id, collection_id) = 1)
);
CREATE UNIQUE INDEX recasts_of_projects ON recasts (project_id, operation) WHERE project_id IS NOT NULL;
CREATE UNIQUE INDEX recasts_of_collections ON recasts (collection_id, operation) WHERE collection_id IS NOT NULL;
