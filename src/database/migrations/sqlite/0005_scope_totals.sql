-- The settler adds every sum up in memory and writes each row once (ledger::DailySums): no triggers.
DROP TRIGGER daily_usage_insert;
DROP TRIGGER daily_usage_update;
DROP TRIGGER daily_tag_usage_insert;
DROP TRIGGER daily_tag_usage_update;

-- Who spent what on a day: teams, users, keys (scopes 2, 4, 5 of core::Scope, those without a name
-- too) and end users (6, those with a name).
CREATE TABLE daily_scope_total (
  scope INTEGER NOT NULL,
  date TEXT NOT NULL,                  -- YYYY-MM-DD
  id TEXT NOT NULL,
  spend_nano INTEGER NOT NULL,
  prompt_tokens INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL,
  api_requests INTEGER NOT NULL,
  successful_requests INTEGER NOT NULL,
  failed_requests INTEGER NOT NULL,
  PRIMARY KEY (scope, date, id)
) STRICT, WITHOUT ROWID;
-- The names that occur.
CREATE INDEX daily_scope_total_id ON daily_scope_total (scope, id, date);

-- Keys and end users by week, for sums over many days.
CREATE TABLE weekly_scope_total (
  scope INTEGER NOT NULL,
  date TEXT NOT NULL,                  -- YYYY-MM-DD, of its Monday
  id TEXT NOT NULL,
  spend_nano INTEGER NOT NULL,
  prompt_tokens INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL,
  api_requests INTEGER NOT NULL,
  successful_requests INTEGER NOT NULL,
  failed_requests INTEGER NOT NULL,
  PRIMARY KEY (scope, date, id)
) STRICT, WITHOUT ROWID;

-- What was there before.
INSERT INTO daily_scope_total
SELECT 2, date, team_id, SUM(spend_nano), SUM(prompt_tokens), SUM(completion_tokens),
       SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(reasoning_tokens), SUM(api_requests),
       SUM(successful_requests), SUM(failed_requests)
FROM daily_key_usage
GROUP BY date, team_id;
INSERT INTO daily_scope_total
SELECT 4, date, user_id, SUM(spend_nano), SUM(prompt_tokens), SUM(completion_tokens),
       SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(reasoning_tokens), SUM(api_requests),
       SUM(successful_requests), SUM(failed_requests)
FROM daily_key_usage
GROUP BY date, user_id;
INSERT INTO daily_scope_total
SELECT 5, date, api_key, SUM(spend_nano), SUM(prompt_tokens), SUM(completion_tokens),
       SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(reasoning_tokens), SUM(api_requests),
       SUM(successful_requests), SUM(failed_requests)
FROM daily_key_usage
GROUP BY date, api_key;
INSERT INTO daily_scope_total
SELECT 6, date, end_user, SUM(spend_nano), SUM(prompt_tokens), SUM(completion_tokens),
       SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(reasoning_tokens), SUM(api_requests),
       SUM(successful_requests), SUM(failed_requests)
FROM daily_usage
WHERE end_user <> ''
GROUP BY date, end_user;
INSERT INTO weekly_scope_total
SELECT scope, date(date, 'weekday 0', '-6 days'), id, SUM(spend_nano), SUM(prompt_tokens),
       SUM(completion_tokens), SUM(cache_read_tokens), SUM(cache_write_tokens),
       SUM(reasoning_tokens), SUM(api_requests), SUM(successful_requests), SUM(failed_requests)
FROM daily_scope_total
WHERE scope IN (5, 6)
GROUP BY 1, 2, 3;
