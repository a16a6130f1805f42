-- The ledger: one record per call, counters of what was spent, daily sums, and what is still open.
-- Money is INTEGER nano-USD (_nano), times are INTEGER nanoseconds UTC (_ns), booleans are 0 or 1,
-- lists are JSON. An unknown text is ''. Written by the settler alone, but for adjustment,
-- adjustment_line, reconciliation (resolution) and idempotency_key.

-- Everything of writer's journal before this position is in the tables below.
CREATE TABLE journal_position (
  writer INTEGER PRIMARY KEY,
  position INTEGER NOT NULL
) STRICT;

-- One row per finished call, refused ones too. Rows older than the retention move to the archive.
CREATE TABLE call_record (
  seq INTEGER PRIMARY KEY,             -- order of settlement
  call_id TEXT NOT NULL UNIQUE,
  request_id TEXT NOT NULL,            -- the provider's response id; the call id where there is none
  call_type TEXT NOT NULL,             -- acompletion, aembedding, anthropic_messages, ...
  status TEXT NOT NULL,                -- answered, refused, failed, interrupted, unknown
  http_status INTEGER NOT NULL,        -- sent to the client; 0: never known (the server died)
  stream INTEGER NOT NULL,
  api_key TEXT NOT NULL,               -- hash, hexadecimal
  key_alias TEXT NOT NULL,
  user_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  organization_id TEXT NOT NULL,
  end_user TEXT NOT NULL,
  requested_model TEXT NOT NULL,
  model_group TEXT NOT NULL,
  model TEXT NOT NULL,                 -- upstream's name
  deployment TEXT NOT NULL,            -- model_id
  provider TEXT NOT NULL,
  api_base TEXT NOT NULL,
  session_id TEXT NOT NULL,
  requester_ip TEXT NOT NULL,
  tags TEXT NOT NULL,                  -- JSON list of texts
  client_metadata TEXT NOT NULL,       -- spend_logs_metadata as sent, or ''
  price_version TEXT NOT NULL,
  usage_source TEXT NOT NULL,          -- none, reported, estimated
  reserved_nano INTEGER NOT NULL,
  cost_nano INTEGER NOT NULL,
  cost_known INTEGER NOT NULL,
  cost_clamped INTEGER NOT NULL,       -- the report exceeded the reservation
  prompt_tokens INTEGER NOT NULL,      -- includes the three cache columns and audio_prompt_tokens
  completion_tokens INTEGER NOT NULL,  -- includes reasoning_tokens and audio_completion_tokens
  cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  cache_write_1h_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL,
  audio_prompt_tokens INTEGER NOT NULL,
  audio_completion_tokens INTEGER NOT NULL,
  retries INTEGER NOT NULL,
  fallbacks INTEGER NOT NULL,
  error_class TEXT NOT NULL,
  error_message TEXT NOT NULL,
  -- Budget periods it was charged to, lifetimes left out: JSON list of [scope, duration,
  -- period_start_ns, id]; the id is left out where it is the record's own column of that scope.
  windows TEXT NOT NULL,
  started_at_ns INTEGER NOT NULL,
  ended_at_ns INTEGER NOT NULL,
  first_token_at_ns INTEGER            -- NULL: no stream, or none came
) STRICT;
CREATE INDEX call_record_request ON call_record (request_id);
CREATE INDEX call_record_started ON call_record (started_at_ns);
CREATE INDEX call_record_key ON call_record (api_key, started_at_ns);
CREATE INDEX call_record_user ON call_record (user_id, started_at_ns);
CREATE INDEX call_record_team ON call_record (team_id, started_at_ns);
-- A query uses these two only when it says "AND end_user <> ''" ("AND session_id <> ''").
CREATE INDEX call_record_end_user ON call_record (end_user, started_at_ns) WHERE end_user <> '';
CREATE INDEX call_record_session ON call_record (session_id, started_at_ns) WHERE session_id <> '';

