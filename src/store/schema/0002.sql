-- What a person tells the detector: its settings per recording, and the areas in which dots do not count.

-- Settings as JSON; no row: the usual ones.
CREATE TABLE detector_settings (
    recording INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    config    TEXT NOT NULL
) STRICT;

-- Areas of one camera over the frames start_frame to end_frame, the end exclusive. What they hide is computed when dots are
-- read. AUTOINCREMENT: the journal names them, so an id is never given twice.
CREATE TABLE mask_region (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    recording   INTEGER NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
    camera      INTEGER NOT NULL,
    start_frame INTEGER NOT NULL,
    end_frame   INTEGER NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('reflection', 'arena')),
    shape       TEXT NOT NULL,                  -- JSON
    annotator   INTEGER NOT NULL REFERENCES annotator (id),
    at          INTEGER NOT NULL,
    CHECK (start_frame < end_frame)
) STRICT;
CREATE INDEX mask_region_by_recording ON mask_region (recording);

-- The journal's edits may be of mask regions too; a check cannot be altered, so the table is made anew.
CREATE TABLE edit_2 (
    gesture   INTEGER NOT NULL REFERENCES gesture (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    recording INTEGER NOT NULL,
    frame     INTEGER NOT NULL,
    target    TEXT NOT NULL CHECK (target IN ('label', 'centroid', 'state', 'mask_region')),
    camera    INTEGER,
    item      INTEGER,                          -- the keypoint of a label, the number of a centroid, the id of a mask region
    before    TEXT,                             -- JSON; NULL: nothing stood there
    after     TEXT,
    PRIMARY KEY (gesture, position)
) STRICT, WITHOUT ROWID;
INSERT INTO edit_2 SELECT gesture, position, recording, frame, target, camera, item, before, after FROM edit;
DROP TABLE edit;
ALTER TABLE edit_2 RENAME TO edit;
CREATE INDEX edit_of_centroid ON edit (recording, frame, camera) WHERE target = 'centroid';
