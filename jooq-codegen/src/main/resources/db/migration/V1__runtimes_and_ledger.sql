-- The worker's own file. It is a projection: deleting it loses nothing, the catalogue's log fills it
-- again. Times are milliseconds since 1970; STRICT, so that a column holds what it says.

-- The runtimes of the catalogue, one row for each that was not removed.
CREATE TABLE runtime (
    id               INTEGER NOT NULL PRIMARY KEY,      -- offset of its record in the catalogue's log
    name             TEXT    NOT NULL UNIQUE,
    source_file_name TEXT    NOT NULL,
    kind             TEXT    NOT NULL CHECK (kind IN ('NIX')),
    state            TEXT    NOT NULL CHECK (state IN ('PENDING', 'READY', 'BROKEN')),
    digest           TEXT    NOT NULL,                  -- SHA-256 of the definition
    nix_shell        TEXT    NOT NULL,
    compile_script   TEXT,                              -- NULL: nothing to compile
    run_script       TEXT    NOT NULL,
    limits           TEXT    NOT NULL,                  -- limits of its installation, 'key=value' by spaces
    job_id           TEXT    NOT NULL,                  -- the job that installed it
    fault            TEXT,                              -- why it is BROKEN on this host
    created_at       INTEGER NOT NULL
) STRICT;

-- How far this file has followed the catalogue's log: one row.
CREATE TABLE catalogue_position (
    only_row    INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    cluster     TEXT    NOT NULL,                       -- Kafka's cluster id: another cluster, another catalogue
    topic_id    TEXT    NOT NULL,                       -- the topic's id: made anew, it is another catalogue
    next_offset INTEGER NOT NULL
) STRICT;

-- The results this replica has published: a job delivered again is answered from here, not run again.
CREATE TABLE ledger (
    job_id       TEXT    NOT NULL PRIMARY KEY,
    digest       TEXT    NOT NULL,                      -- SHA-256 of the job as decoded
    outcome      TEXT    NOT NULL,
    result       BLOB    NOT NULL,                      -- the record's value, as published
    published_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX ledger_by_age ON ledger (published_at);

-- What was removed, and by which job: a removal that is delivered again is told what it did.
CREATE TABLE removal (
    job_id     TEXT    NOT NULL PRIMARY KEY,
    runtime_id INTEGER NOT NULL,
    name       TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
