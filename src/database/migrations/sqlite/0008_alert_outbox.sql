-- Alerts that are still to be delivered, a row for each address. A row is there before its alert is
-- sent and goes when the address has taken it, so a server that dies sends again, under the same
-- event_id. `channel` is a fingerprint: addresses hold secrets.
CREATE TABLE alert_outbox (
  event_id TEXT NOT NULL,
  channel TEXT NOT NULL,
  channel_kind TEXT NOT NULL CHECK (channel_kind IN ('webhook', 'slack')),
  body TEXT NOT NULL,
  created_at_ns INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'failed')),
  tries INTEGER NOT NULL DEFAULT 0,
  next_try_at_ns INTEGER NOT NULL,
  reason TEXT,
  failed_at_ns INTEGER,
  PRIMARY KEY (event_id, channel)
) STRICT, WITHOUT ROWID;

-- Who was told of what: nobody again before until_ns.
CREATE TABLE alert_claim (
  subject TEXT PRIMARY KEY,
  claimed_at_ns INTEGER NOT NULL,
  until_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_claim_age ON alert_claim (claimed_at_ns);
