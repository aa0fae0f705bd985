-- What people say of behaviour has rows of its own: a row's number is never given twice, since the journal speaks of it.
CREATE TABLE human_segment (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    recording   INTEGER NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
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
    modifiers   TEXT NOT NULL,                    -- JSON: words
    clips       TEXT NOT NULL,                    -- JSON: the numbers of its clips
    annotator   INTEGER NOT NULL REFERENCES annotator (id),  -- who wrote it last, and when; undo is no writing
    at          INTEGER NOT NULL,
    CHECK (start_frame < stop_frame)
) STRICT;
INSERT INTO human_segment
    SELECT id, recording, animal, start_frame, stop_frame, kind, label, description, partner, role, confidence, status, source,
           '[]', clips, annotator, at
    FROM segment WHERE layer = 'human';
CREATE INDEX human_segment_by_place ON human_segment (recording, animal, start_frame);

CREATE TABLE merged_segment (
    id          INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
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
    modifiers   TEXT NOT NULL,
    clips       TEXT NOT NULL,
    at          INTEGER NOT NULL,
    CHECK (start_frame < stop_frame)
) STRICT;
INSERT INTO merged_segment
    SELECT id, run, animal, start_frame, stop_frame, kind, label, description, partner, role, confidence, status, source,
           '[]', clips, at
    FROM segment WHERE layer = 'merged';
CREATE INDEX merged_segment_by_place ON merged_segment (run, animal, start_frame);
DROP TABLE segment;

-- Only a gesture writes what people say.
CREATE TRIGGER human_segment_insert BEFORE INSERT ON human_segment WHEN NOT EXISTS (SELECT 1 FROM open_gesture)
BEGIN
    SELECT RAISE(ABORT, 'human segments are written only by a gesture');
END;
CREATE TRIGGER human_segment_update BEFORE UPDATE ON human_segment WHEN NOT EXISTS (SELECT 1 FROM open_gesture)
BEGIN
    SELECT RAISE(ABORT, 'human segments are written only by a gesture');
END;
CREATE TRIGGER human_segment_delete BEFORE DELETE ON human_segment WHEN NOT EXISTS (SELECT 1 FROM open_gesture)
BEGIN
    SELECT RAISE(ABORT, 'human segments are written only by a gesture');
END;

-- The journal's edits may be of segments too; a check cannot be altered, so the table is made anew.
CREATE TABLE edit_3 (
    gesture   INTEGER NOT NULL REFERENCES gesture (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    recording INTEGER NOT NULL,
    frame     INTEGER NOT NULL,
    target    TEXT NOT NULL CHECK (target IN ('label', 'centroid', 'state', 'mask_region', 'segment')),
    camera    INTEGER,
    item      INTEGER,                          -- the keypoint of a label, the number of a centroid, the id of a mask region or segment
    before    TEXT,                             -- JSON; NULL: nothing stood there
    after     TEXT,
    PRIMARY KEY (gesture, position)
) STRICT, WITHOUT ROWID;
INSERT INTO edit_3 SELECT gesture, position, recording, frame, target, camera, item, before, after FROM edit;
DROP TABLE edit;
ALTER TABLE edit_3 RENAME TO edit;
CREATE INDEX edit_of_centroid ON edit (recording, frame, camera) WHERE target = 'centroid';