-- Bytes of each archive file whose records are no longer in call_record. What is behind them was
-- written before a crash and will be written again.
CREATE TABLE archive_file (
  name TEXT PRIMARY KEY,
  bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Calls that were reserved and not yet settled when the last batch was applied. `entry` holds the
-- reservation as in the journal, for the settlement after a crash.
CREATE TABLE open_reservation (
  call_id TEXT PRIMARY KEY,
  dispatched INTEGER NOT NULL,         -- 1: it may have reached the provider
  amount_nano INTEGER NOT NULL,
  api_key TEXT NOT NULL,
  team_id TEXT NOT NULL,
  started_at_ns INTEGER NOT NULL,
  entry BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Calls whose cost nobody knows, charged at the reserved amount until somebody finds out.
CREATE TABLE reconciliation (
  call_id TEXT PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('open', 'resolved')),
  reserved_nano INTEGER NOT NULL,      -- what was charged
  actual_nano INTEGER,                 -- NULL while open
  created_at_ns INTEGER NOT NULL,
  resolved_at_ns INTEGER,
  resolved_by TEXT NOT NULL DEFAULT '',
  entry BLOB NOT NULL                  -- the settlement as in the journal: what it was charged to
) STRICT, WITHOUT ROWID;
CREATE INDEX reconciliation_open ON reconciliation (created_at_ns) WHERE state = 'open';

-- The only truth about what a scope has spent. Scopes have the numbers of core::Scope. Duration ''
-- is the lifetime: period_start_ns 0, period_end_ns NULL.
CREATE TABLE budget_counter (
  scope INTEGER NOT NULL,
  id TEXT NOT NULL,
  duration TEXT NOT NULL,
  period_start_ns INTEGER NOT NULL,
  period_end_ns INTEGER,
  spent_nano INTEGER NOT NULL,
  PRIMARY KEY (scope, id, duration)
) STRICT, WITHOUT ROWID;

-- Sums by day (UTC, of the call's start).
CREATE TABLE daily_usage (
  date TEXT NOT NULL,                  -- YYYY-MM-DD
  api_key TEXT NOT NULL,
  user_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  organization_id TEXT NOT NULL,
  end_user TEXT NOT NULL,
  model TEXT NOT NULL,
  model_group TEXT NOT NULL,
  provider TEXT NOT NULL,
  call_type TEXT NOT NULL,
  spend_nano INTEGER NOT NULL,
  prompt_tokens INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL, -- of both lifetimes
  reasoning_tokens INTEGER NOT NULL,
  api_requests INTEGER NOT NULL,
  successful_requests INTEGER NOT NULL,
  failed_requests INTEGER NOT NULL,    -- api_requests - successful_requests
  PRIMARY KEY (date, api_key, user_id, team_id, organization_id, end_user, model, model_group,
               provider, call_type)
) STRICT, WITHOUT ROWID;
CREATE INDEX daily_usage_key ON daily_usage (api_key, date);
CREATE INDEX daily_usage_user ON daily_usage (user_id, date);
CREATE INDEX daily_usage_team ON daily_usage (team_id, date);
CREATE INDEX daily_usage_organization ON daily_usage (organization_id, date);
CREATE INDEX daily_usage_end_user ON daily_usage (end_user, date);

-- The same for calls with tags, once per tag: the rows of two tags must not be added up.
CREATE TABLE daily_tag_usage (
  date TEXT NOT NULL,
  tag TEXT NOT NULL,
  api_key TEXT NOT NULL,
  user_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  organization_id TEXT NOT NULL,
  end_user TEXT NOT NULL,
  model TEXT NOT NULL,
  model_group TEXT NOT NULL,
  provider TEXT NOT NULL,
  call_type TEXT NOT NULL,
  spend_nano INTEGER NOT NULL,
  prompt_tokens INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL,
  api_requests INTEGER NOT NULL,
  successful_requests INTEGER NOT NULL,
  failed_requests INTEGER NOT NULL,
  PRIMARY KEY (date, tag, api_key, user_id, team_id, organization_id, end_user, model, model_group,
               provider, call_type)
) STRICT, WITHOUT ROWID;
CREATE INDEX daily_tag_usage_tag ON daily_tag_usage (tag, date);

-- Changes of counters by hand. The id makes a repetition harmless.
CREATE TABLE adjustment (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('reset_spend', 'refund', 'reset_all', 'import')),
  amount_nano INTEGER NOT NULL,        -- refund: given back; reset: the new value; import: added
  actor TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What an adjustment did to each counter: counter = sum of records + sum of lines of its period.
CREATE TABLE adjustment_line (
  adjustment_id TEXT NOT NULL REFERENCES adjustment (id),
  scope INTEGER NOT NULL,
  id TEXT NOT NULL,
  duration TEXT NOT NULL,
  period_start_ns INTEGER NOT NULL,
  delta_nano INTEGER NOT NULL,
  PRIMARY KEY (adjustment_id, scope, id, duration)
) STRICT, WITHOUT ROWID;
CREATE INDEX adjustment_line_counter ON adjustment_line (scope, id, duration);

-- Requests that carry an Idempotency-Key: at most one call for each (scope, key).
CREATE TABLE idempotency_key (
  scope TEXT NOT NULL,                 -- whose key space: the caller's tenant or key hash
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,           -- of the request
  state TEXT NOT NULL CHECK (state IN ('started', 'completed', 'unknown')),
  call_id TEXT NOT NULL,
  http_status INTEGER NOT NULL DEFAULT 0,
  headers TEXT NOT NULL DEFAULT '',    -- of the stored answer, as the gateway wrote them
  body BLOB NOT NULL DEFAULT x'',
  started_at_ns INTEGER NOT NULL,
  expires_at_ns INTEGER NOT NULL,
  UNIQUE (scope, key)
) STRICT;
CREATE INDEX idempotency_key_expiry ON idempotency_key (expires_at_ns);
CREATE INDEX idempotency_key_started ON idempotency_key (call_id) WHERE state = 'started';
