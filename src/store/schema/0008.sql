-- Clips that a person verified, shown to models beside the clips of other recordings.
CREATE TABLE example (
    id   INTEGER PRIMARY KEY,
    body TEXT NOT NULL,                           -- JSON: where it is from, what it shows, who verified it, what is measured of it
    at   INTEGER NOT NULL
) STRICT;
CREATE TABLE example_picture (
    example  INTEGER NOT NULL REFERENCES example (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    secs     REAL NOT NULL,                       -- from its start
    width    INTEGER NOT NULL,
    height   INTEGER NOT NULL,
    jpeg     BLOB NOT NULL,
    PRIMARY KEY (example, position)
) STRICT, WITHOUT ROWID;
