-- Coarser daily sums and indexes for the questions of dashboards. daily_usage has a row for each end
-- user of each key, as many as call_record when every call names another one; a question about all
-- keys or all models reads the tables below, which do not know end users. Triggers keep them, so
-- that they equal daily_usage and daily_tag_usage whoever writes those; like them they stop at the
-- greatest integer.

CREATE TABLE daily_key_usage (
  date TEXT NOT NULL,                  -- YYYY-MM-DD
  api_key TEXT NOT NULL,
  user_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  organization_id TEXT NOT NULL,
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
  PRIMARY KEY (date, api_key, user_id, team_id, organization_id, model, model_group, provider,
               call_type)
) STRICT, WITHOUT ROWID;
CREATE INDEX daily_key_usage_key ON daily_key_usage (api_key, date);
CREATE INDEX daily_key_usage_user ON daily_key_usage (user_id, date);
CREATE INDEX daily_key_usage_team ON daily_key_usage (team_id, date);
CREATE INDEX daily_key_usage_organization ON daily_key_usage (organization_id, date);

CREATE TABLE daily_model_usage (
  date TEXT NOT NULL,
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
  PRIMARY KEY (date, model, model_group, provider, call_type)
) STRICT, WITHOUT ROWID;
CREATE INDEX daily_model_usage_model ON daily_model_usage (model, model_group);

