-- Behaviour: the animals of a recording, clips, what was said of each, and segments.

CREATE TABLE animal (
    recording INTEGER NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    name      TEXT NOT NULL,
    color     TEXT,
    verified  INTEGER NOT NULL CHECK (verified IN (0, 1)), -- whether its identity is known throughout
    PRIMARY KEY (recording, position),
    UNIQUE (recording, name)
) STRICT, WITHOUT ROWID;

-- The clips of a run tile the track of each animal.
CREATE TABLE clip (
    run         INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL,
    animal      INTEGER NOT NULL,
    start_frame INTEGER NOT NULL,
    stop_frame  INTEGER NOT NULL,
    cluster     INTEGER,                          -- NULL: the animal is not seen
    PRIMARY KEY (run, number),
    CHECK (start_frame < stop_frame)
) STRICT, WITHOUT ROWID;

CREATE TABLE caption (
    run         INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL,                 -- the clip's
    label       TEXT NOT NULL,
    description TEXT NOT NULL,
    partner     INTEGER,
    role        TEXT NOT NULL CHECK (role IN ('actor', 'recipient', 'mutual', 'none')),
    confidence  REAL NOT NULL,
    source      TEXT NOT NULL CHECK (source IN ('rules', 'model', 'imported', 'human')),
    PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;

-- Layer "merged" belongs to a run; layer "human" is what people made, or read from a table.
CREATE TABLE segment (
    id          INTEGER PRIMARY KEY,
    recording   INTEGER NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
    layer       TEXT NOT NULL CHECK (layer IN ('merged', 'human')),
    run         INTEGER REFERENCES run (id) ON DELETE CASCADE,
    animal      INTEGER NOT NULL,
    start_frame INTEGER NOT NULL,
    stop_frame  INTEGER NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('state', 'point')),
    label       TEXT NOT NULL,
    description TEXT NOT NULL,
    partner     INTEGER,
    role        TEXT NOT NULL CHECK (role IN ('actor', 'recipient', 'mutual', 'none')),
    confidence  REAL,
    status      TEXT NOT NULL CHECK (status IN ('unreviewed', 'accepted', 'edited')),
    source      TEXT NOT NULL CHECK (source IN ('rules', 'model', 'imported', 'human')),
    annotator   INTEGER REFERENCES annotator (id),
    at          INTEGER NOT NULL,
    clips       TEXT NOT NULL,                    -- JSON: the numbers of its clips
    CHECK (start_frame < stop_frame),
    CHECK ((layer = 'merged') = (run IS NOT NULL))
) STRICT;
CREATE INDEX segment_by_place ON segment (recording, layer, run, animal, start_frame);
