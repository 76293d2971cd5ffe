-- What a revert gives back to an object is an earlier identification with its earlier version; an
-- act that makes a new one leaves this empty, and the version is its own number.
ALTER TABLE history ADD COLUMN after_version bigint;
