CREATE TABLE taxa (
    taxon_id     integer PRIMARY KEY,
    parent_id    integer,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    display_name text NOT NULL CHECK (length(display_name) <= 200),
    type         text NOT NULL DEFAULT 'P' CHECK (type IN ('P', 'M')),
    status       text NOT NULL DEFAULT 'A' CHECK (status IN ('A', 'N', 'D')),
    rank         text,
    aphia_id     integer,
    rename_to    integer,
    source_url   text,
    source_desc  text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    lineage      integer[] NOT NULL,  -- from the root to the taxon itself
    folded       text NOT NULL        -- display name in lower case and without accents: what search reads
);
CREATE INDEX taxa_by_parent ON taxa (parent_id);
CREATE INDEX taxa_by_name ON taxa (lower(name));
CREATE INDEX taxa_by_display_name ON taxa (lower(display_name));
CREATE INDEX taxa_by_lineage ON taxa USING gin (lineage);

-- Taxa made here are numbered from 1,000,000,000, so that EcoTaxa's ids stay free.
CREATE SEQUENCE local_taxa AS integer START 1000000000;
