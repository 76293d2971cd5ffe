-- What was written in a project, told by the tables themselves: one row for each transaction that wrote
-- objects or values, with a number drawn by lot. The sum of the numbers that a reader sees says exactly
-- which transactions it sees, so that what was computed from these tables is still good while the sum is
-- the same. Rows are only added, hence nobody waits for anybody; many may be replaced by one with their sum.
CREATE TABLE changes (
    project_id integer NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('objects', 'values')),
    token      bigint NOT NULL
);
CREATE INDEX changes_by_project ON changes (project_id, kind) INCLUDE (token);

INSERT INTO changes (project_id, kind, token)
SELECT project_id, kind, (random() * 4611686018427387903)::bigint
  FROM projects, unnest('{objects,values}'::text[]) AS kind;

-- Once a transaction, project and kind; the setting ends with the transaction, or goes back with it.
CREATE FUNCTION note_change(project integer, kind text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('calanus.noted_' || kind, true) IS DISTINCT FROM project::text THEN
        INSERT INTO changes VALUES (project, kind, (random() * 4611686018427387903)::bigint);
        PERFORM set_config('calanus.noted_' || kind, project::text, true);
    END IF;
END $$;
-- Of a statement that writes many rows, each of them comes here: what is known already ends at once.
CREATE FUNCTION note_new_object() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('calanus.noted_objects', true) IS DISTINCT FROM NEW.project_id::text THEN
        PERFORM note_change(NEW.project_id, 'objects');
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION note_new_values() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('calanus.noted_values', true) IS DISTINCT FROM NEW.project_id::text THEN
        PERFORM note_change(NEW.project_id, 'values');
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION note_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM note_change(OLD.project_id, TG_ARGV[0]); RETURN NULL; END $$;
CREATE FUNCTION note_objects() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    least integer;
    most integer;
BEGIN
    SELECT min(project_id), max(project_id) INTO least, most FROM written;
    IF least = most THEN
        PERFORM note_change(least, 'objects');
    ELSE
        PERFORM note_change(project_id, 'objects') FROM (SELECT DISTINCT project_id FROM written) w;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER objects_added AFTER INSERT ON objects FOR EACH ROW
    WHEN (current_setting('calanus.noted_objects', true) IS DISTINCT FROM NEW.project_id::text)
    EXECUTE FUNCTION note_new_object();
CREATE TRIGGER objects_removed AFTER DELETE ON objects FOR EACH ROW
    WHEN (current_setting('calanus.noted_objects', true) IS DISTINCT FROM OLD.project_id::text)
    EXECUTE FUNCTION note_old('objects');
CREATE TRIGGER objects_moved AFTER UPDATE OF project_id ON objects FOR EACH ROW
    WHEN (OLD.project_id <> NEW.project_id)
    EXECUTE FUNCTION note_old('objects');
CREATE TRIGGER objects_changed AFTER UPDATE ON objects REFERENCING NEW TABLE AS written FOR EACH STATEMENT
    EXECUTE FUNCTION note_objects();

CREATE TRIGGER values_written AFTER INSERT OR UPDATE ON object_values FOR EACH ROW
    WHEN (current_setting('calanus.noted_values', true) IS DISTINCT FROM NEW.project_id::text)
    EXECUTE FUNCTION note_new_values();
CREATE TRIGGER values_removed AFTER DELETE ON object_values FOR EACH ROW
    WHEN (current_setting('calanus.noted_values', true) IS DISTINCT FROM OLD.project_id::text)
    EXECUTE FUNCTION note_old('values');
CREATE TRIGGER values_moved AFTER UPDATE OF project_id ON object_values FOR EACH ROW
    WHEN (OLD.project_id <> NEW.project_id)
    EXECUTE FUNCTION note_old('values');
