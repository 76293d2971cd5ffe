-- Taxa that come from elsewhere, and what is asked of servers outside.
ALTER TABLE taxa
    ADD COLUMN creator_email  text,
    ADD COLUMN central_at     timestamp,      -- when the reference server last changed it, by its own clock
    ADD COLUMN id_instance    integer,        -- the instance that the reference server says made it
    ADD COLUMN awaits_central boolean NOT NULL DEFAULT false,  -- made here, still to be told to the server
    ADD COLUMN trouble        text,           -- why the reference server did not take it
    ADD COLUMN origin         uuid,           -- the installation that made it, when that is another one
    ADD COLUMN origin_id      integer;        -- and its number there
CREATE UNIQUE INDEX taxa_by_origin ON taxa (origin, origin_id) WHERE origin IS NOT NULL;
CREATE INDEX taxa_by_aphia_id ON taxa (aphia_id) WHERE aphia_id IS NOT NULL;
CREATE INDEX taxa_awaiting ON taxa (taxon_id) WHERE awaits_central;

-- Numbers up to here are the starter tree's, also where it was never planted.
DO $$ BEGIN
    PERFORM setval('local_taxa', greatest(last_value + is_called::int, 1000001000), false)
       FROM local_taxa;
END $$;

-- One row: who this installation is, and when its tree last changed.
CREATE TABLE tree (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    instance   uuid NOT NULL DEFAULT gen_random_uuid(),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO tree DEFAULT VALUES;

-- Not now(): that is when a transaction began, and one that began early may end late.
CREATE FUNCTION tree_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tree SET changed_at = clock_timestamp();
    RETURN NULL;
END $$;
CREATE TRIGGER taxa_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON taxa
    FOR EACH STATEMENT EXECUTE FUNCTION tree_changes();

-- Exchanges with the reference server: one at a time, for as long as the lease says.
CREATE TABLE exchanges (
    kind       text PRIMARY KEY CHECK (kind IN ('pull', 'push')),
    done_at    timestamptz,      -- the last that went well
    trouble    text,             -- of the last one, when it did not
    busy_until timestamptz
);
INSERT INTO exchanges (kind) VALUES ('pull'), ('push');

-- What servers outside have answered, and when: asked again only when it is old.
CREATE TABLE answers (
    service  text NOT NULL,
    question text NOT NULL,
    answer   json NOT NULL,
    asked_at timestamptz NOT NULL,
    PRIMARY KEY (service, question)
);
CREATE INDEX answers_by_age ON answers (asked_at);
