-- A project as the first schema's program wrote it. Never edited: it stands for the files that people have.
PRAGMA foreign_keys = OFF;
PRAGMA application_id = 1112951885;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE annotator (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO "annotator" VALUES(1,'Ann');
CREATE TABLE camera (
    recording INTEGER NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    name      TEXT NOT NULL,
    width_px  INTEGER NOT NULL,
    height_px INTEGER NOT NULL,
    PRIMARY KEY (recording, position),
    UNIQUE (recording, name)
) STRICT, WITHOUT ROWID;
INSERT INTO "camera" VALUES(1,0,'cam0',1024,768);
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
CREATE TABLE checkpoint (
    run   INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    key   TEXT NOT NULL,
    value BLOB NOT NULL,
    UNIQUE (run, key)
) STRICT;
CREATE TABLE deleted_centroid (
    recording INTEGER NOT NULL,
    frame     INTEGER NOT NULL,
    camera    INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    x         REAL NOT NULL,
    y         REAL NOT NULL,
    PRIMARY KEY (recording, frame, camera, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE detected (
    recording INTEGER NOT NULL,
    frame     INTEGER NOT NULL,
    run       INTEGER,
    PRIMARY KEY (recording, frame)
) STRICT, WITHOUT ROWID;
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
INSERT INTO "edit" VALUES(1,0,1,0,'label',0,0,NULL,'{"number":3,"x":1.5,"y":2.5,"source":"human","annotator":"Ann","at":1}');
INSERT INTO "edit" VALUES(1,1,1,0,'state',NULL,NULL,'todo','fixed');
CREATE TABLE frame_state (
    recording INTEGER NOT NULL,
    frame     INTEGER NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('fixed', 'accepted', 'skipped')),
    PRIMARY KEY (recording, frame)
) STRICT, WITHOUT ROWID;
INSERT INTO "frame_state" VALUES(1,0,'fixed');
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
CREATE TABLE gesture (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    title     TEXT NOT NULL,
    annotator INTEGER NOT NULL REFERENCES annotator (id),
    at        INTEGER NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('done', 'undone', 'dropped'))  -- dropped: undone, then something else was done
) STRICT;
INSERT INTO "gesture" VALUES(1,'Test',1,1,'done');
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
INSERT INTO "label" VALUES(1,0,0,0,3,1.5,2.5,1,NULL,1,1,NULL);
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('created_at','1795231854686');
INSERT INTO "meta" VALUES('created_by','behaviorvlm 0.1.0');
INSERT INTO "meta" VALUES('skeleton','name = "qd12"

[[regions]]
name = "ears"
keypoints = ["ear_L", "ear_R"]

[[regions]]
name = "back"
keypoints = ["back_top", "back_middle", "back_bottom"]

[[regions]]
name = "paws"
keypoints = ["forepaw_L", "forepaw_R", "hindpaw_L", "hindpaw_R"]

[[regions]]
name = "tail"
keypoints = ["tail_base", "tail_middle", "tail_tip"]

[[keypoints]]
name = "ear_L"
pair = "ear_R"
role = "ear_left"
colour = "#56b4e9"
aliases = ["Ear_L", "left_ear", "EarL"]

[[keypoints]]
name = "ear_R"
pair = "ear_L"
role = "ear_right"
colour = "#56b4e9"
aliases = ["Ear_R", "right_ear", "EarR"]

[[keypoints]]
name = "back_top"
role = "head"
colour = "#f0e442"
aliases = ["Back_top", "neck"]

[[keypoints]]
name = "back_middle"
role = "body_centre"
colour = "#f0e442"
aliases = ["back_mid", "Back_middle", "center_back"]

[[keypoints]]
name = "back_bottom"
role = "back_rear"
colour = "#f0e442"
aliases = ["Back_bottom"]

[[keypoints]]
name = "forepaw_L"
pair = "forepaw_R"
role = "forepaw_left"
colour = "#009e73"
aliases = ["foreleg_L", "left_forepaw"]

[[keypoints]]
name = "forepaw_R"
pair = "forepaw_L"
role = "forepaw_right"
colour = "#009e73"
aliases = ["foreleg_R", "right_forepaw"]

[[keypoints]]
name = "hindpaw_L"
pair = "hindpaw_R"
role = "hindpaw_left"
colour = "#009e73"
aliases = ["hindleg_L", "left_hindpaw"]

[[keypoints]]
name = "hindpaw_R"
pair = "hindpaw_L"
role = "hindpaw_right"
colour = "#009e73"
aliases = ["hindleg_R", "right_hindpaw"]

[[keypoints]]
name = "tail_base"
role = "tail_base"
colour = "#cc79a7"
aliases = ["tail_top"]

[[keypoints]]
name = "tail_middle"
role = "tail_middle"
colour = "#cc79a7"
aliases = ["tail_mid"]

[[keypoints]]
name = "tail_tip"
role = "tail_tip"
colour = "#cc79a7"
aliases = ["tail_end"]

[[bones]]
between = ["ear_L", "ear_R"]

[[bones]]
between = ["ear_L", "back_top"]

[[bones]]
between = ["ear_R", "back_top"]

[[bones]]
between = ["back_top", "back_middle"]

[[bones]]
between = ["back_middle", "back_bottom"]

[[bones]]
between = ["back_bottom", "tail_base"]

[[bones]]
between = ["back_top", "forepaw_L"]

[[bones]]
between = ["back_top", "forepaw_R"]

[[bones]]
between = ["back_bottom", "hindpaw_L"]

[[bones]]
between = ["back_bottom", "hindpaw_R"]

[[bones]]
between = ["tail_base", "tail_middle"]

[[bones]]
between = ["tail_middle", "tail_tip"]
');
CREATE TABLE open_gesture (
    gesture INTEGER PRIMARY KEY
) STRICT;
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
INSERT INTO "recording" VALUES(1,'day1','day1','f',60.0,100,'mm',0.0,NULL,NULL,NULL);
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
CREATE TABLE source (
    code  INTEGER PRIMARY KEY,
    word  TEXT NOT NULL UNIQUE,
    human INTEGER NOT NULL CHECK (human IN (0, 1))
) STRICT;
INSERT INTO "source" VALUES(0,'seed',1);
INSERT INTO "source" VALUES(1,'human',1);
INSERT INTO "source" VALUES(2,'stage1',0);
INSERT INTO "source" VALUES(3,'stage2',0);
INSERT INTO "source" VALUES(4,'stage3',0);
INSERT INTO "source" VALUES(5,'stage4',0);
INSERT INTO "source" VALUES(6,'geometry',0);
INSERT INTO "source" VALUES(7,'propagated',0);
INSERT INTO "source" VALUES(8,'imported',0);
CREATE TABLE stale_frame (
    recording INTEGER NOT NULL,
    frame     INTEGER NOT NULL,
    PRIMARY KEY (recording, frame)
) STRICT, WITHOUT ROWID;
INSERT INTO "stale_frame" VALUES(1,0);
CREATE INDEX run_by_config ON run (recording, kind, config_hash);
CREATE INDEX human_label ON label (recording, frame, source) WHERE source IN (0, 1);
CREATE INDEX gesture_by_state ON gesture (state, id);
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
INSERT INTO "sqlite_sequence" VALUES('gesture',1);
COMMIT;
