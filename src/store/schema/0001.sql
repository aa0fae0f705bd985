-- The first schema of a project file. A released step is never edited: what must change goes into the next step.
-- Labels, points and summaries of 100,000 frames live here, so the tables that have a row per keypoint are clustered by
-- their key (WITHOUT ROWID) and store small codes instead of words.

-- What the project is about: skeleton (TOML), created_by, created_at.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What the codes in the columns "source" mean.
CREATE TABLE source (
    code  INTEGER PRIMARY KEY,
    word  TEXT NOT NULL UNIQUE,
    human INTEGER NOT NULL CHECK (human IN (0, 1))
) STRICT;
INSERT INTO source (code, word, human) VALUES
    (0, 'seed', 1), (1, 'human', 1), (2, 'stage1', 0), (3, 'stage2', 0), (4, 'stage3', 0), (5, 'stage4', 0),
    (6, 'geometry', 0), (7, 'propagated', 0), (8, 'imported', 0);

CREATE TABLE annotator (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE recording (
    id                      INTEGER PRIMARY KEY,
    name                    TEXT NOT NULL UNIQUE,
    path                    TEXT NOT NULL,      -- relative to the project's folder where that is possible, with /
    fingerprint             TEXT NOT NULL,      -- hash of its content, so that a moved recording is known again
    fps                     REAL NOT NULL,
    frame_count             INTEGER NOT NULL,
    units                   TEXT NOT NULL,      -- of the calibration: mm, cm, m
    fluorescence_lag_frames REAL NOT NULL,
    subject                 TEXT,
    session                 TEXT,
    group_name              TEXT
) STRICT;

CREATE TABLE camera (
    recording INTEGER NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    name      TEXT NOT NULL,
    width_px  INTEGER NOT NULL,
    height_px INTEGER NOT NULL,
    PRIMARY KEY (recording, position),
    UNIQUE (recording, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    id          INTEGER PRIMARY KEY,
    recording   INTEGER NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
    kind        TEXT NOT NULL,                  -- detect, pose, …
    config      TEXT NOT NULL,                  -- JSON
    config_hash TEXT NOT NULL,
    started     INTEGER NOT NULL,               -- milliseconds since the Unix epoch, as everywhere
    finished    INTEGER,
    state       TEXT NOT NULL CHECK (state IN ('running', 'finished', 'stopped', 'failed'))
) STRICT;
CREATE INDEX run_by_config ON run (recording, kind, config_hash);

-- What a run needs to go on where it stopped.
CREATE TABLE checkpoint (
    run   INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    key   TEXT NOT NULL,
    value BLOB NOT NULL,
    UNIQUE (run, key)
) STRICT;

-- Which frames the detector has seen, and in which run.
CREATE TABLE detected (
    recording INTEGER NOT NULL,
    frame     INTEGER NOT NULL,
    run       INTEGER,
    PRIMARY KEY (recording, frame)
) STRICT, WITHOUT ROWID;

-- The centroids of one view. No row: the camera could not be read at this frame.
CREATE TABLE detection (
    recording   INTEGER NOT NULL,
    frame       INTEGER NOT NULL,
    camera      INTEGER NOT NULL,
    crop_x      INTEGER,
    crop_y      INTEGER,
    crop_width  INTEGER,
    crop_height INTEGER,
    centroids   BLOB NOT NULL,
    UNIQUE (recording, frame, camera)
) STRICT;

-- Centroids that a person deleted: their numbers are never given again, and the detector does not bring them back.
CREATE TABLE deleted_centroid (
    recording INTEGER NOT NULL,
    frame     INTEGER NOT NULL,
    camera    INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    x         REAL NOT NULL,
    y         REAL NOT NULL,
    PRIMARY KEY (recording, frame, camera, number)
) STRICT, WITHOUT ROWID;

-- number and point: this centroid; point alone: a free point; neither: it cannot be seen in this view.
CREATE TABLE label (
    recording INTEGER NOT NULL,
    frame     INTEGER NOT NULL,
    camera    INTEGER NOT NULL,
    keypoint  INTEGER NOT NULL,
    number    INTEGER,
    x         REAL,
    y         REAL,
    source    INTEGER NOT NULL,
    run       INTEGER,
    annotator INTEGER,
    at        INTEGER NOT NULL,
    margin    REAL,                             -- nats to the second-best joint assignment
    PRIMARY KEY (recording, frame, camera, keypoint),
    CHECK ((x IS NULL) = (y IS NULL)),
    CHECK (number IS NULL OR x IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX human_label ON label (recording, frame, source) WHERE source IN (0, 1);

-- 2D labels as a foreign tool gave them: a run that starts from them finds them here, whatever stands in "label" by now.
CREATE TABLE imported_label (
    recording INTEGER NOT NULL,
    frame     INTEGER NOT NULL,
    camera    INTEGER NOT NULL,
    keypoint  INTEGER NOT NULL,
    x         REAL,
    y         REAL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (recording, frame, camera, keypoint),
    CHECK ((x IS NULL) = (y IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE point3d (
    recording INTEGER NOT NULL,
    frame     INTEGER NOT NULL,
    keypoint  INTEGER NOT NULL,
    x         REAL NOT NULL,
    y         REAL NOT NULL,
    z         REAL NOT NULL,
    error_px  REAL,
    views     INTEGER NOT NULL,
    source    INTEGER NOT NULL,
    PRIMARY KEY (recording, frame, keypoint)
) STRICT, WITHOUT ROWID;

-- What stage 4 changed in a frame, and why. Kinds: 0 cannot be seen, 1 free point, 2 centroid; NULL no label.
CREATE TABLE change (
    recording       INTEGER NOT NULL,
    frame           INTEGER NOT NULL,
    position        INTEGER NOT NULL,
    run             INTEGER,
    camera          INTEGER NOT NULL,
    keypoint        INTEGER NOT NULL,
    before_kind     INTEGER,
    before_number   INTEGER,
    before_x        REAL,
    before_y        REAL,
    after_kind      INTEGER,
    after_number    INTEGER,
    after_x         REAL,
    after_y         REAL,
    error_before_px REAL,
    error_after_px  REAL,
    reason          TEXT NOT NULL,
    PRIMARY KEY (recording, frame, position)
) STRICT, WITHOUT ROWID;

-- Why a frame stands where it stands in the queue, one column per reason; NULL where a run did not measure it.
CREATE TABLE frame_summary (
    recording       INTEGER NOT NULL,
    frame           INTEGER NOT NULL,
    run             INTEGER,
    score           REAL,
    reprojection_px REAL,
    residual_before REAL,
    residual_after  REAL,
    jump            REAL,
    bones           REAL,
    unassigned      REAL,
    two_views       REAL,
    disagreement    REAL,
    side            REAL,
    margin          REAL,
    PRIMARY KEY (recording, frame)
) STRICT, WITHOUT ROWID;

-- What a person decided about a frame; no row means "todo". It outlives the runs.
CREATE TABLE frame_state (
    recording INTEGER NOT NULL,
    frame     INTEGER NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('fixed', 'accepted', 'skipped')),
    PRIMARY KEY (recording, frame)
) STRICT, WITHOUT ROWID;

-- Frames whose labels a person changed and whose 3D points and reasons were not computed again since.
CREATE TABLE stale_frame (
    recording INTEGER NOT NULL,
    frame     INTEGER NOT NULL,
    PRIMARY KEY (recording, frame)
) STRICT, WITHOUT ROWID;

-- The journal: one gesture of a person is many edits.
CREATE TABLE gesture (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    title     TEXT NOT NULL,
    annotator INTEGER NOT NULL REFERENCES annotator (id),
    at        INTEGER NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('done', 'undone', 'dropped'))  -- dropped: undone, then something else was done
) STRICT;
CREATE INDEX gesture_by_state ON gesture (state, id);

CREATE TABLE edit (
    gesture   INTEGER NOT NULL REFERENCES gesture (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    recording INTEGER NOT NULL,
    frame     INTEGER NOT NULL,
    target    TEXT NOT NULL CHECK (target IN ('label', 'centroid', 'state')),
    camera    INTEGER,
    item      INTEGER,                          -- the keypoint of a label, the number of a centroid
    before    TEXT,                             -- JSON; NULL: nothing stood there
    after     TEXT,
    PRIMARY KEY (gesture, position)
) STRICT, WITHOUT ROWID;

-- Holds a row only inside a transaction that writes a gesture. Without it nothing may touch what a person labelled.
CREATE TABLE open_gesture (
    gesture INTEGER PRIMARY KEY
) STRICT;

CREATE TRIGGER human_label_insert BEFORE INSERT ON label
WHEN NOT EXISTS (SELECT 1 FROM open_gesture)
BEGIN
    SELECT RAISE(ABORT, 'human labels are written only by a gesture') WHERE NEW.source IN (0, 1);
    SELECT RAISE(ABORT, 'a machine may not write over a human label') WHERE EXISTS (
        SELECT 1 FROM label
        WHERE recording = NEW.recording AND frame = NEW.frame AND camera = NEW.camera AND keypoint = NEW.keypoint
          AND source IN (0, 1));
END;

CREATE TRIGGER human_label_update BEFORE UPDATE ON label
WHEN (OLD.source IN (0, 1) OR NEW.source IN (0, 1)) AND NOT EXISTS (SELECT 1 FROM open_gesture)
BEGIN
    SELECT RAISE(ABORT, 'a machine may not write over a human label');
END;

CREATE TRIGGER human_label_delete BEFORE DELETE ON label
WHEN OLD.source IN (0, 1) AND NOT EXISTS (SELECT 1 FROM open_gesture)
BEGIN
    SELECT RAISE(ABORT, 'a machine may not delete a human label');
END;
