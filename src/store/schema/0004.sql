-- Questions to models and what came of them. An answer is paid for once: the key is the hash of all that decides it.
CREATE TABLE exchange (
    id        INTEGER PRIMARY KEY,
    recording INTEGER NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
    run       INTEGER REFERENCES run (id) ON DELETE SET NULL,
    frame     INTEGER,                          -- NULL where it is about no single frame
    tag       TEXT NOT NULL,
    key       TEXT NOT NULL,
    attempt   INTEGER NOT NULL,                 -- 0 the question, 1 the re-ask
    answered  INTEGER NOT NULL CHECK (answered IN (0, 1)),
    body      TEXT NOT NULL                     -- JSON: the exchange itself
) STRICT;
CREATE INDEX exchange_by_key ON exchange (key, attempt) WHERE answered = 1;
CREATE INDEX exchange_by_frame ON exchange (recording, frame);
