-- The labels that the project's behaviour is described with. No row: the built-in ones.
CREATE TABLE vocabulary (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    body TEXT NOT NULL                          -- TOML
) STRICT;
CREATE TRIGGER vocabulary_insert BEFORE INSERT ON vocabulary WHEN NOT EXISTS (SELECT 1 FROM open_gesture)
BEGIN
    SELECT RAISE(ABORT, 'the vocabulary is written only by a gesture');
END;
CREATE TRIGGER vocabulary_update BEFORE UPDATE ON vocabulary WHEN NOT EXISTS (SELECT 1 FROM open_gesture)
BEGIN
    SELECT RAISE(ABORT, 'the vocabulary is written only by a gesture');
END;
CREATE TRIGGER vocabulary_delete BEFORE DELETE ON vocabulary WHEN NOT EXISTS (SELECT 1 FROM open_gesture)
BEGIN
    SELECT RAISE(ABORT, 'the vocabulary is written only by a gesture');
END;

-- The journal's edits may be of the vocabulary too; a check cannot be altered, so the table is made anew.
CREATE TABLE edit_4 (
    gesture   INTEGER NOT NULL REFERENCES gesture (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    recording INTEGER NOT NULL,                 -- 0: the whole project
    frame     INTEGER NOT NULL,
    target    TEXT NOT NULL CHECK (target IN ('label', 'centroid', 'state', 'mask_region', 'segment', 'vocabulary')),
    camera    INTEGER,
    item      INTEGER,                          -- the keypoint of a label, the number of a centroid, the id of a mask region or segment
    before    TEXT,                             -- JSON, of a vocabulary TOML; NULL: nothing stood there
    after     TEXT,
    PRIMARY KEY (gesture, position)
) STRICT, WITHOUT ROWID;
INSERT INTO edit_4 SELECT gesture, position, recording, frame, target, camera, item, before, after FROM edit;
DROP TABLE edit;
ALTER TABLE edit_4 RENAME TO edit;
CREATE INDEX edit_of_centroid ON edit (recording, frame, camera) WHERE target = 'centroid';
