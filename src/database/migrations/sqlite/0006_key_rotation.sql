-- Hashes that a key had before it was regenerated. A call is recorded under the hash that it came
-- with; a question about a key asks for all of them. They stay when the key is deleted, as its
-- calls do.
CREATE TABLE former_key (
  token TEXT PRIMARY KEY,
  account TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX former_key_account ON former_key (account);

-- What is known of earlier regenerations: the first hash is the account, others are in the log.
INSERT INTO former_key (token, account)
SELECT account, account FROM virtual_key WHERE replaced_by IS NULL AND token <> account;
INSERT OR IGNORE INTO former_key (token, account)
SELECT object_id, json_extract(before_value, '$.account') FROM audit_log
WHERE action = 'regenerated' AND table_name = 'virtual_key'
  AND json_extract(before_value, '$.account') IS NOT NULL;

-- When a key with auto_rotate gets its next text. A key without a row gets one before it rotates.
CREATE TABLE key_rotation (
  account TEXT PRIMARY KEY,
  due_at_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX virtual_key_rotation ON virtual_key (account) WHERE auto_rotate = 1;
CREATE TRIGGER key_rotation_ends AFTER DELETE ON virtual_key WHEN OLD.replaced_by IS NULL
BEGIN
  DELETE FROM key_rotation WHERE account = OLD.account;
END;
