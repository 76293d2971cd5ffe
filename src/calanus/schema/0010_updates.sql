-- An identification that a table told has an author and a moment of its own: redoing its batch needs
-- them. Where they are empty the author and the moment are those of the batch.
ALTER TABLE history
    ADD COLUMN after_annotator_id   integer,
    ADD COLUMN after_identified_at  timestamptz;

-- What a name in a table was answered to mean, by project; proposed when it is asked for again.
CREATE TABLE remembered_names (
    project_id  integer NOT NULL REFERENCES projects ON DELETE CASCADE,
    kind        text NOT NULL CHECK (kind IN ('taxa', 'users')),
    name        text NOT NULL,               -- in lower case
    meant       integer NOT NULL,            -- taxon_id or user_id
    answered_by integer NOT NULL REFERENCES users,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, kind, name)
);
CREATE INDEX remembered_names_by_person ON remembered_names (answered_by, kind, name);
