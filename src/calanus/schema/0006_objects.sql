-- Ids encode their project: sample p·10⁶+n, acquisition p·10⁷+n, object p·10⁸+n, image p·10⁹+n.
-- Every key begins with the project, so that the tables can be distributed by it.

CREATE TABLE samples (
    project_id  integer NOT NULL,
    sample_id   bigint NOT NULL,
    orig_id     text NOT NULL CHECK (length(orig_id) <= 255),
    latitude    float8,
    longitude   float8,
    dataportal_descriptor text,
    texts       text[] NOT NULL DEFAULT '{}',   -- free columns t01, t02 …
    PRIMARY KEY (project_id, sample_id)
);
CREATE UNIQUE INDEX samples_by_name ON samples (project_id, orig_id);

CREATE TABLE acquisitions (
    project_id     integer NOT NULL,
    acquisition_id bigint NOT NULL,
    sample_id      bigint NOT NULL,
    orig_id        text NOT NULL CHECK (length(orig_id) <= 255),
    instrument     text,
    texts          text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (project_id, acquisition_id)
);
CREATE UNIQUE INDEX acquisitions_by_name ON acquisitions (project_id, sample_id, orig_id);

-- The twin of an acquisition: it bears the same id.
CREATE TABLE processes (
    project_id     integer NOT NULL,
    acquisition_id bigint NOT NULL,
    orig_id        text NOT NULL CHECK (length(orig_id) <= 255),
    texts          text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (project_id, acquisition_id)
);

-- Hot: what sorting reads and writes. Narrow, few indexes; written by annotation after the import.
CREATE TABLE objects (
    project_id     integer NOT NULL,
    taxon_id       integer,
    object_id      bigint NOT NULL,
    sample_id      bigint NOT NULL,
    acquisition_id bigint NOT NULL,
    score          float8,
    identified_at  timestamptz,
    version        bigint NOT NULL DEFAULT 0,   -- the batch that gave the present identification
    annotator_id   integer,
    state          text CHECK (state IN ('P', 'D', 'V', 'X')),
    PRIMARY KEY (project_id, object_id)
) WITH (fillfactor = 90);
CREATE INDEX objects_by_taxon ON objects (project_id, taxon_id, state, score, object_id);
CREATE INDEX objects_by_state ON objects (project_id, state, score, object_id);
CREATE INDEX objects_by_sample ON objects (project_id, sample_id, state, taxon_id);

-- Cold: everything else that is known of an object.
CREATE TABLE object_values (
    project_id   integer NOT NULL,
    object_id    bigint NOT NULL,
    orig_id      text NOT NULL CHECK (length(orig_id) <= 255),
    latitude     float8,
    longitude    float8,
    depth_min    float8,
    depth_max    float8,
    object_date  date,
    object_time  time,
    sun_position text NOT NULL DEFAULT '?' CHECK (sun_position IN ('D', 'U', 'N', 'A', '?')),
    link         text,
    comment      text,
    numbers      float8[] NOT NULL DEFAULT '{}',  -- free columns n01, n02 …; NaN where missing
    texts        text[] NOT NULL DEFAULT '{}',    -- free columns t01, t02 …
    PRIMARY KEY (project_id, object_id)
);
CREATE INDEX object_values_by_name ON object_values (project_id, orig_id);
-- The planner never asks which numbers are frequent; finding out costs seconds.
ALTER TABLE object_values
    ALTER COLUMN numbers SET STATISTICS 0,
    ALTER COLUMN texts SET STATISTICS 0;

-- An append-only tar file of images: DIR/vault/packs/<path>.
CREATE TABLE packs (
    project_id integer NOT NULL,
    pack_id    integer NOT NULL,
    path       text NOT NULL UNIQUE,
    bytes      bigint NOT NULL,
    PRIMARY KEY (project_id, pack_id)
);

CREATE TABLE images (
    project_id     integer NOT NULL,
    object_id      bigint NOT NULL,
    image_id       bigint NOT NULL,
    position       bigint NOT NULL,              -- of the first byte, in its pack
    pack_id        integer NOT NULL,
    length         integer NOT NULL,
    width          integer NOT NULL,
    height         integer NOT NULL,
    rank           smallint NOT NULL,
    hash           bytea NOT NULL,               -- blake2b, 16 bytes
    orig_file_name text NOT NULL CHECK (length(orig_file_name) <= 255),
    PRIMARY KEY (project_id, object_id, rank)
);
CREATE UNIQUE INDEX images_by_id ON images (project_id, image_id);

-- Only of images too large to be their own thumbnail.
CREATE TABLE thumbnails (
    project_id integer NOT NULL,
    image_id   bigint NOT NULL,
    size       smallint NOT NULL CHECK (size IN (64, 160, 320)),
    position   bigint NOT NULL,
    pack_id    integer NOT NULL,
    length     integer NOT NULL,
    PRIMARY KEY (project_id, image_id, size)
);

-- How many objects a project holds, by taxon (-1 when unidentified) and state (U when it has none).
CREATE TABLE counts (
    project_id integer NOT NULL,
    taxon_id   integer NOT NULL,
    state      text NOT NULL CHECK (state IN ('U', 'P', 'D', 'V', 'X')),
    objects    bigint NOT NULL,
    PRIMARY KEY (project_id, taxon_id, state)
);
