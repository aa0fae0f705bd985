-- What was said of a clip beside its caption, as JSON: each of several answers, the body part by part. NULL: nothing.

ALTER TABLE caption ADD COLUMN detail TEXT;
