-- Projects that learn again while they are sorted: a line is there while the setting is on.
CREATE TABLE relearning (
    project_id  integer PRIMARY KEY REFERENCES projects ON DELETE CASCADE,
    owner_id    integer NOT NULL REFERENCES users,  -- who switched it on: learning is theirs
    asked_batch bigint NOT NULL,                    -- decisions after this act are not learnt yet
    learnt_at   timestamptz,
    learnt_from integer NOT NULL DEFAULT 0,         -- objects that taught
    changed     integer NOT NULL DEFAULT 0,         -- objects whose prediction is another one now
    trouble     text NOT NULL DEFAULT ''            -- why nothing was learnt the last time
);
