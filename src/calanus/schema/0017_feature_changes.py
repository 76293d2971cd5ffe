"""When the deep features of a project changed, so that copies of them know whether they are old.

A trigger, because vectors come and go with objects in several rooms, and none may forget.
"""

from psycopg import Connection
from yoyo import step  # pyright: ignore  (yoyo has no types)

SQL = """
    -- The moment is a number that never returns, even when a project is emptied and filled again.
    CREATE SEQUENCE feature_moments;
    CREATE TABLE feature_changes (
        project_id   integer NOT NULL,
        extractor_id integer NOT NULL,
        moment       bigint NOT NULL,
        PRIMARY KEY (project_id, extractor_id)
    );
    CREATE FUNCTION note_feature_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO feature_changes AS c (project_id, extractor_id, moment)
        SELECT project_id, extractor_id, nextval('feature_moments')
          FROM (SELECT DISTINCT project_id, extractor_id FROM touched ORDER BY 1, 2) t
            ON CONFLICT (project_id, extractor_id) DO UPDATE SET moment = excluded.moment;
        RETURN NULL;
    END $$;
    CREATE TRIGGER features_came AFTER INSERT ON features
        REFERENCING NEW TABLE AS touched
        FOR EACH STATEMENT EXECUTE FUNCTION note_feature_change();
    CREATE TRIGGER features_went AFTER DELETE ON features
        REFERENCING OLD TABLE AS touched
        FOR EACH STATEMENT EXECUTE FUNCTION note_feature_change();
    CREATE TRIGGER features_left AFTER UPDATE ON features
        REFERENCING OLD TABLE AS touched
        FOR EACH STATEMENT EXECUTE FUNCTION note_feature_change();
    CREATE TRIGGER features_arrived AFTER UPDATE ON features
        REFERENCING NEW TABLE AS touched
        FOR EACH STATEMENT EXECUTE FUNCTION note_feature_change();
    INSERT INTO feature_changes (project_id, extractor_id, moment)
    SELECT project_id, extractor_id, nextval('feature_moments')
      FROM (SELECT DISTINCT project_id, extractor_id FROM features) t;
"""


def create(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SQL)


steps = [step(create)]
