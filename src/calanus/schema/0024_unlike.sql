-- What looked like nothing that was learnt, in the prediction of a batch: left as it was.
CREATE TABLE unlike_objects (
    project_id integer NOT NULL,
    object_id  bigint NOT NULL,
    batch_id   bigint NOT NULL,
    place      integer NOT NULL,    -- in the tray, in which look-alikes stand side by side
    strangeness float8 NOT NULL,  -- above 0: how much stranger than the bound
    PRIMARY KEY (project_id, object_id, batch_id)
);
CREATE INDEX unlike_objects_by_batch ON unlike_objects (project_id, batch_id, place);