CREATE TABLE daily_tag_total (
  date TEXT NOT NULL,
  tag TEXT NOT NULL,
  spend_nano INTEGER NOT NULL,
  prompt_tokens INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL,
  api_requests INTEGER NOT NULL,
  successful_requests INTEGER NOT NULL,
  failed_requests INTEGER NOT NULL,
  PRIMARY KEY (date, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX daily_tag_total_tag ON daily_tag_total (tag);

-- Rows of daily_usage change their sums only; their dimensions are the primary key.
CREATE TRIGGER daily_usage_insert AFTER INSERT ON daily_usage BEGIN
  INSERT INTO daily_key_usage
  VALUES (NEW.date, NEW.api_key, NEW.user_id, NEW.team_id, NEW.organization_id, NEW.model,
          NEW.model_group, NEW.provider, NEW.call_type, NEW.spend_nano, NEW.prompt_tokens,
          NEW.completion_tokens, NEW.cache_read_tokens, NEW.cache_write_tokens,
          NEW.reasoning_tokens, NEW.api_requests, NEW.successful_requests, NEW.failed_requests)
  ON CONFLICT DO UPDATE SET
    spend_nano = CASE WHEN excluded.spend_nano > 0
                       AND spend_nano > 9223372036854775807 - excluded.spend_nano
                      THEN 9223372036854775807 ELSE spend_nano + excluded.spend_nano END,
    prompt_tokens = prompt_tokens + excluded.prompt_tokens,
    completion_tokens = completion_tokens + excluded.completion_tokens,
    cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens,
    cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,
    reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens,
    api_requests = api_requests + excluded.api_requests,
    successful_requests = successful_requests + excluded.successful_requests,
    failed_requests = failed_requests + excluded.failed_requests;
  INSERT INTO daily_model_usage
  VALUES (NEW.date, NEW.model, NEW.model_group, NEW.provider, NEW.call_type, NEW.spend_nano,
          NEW.prompt_tokens, NEW.completion_tokens, NEW.cache_read_tokens, NEW.cache_write_tokens,
          NEW.reasoning_tokens, NEW.api_requests, NEW.successful_requests, NEW.failed_requests)
  ON CONFLICT DO UPDATE SET
    spend_nano = CASE WHEN excluded.spend_nano > 0
                       AND spend_nano > 9223372036854775807 - excluded.spend_nano
                      THEN 9223372036854775807 ELSE spend_nano + excluded.spend_nano END,
    prompt_tokens = prompt_tokens + excluded.prompt_tokens,
    completion_tokens = completion_tokens + excluded.completion_tokens,
    cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens,
    cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,
    reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens,
    api_requests = api_requests + excluded.api_requests,
    successful_requests = successful_requests + excluded.successful_requests,
    failed_requests = failed_requests + excluded.failed_requests;
END;
CREATE TRIGGER daily_usage_update AFTER UPDATE ON daily_usage BEGIN
  INSERT INTO daily_key_usage
  VALUES (NEW.date, NEW.api_key, NEW.user_id, NEW.team_id, NEW.organization_id, NEW.model,
          NEW.model_group, NEW.provider, NEW.call_type, NEW.spend_nano - OLD.spend_nano,
          NEW.prompt_tokens - OLD.prompt_tokens, NEW.completion_tokens - OLD.completion_tokens,
          NEW.cache_read_tokens - OLD.cache_read_tokens, NEW.cache_write_tokens -
          OLD.cache_write_tokens, NEW.reasoning_tokens - OLD.reasoning_tokens, NEW.api_requests -
          OLD.api_requests, NEW.successful_requests - OLD.successful_requests, NEW.failed_requests
          - OLD.failed_requests)
  ON CONFLICT DO UPDATE SET
    spend_nano = CASE WHEN excluded.spend_nano > 0
                       AND spend_nano > 9223372036854775807 - excluded.spend_nano
                      THEN 9223372036854775807 ELSE spend_nano + excluded.spend_nano END,
    prompt_tokens = prompt_tokens + excluded.prompt_tokens,
    completion_tokens = completion_tokens + excluded.completion_tokens,
    cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens,
    cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,
    reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens,
    api_requests = api_requests + excluded.api_requests,
    successful_requests = successful_requests + excluded.successful_requests,
    failed_requests = failed_requests + excluded.failed_requests;
  INSERT INTO daily_model_usage
  VALUES (NEW.date, NEW.model, NEW.model_group, NEW.provider, NEW.call_type, NEW.spend_nano -
          OLD.spend_nano, NEW.prompt_tokens - OLD.prompt_tokens, NEW.completion_tokens -
          OLD.completion_tokens, NEW.cache_read_tokens - OLD.cache_read_tokens,
          NEW.cache_write_tokens - OLD.cache_write_tokens, NEW.reasoning_tokens -
          OLD.reasoning_tokens, NEW.api_requests - OLD.api_requests, NEW.successful_requests -
          OLD.successful_requests, NEW.failed_requests - OLD.failed_requests)
  ON CONFLICT DO UPDATE SET
    spend_nano = CASE WHEN excluded.spend_nano > 0
                       AND spend_nano > 9223372036854775807 - excluded.spend_nano
                      THEN 9223372036854775807 ELSE spend_nano + excluded.spend_nano END,
    prompt_tokens = prompt_tokens + excluded.prompt_tokens,
    completion_tokens = completion_tokens + excluded.completion_tokens,
    cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens,
    cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,
    reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens,
    api_requests = api_requests + excluded.api_requests,
    successful_requests = successful_requests + excluded.successful_requests,
    failed_requests = failed_requests + excluded.failed_requests;
END;

-- Rows of daily_tag_usage change their sums only; their dimensions are the primary key.
CREATE TRIGGER daily_tag_usage_insert AFTER INSERT ON daily_tag_usage BEGIN
  INSERT INTO daily_tag_total
  VALUES (NEW.date, NEW.tag, NEW.spend_nano, NEW.prompt_tokens, NEW.completion_tokens,
          NEW.cache_read_tokens, NEW.cache_write_tokens, NEW.reasoning_tokens, NEW.api_requests,
          NEW.successful_requests, NEW.failed_requests)
  ON CONFLICT DO UPDATE SET
    spend_nano = CASE WHEN excluded.spend_nano > 0
                       AND spend_nano > 9223372036854775807 - excluded.spend_nano
                      THEN 9223372036854775807 ELSE spend_nano + excluded.spend_nano END,
    prompt_tokens = prompt_tokens + excluded.prompt_tokens,
    completion_tokens = completion_tokens + excluded.completion_tokens,
    cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens,
    cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,
    reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens,
    api_requests = api_requests + excluded.api_requests,
    successful_requests = successful_requests + excluded.successful_requests,
    failed_requests = failed_requests + excluded.failed_requests;
END;
CREATE TRIGGER daily_tag_usage_update AFTER UPDATE ON daily_tag_usage BEGIN
  INSERT INTO daily_tag_total
  VALUES (NEW.date, NEW.tag, NEW.spend_nano - OLD.spend_nano, NEW.prompt_tokens -
          OLD.prompt_tokens, NEW.completion_tokens - OLD.completion_tokens, NEW.cache_read_tokens -
          OLD.cache_read_tokens, NEW.cache_write_tokens - OLD.cache_write_tokens,
          NEW.reasoning_tokens - OLD.reasoning_tokens, NEW.api_requests - OLD.api_requests,
          NEW.successful_requests - OLD.successful_requests, NEW.failed_requests -
          OLD.failed_requests)
  ON CONFLICT DO UPDATE SET
    spend_nano = CASE WHEN excluded.spend_nano > 0
                       AND spend_nano > 9223372036854775807 - excluded.spend_nano
                      THEN 9223372036854775807 ELSE spend_nano + excluded.spend_nano END,
    prompt_tokens = prompt_tokens + excluded.prompt_tokens,
    completion_tokens = completion_tokens + excluded.completion_tokens,
    cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens,
    cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,
    reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens,
    api_requests = api_requests + excluded.api_requests,
    successful_requests = successful_requests + excluded.successful_requests,
    failed_requests = failed_requests + excluded.failed_requests;
END;

-- What was there before.
INSERT INTO daily_key_usage
SELECT date, api_key, user_id, team_id, organization_id, model, model_group, provider, call_type,
       SUM(spend_nano), SUM(prompt_tokens), SUM(completion_tokens), SUM(cache_read_tokens),
       SUM(cache_write_tokens), SUM(reasoning_tokens), SUM(api_requests), SUM(successful_requests),
       SUM(failed_requests)
FROM daily_usage
GROUP BY date, api_key, user_id, team_id, organization_id, model, model_group, provider, call_type;
INSERT INTO daily_model_usage
SELECT date, model, model_group, provider, call_type, SUM(spend_nano), SUM(prompt_tokens),
       SUM(completion_tokens), SUM(cache_read_tokens), SUM(cache_write_tokens),
       SUM(reasoning_tokens), SUM(api_requests), SUM(successful_requests), SUM(failed_requests)
FROM daily_usage
GROUP BY date, model, model_group, provider, call_type;
INSERT INTO daily_tag_total
SELECT date, tag, SUM(spend_nano), SUM(prompt_tokens), SUM(completion_tokens),
       SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(reasoning_tokens), SUM(api_requests),
       SUM(successful_requests), SUM(failed_requests)
FROM daily_tag_usage
GROUP BY date, tag;

-- The coarser tables answer what these were for, which makes settling cheaper.
DROP INDEX daily_usage_key;
DROP INDEX daily_usage_user;
DROP INDEX daily_usage_team;
DROP INDEX daily_usage_organization;

-- Pages of the log by model, and of what went wrong (rare, so that the index is small).
CREATE INDEX call_record_model ON call_record (model_group, started_at_ns);
CREATE INDEX call_record_failed ON call_record (started_at_ns) WHERE status <> 'answered';
