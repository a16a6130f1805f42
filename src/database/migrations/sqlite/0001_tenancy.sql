-- Identities: who may call, on whose behalf, and within which bounds. Money is INTEGER nano-USD
-- (_nano), times are INTEGER nanoseconds UTC (_ns), booleans are 0 or 1, lists and maps are JSON.
-- What was spent stands in budget_counter, not here. New columns go to the end of a table: rows
-- are read by position.

-- Budgets that several identities name. `budget_id` within the bounds of a budget is unused.
CREATE TABLE budget (
  budget_id TEXT PRIMARY KEY,
  max_budget_nano INTEGER,
  soft_budget_nano INTEGER,
  budget_duration TEXT,
  budget_anchor_ns INTEGER,
  budget_limits TEXT NOT NULL DEFAULT '[]',
  tpm_limit INTEGER,
  rpm_limit INTEGER,
  max_parallel_requests INTEGER,
  model_max_budget TEXT NOT NULL DEFAULT '{}',
  model_rpm_limit TEXT NOT NULL DEFAULT '{}',
  model_tpm_limit TEXT NOT NULL DEFAULT '{}',
  created_at_ns INTEGER NOT NULL,
  updated_at_ns INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  updated_by TEXT NOT NULL
) STRICT;

-- Organizations are the tenants. "default" always exists.
CREATE TABLE organization (
  organization_id TEXT PRIMARY KEY,
  organization_alias TEXT NOT NULL,
  models TEXT NOT NULL,
  max_budget_nano INTEGER,
  soft_budget_nano INTEGER,
  budget_duration TEXT,
  budget_anchor_ns INTEGER,
  budget_limits TEXT NOT NULL DEFAULT '[]',
  tpm_limit INTEGER,
  rpm_limit INTEGER,
  max_parallel_requests INTEGER,
  model_max_budget TEXT NOT NULL DEFAULT '{}',
  model_rpm_limit TEXT NOT NULL DEFAULT '{}',
  model_tpm_limit TEXT NOT NULL DEFAULT '{}',
  budget_id TEXT REFERENCES budget (budget_id) ON DELETE SET NULL,
  blocked INTEGER NOT NULL,
  metadata TEXT NOT NULL,
  extra TEXT NOT NULL,
  created_at_ns INTEGER NOT NULL,
  updated_at_ns INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  updated_by TEXT NOT NULL
) STRICT;
INSERT INTO organization (organization_id, organization_alias, models, blocked, metadata, extra,
                          created_at_ns, updated_at_ns, created_by, updated_by)
VALUES ('default', 'default', '[]', 0, '{}', '{}', 0, 0, '', '');

CREATE TABLE team (
  team_id TEXT PRIMARY KEY,
  team_alias TEXT,
  organization_id TEXT NOT NULL REFERENCES organization (organization_id),
  models TEXT NOT NULL,
  model_aliases TEXT NOT NULL,
  max_budget_nano INTEGER,
  soft_budget_nano INTEGER,
  budget_duration TEXT,
  budget_anchor_ns INTEGER,
  budget_limits TEXT NOT NULL DEFAULT '[]',
  tpm_limit INTEGER,
  rpm_limit INTEGER,
  max_parallel_requests INTEGER,
  model_max_budget TEXT NOT NULL DEFAULT '{}',
  model_rpm_limit TEXT NOT NULL DEFAULT '{}',
  model_tpm_limit TEXT NOT NULL DEFAULT '{}',
  budget_id TEXT REFERENCES budget (budget_id) ON DELETE SET NULL,
  member_max_budget_nano INTEGER,
  member_soft_budget_nano INTEGER,
  member_budget_duration TEXT,
  member_budget_anchor_ns INTEGER,
  member_budget_limits TEXT NOT NULL DEFAULT '[]',
  member_tpm_limit INTEGER,
  member_rpm_limit INTEGER,
  member_max_parallel_requests INTEGER,
  member_model_max_budget TEXT NOT NULL DEFAULT '{}',
  member_model_rpm_limit TEXT NOT NULL DEFAULT '{}',
  member_model_tpm_limit TEXT NOT NULL DEFAULT '{}',
  member_budget_id TEXT REFERENCES budget (budget_id) ON DELETE SET NULL,
  blocked INTEGER NOT NULL,
  metadata TEXT NOT NULL,
  extra TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_at_ns INTEGER NOT NULL,
  updated_at_ns INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  updated_by TEXT NOT NULL
) STRICT;
CREATE INDEX team_organization ON team (organization_id);
CREATE INDEX team_created ON team (created_at_ns);

-- Removed teams, with the columns of team.
CREATE TABLE deleted_team (
  team_id TEXT NOT NULL,
  team_alias TEXT,
  organization_id TEXT NOT NULL,
  models TEXT NOT NULL,
  model_aliases TEXT NOT NULL,
  max_budget_nano INTEGER,
  soft_budget_nano INTEGER,
  budget_duration TEXT,
  budget_anchor_ns INTEGER,
  budget_limits TEXT NOT NULL DEFAULT '[]',
  tpm_limit INTEGER,
  rpm_limit INTEGER,
  max_parallel_requests INTEGER,
  model_max_budget TEXT NOT NULL DEFAULT '{}',
  model_rpm_limit TEXT NOT NULL DEFAULT '{}',
  model_tpm_limit TEXT NOT NULL DEFAULT '{}',
  budget_id TEXT,
  member_max_budget_nano INTEGER,
  member_soft_budget_nano INTEGER,
  member_budget_duration TEXT,
  member_budget_anchor_ns INTEGER,
  member_budget_limits TEXT NOT NULL DEFAULT '[]',
  member_tpm_limit INTEGER,
  member_rpm_limit INTEGER,
  member_max_parallel_requests INTEGER,
  member_model_max_budget TEXT NOT NULL DEFAULT '{}',
  member_model_rpm_limit TEXT NOT NULL DEFAULT '{}',
  member_model_tpm_limit TEXT NOT NULL DEFAULT '{}',
  member_budget_id TEXT,
  blocked INTEGER NOT NULL,
  metadata TEXT NOT NULL,
  extra TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_at_ns INTEGER NOT NULL,
  updated_at_ns INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  updated_by TEXT NOT NULL,
  deleted_at_ns INTEGER NOT NULL,
  deleted_by TEXT NOT NULL
) STRICT;
CREATE INDEX deleted_team_id ON deleted_team (team_id);

CREATE TABLE user_account (
  user_id TEXT PRIMARY KEY,
  user_email TEXT,
  user_alias TEXT,
  sso_user_id TEXT UNIQUE,
  user_role TEXT NOT NULL,
  models TEXT NOT NULL,
  max_budget_nano INTEGER,
  soft_budget_nano INTEGER,
  budget_duration TEXT,
  budget_anchor_ns INTEGER,
  budget_limits TEXT NOT NULL DEFAULT '[]',
  tpm_limit INTEGER,
  rpm_limit INTEGER,
  max_parallel_requests INTEGER,
  model_max_budget TEXT NOT NULL DEFAULT '{}',
  model_rpm_limit TEXT NOT NULL DEFAULT '{}',
  model_tpm_limit TEXT NOT NULL DEFAULT '{}',
  budget_id TEXT REFERENCES budget (budget_id) ON DELETE SET NULL,
  metadata TEXT NOT NULL,
  extra TEXT NOT NULL,
  created_at_ns INTEGER NOT NULL,
  updated_at_ns INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  updated_by TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX user_account_email ON user_account (lower(user_email));
CREATE INDEX user_account_created ON user_account (created_at_ns);

-- The teams of a user and the users of a team, in the order they joined.
CREATE TABLE team_member (
  team_id TEXT NOT NULL REFERENCES team (team_id) ON DELETE CASCADE,
  user_id TEXT NOT NULL,
  user_email TEXT NOT NULL,
  role TEXT NOT NULL,
  max_budget_nano INTEGER,
  soft_budget_nano INTEGER,
  budget_duration TEXT,
  budget_anchor_ns INTEGER,
  budget_limits TEXT NOT NULL DEFAULT '[]',
  tpm_limit INTEGER,
  rpm_limit INTEGER,
  max_parallel_requests INTEGER,
  model_max_budget TEXT NOT NULL DEFAULT '{}',
  model_rpm_limit TEXT NOT NULL DEFAULT '{}',
  model_tpm_limit TEXT NOT NULL DEFAULT '{}',
  budget_id TEXT REFERENCES budget (budget_id) ON DELETE SET NULL,
  joined_at_ns INTEGER NOT NULL,
  PRIMARY KEY (team_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX team_member_user ON team_member (user_id);

CREATE TABLE organization_member (
  organization_id TEXT NOT NULL REFERENCES organization (organization_id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES user_account (user_id) ON DELETE CASCADE,
  user_role TEXT NOT NULL,
  joined_at_ns INTEGER NOT NULL,
  PRIMARY KEY (organization_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX organization_member_user ON organization_member (user_id);

-- Virtual keys by the SHA-256 of their text. `account` is the id under which budget_counter has
-- the key's spend: the hash of its first text, which a regeneration keeps. A row with replaced_by
-- is the old text of a regenerated key: it stands for that key until expires_ns.
CREATE TABLE virtual_key (
  token TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  key_name TEXT NOT NULL,
  key_alias TEXT,
  key_type TEXT NOT NULL,
  models TEXT NOT NULL,
  aliases TEXT NOT NULL,
  user_id TEXT,
  team_id TEXT REFERENCES team (team_id),
  organization_id TEXT REFERENCES organization (organization_id),
  max_budget_nano INTEGER,
  soft_budget_nano INTEGER,
  budget_duration TEXT,
  budget_anchor_ns INTEGER,
  budget_limits TEXT NOT NULL DEFAULT '[]',
  tpm_limit INTEGER,
  rpm_limit INTEGER,
  max_parallel_requests INTEGER,
  model_max_budget TEXT NOT NULL DEFAULT '{}',
  model_rpm_limit TEXT NOT NULL DEFAULT '{}',
  model_tpm_limit TEXT NOT NULL DEFAULT '{}',
  budget_id TEXT REFERENCES budget (budget_id) ON DELETE SET NULL,
  temp_budget_increase_nano INTEGER,
  temp_budget_expiry_ns INTEGER,
  expires_ns INTEGER,
  blocked INTEGER NOT NULL,
  tags TEXT NOT NULL,
  allowed_routes TEXT NOT NULL,
  metadata TEXT NOT NULL,
  extra TEXT NOT NULL,
  service_account INTEGER NOT NULL,
  rotation_count INTEGER NOT NULL,
  rotation_interval TEXT,
  auto_rotate INTEGER NOT NULL,
  replaced_by TEXT REFERENCES virtual_key (token) ON DELETE CASCADE ON UPDATE CASCADE,
  created_at_ns INTEGER NOT NULL,
  updated_at_ns INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  updated_by TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX virtual_key_alias ON virtual_key (key_alias);
CREATE UNIQUE INDEX virtual_key_account ON virtual_key (account) WHERE replaced_by IS NULL;
CREATE INDEX virtual_key_user ON virtual_key (user_id);
CREATE INDEX virtual_key_team ON virtual_key (team_id);
CREATE INDEX virtual_key_organization ON virtual_key (organization_id)
  WHERE organization_id IS NOT NULL;
CREATE INDEX virtual_key_replaced ON virtual_key (replaced_by) WHERE replaced_by IS NOT NULL;
CREATE INDEX virtual_key_created ON virtual_key (created_at_ns);
-- For ON DELETE SET NULL of a budget.
CREATE INDEX virtual_key_budget ON virtual_key (budget_id) WHERE budget_id IS NOT NULL;
CREATE INDEX user_account_budget ON user_account (budget_id) WHERE budget_id IS NOT NULL;
CREATE INDEX team_member_budget ON team_member (budget_id) WHERE budget_id IS NOT NULL;

-- Removed keys, with the columns of virtual_key.
CREATE TABLE deleted_virtual_key (
  token TEXT NOT NULL,
  account TEXT NOT NULL,
  key_name TEXT NOT NULL,
  key_alias TEXT,
  key_type TEXT NOT NULL,
  models TEXT NOT NULL,
  aliases TEXT NOT NULL,
  user_id TEXT,
  team_id TEXT,
  organization_id TEXT,
  max_budget_nano INTEGER,
  soft_budget_nano INTEGER,
  budget_duration TEXT,
  budget_anchor_ns INTEGER,
  budget_limits TEXT NOT NULL DEFAULT '[]',
  tpm_limit INTEGER,
  rpm_limit INTEGER,
  max_parallel_requests INTEGER,
  model_max_budget TEXT NOT NULL DEFAULT '{}',
  model_rpm_limit TEXT NOT NULL DEFAULT '{}',
  model_tpm_limit TEXT NOT NULL DEFAULT '{}',
  budget_id TEXT,
  temp_budget_increase_nano INTEGER,
  temp_budget_expiry_ns INTEGER,
  expires_ns INTEGER,
  blocked INTEGER NOT NULL,
  tags TEXT NOT NULL,
  allowed_routes TEXT NOT NULL,
  metadata TEXT NOT NULL,
  extra TEXT NOT NULL,
  service_account INTEGER NOT NULL,
  rotation_count INTEGER NOT NULL,
  rotation_interval TEXT,
  auto_rotate INTEGER NOT NULL,
  replaced_by TEXT,
  created_at_ns INTEGER NOT NULL,
  updated_at_ns INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  updated_by TEXT NOT NULL,
  deleted_at_ns INTEGER NOT NULL,
  deleted_by TEXT NOT NULL
) STRICT;
CREATE INDEX deleted_virtual_key_token ON deleted_virtual_key (token);
CREATE INDEX deleted_virtual_key_deleted ON deleted_virtual_key (deleted_at_ns);

-- End users (the OpenAI `user` of calls) that an administrator has something to say about.
CREATE TABLE end_user (
  user_id TEXT PRIMARY KEY,
  alias TEXT,
  blocked INTEGER NOT NULL,
  allowed_model_region TEXT,
  default_model TEXT,
  max_budget_nano INTEGER,
  soft_budget_nano INTEGER,
  budget_duration TEXT,
  budget_anchor_ns INTEGER,
  budget_limits TEXT NOT NULL DEFAULT '[]',
  tpm_limit INTEGER,
  rpm_limit INTEGER,
  max_parallel_requests INTEGER,
  model_max_budget TEXT NOT NULL DEFAULT '{}',
  model_rpm_limit TEXT NOT NULL DEFAULT '{}',
  model_tpm_limit TEXT NOT NULL DEFAULT '{}',
  budget_id TEXT REFERENCES budget (budget_id) ON DELETE SET NULL,
  created_at_ns INTEGER NOT NULL,
  updated_at_ns INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  updated_by TEXT NOT NULL
) STRICT;
CREATE INDEX end_user_budget ON end_user (budget_id) WHERE budget_id IS NOT NULL;

CREATE TABLE tag (
  name TEXT PRIMARY KEY,
  description TEXT NOT NULL,
  models TEXT NOT NULL,
  max_budget_nano INTEGER,
  soft_budget_nano INTEGER,
  budget_duration TEXT,
  budget_anchor_ns INTEGER,
  budget_limits TEXT NOT NULL DEFAULT '[]',
  tpm_limit INTEGER,
  rpm_limit INTEGER,
  max_parallel_requests INTEGER,
  model_max_budget TEXT NOT NULL DEFAULT '{}',
  model_rpm_limit TEXT NOT NULL DEFAULT '{}',
  model_tpm_limit TEXT NOT NULL DEFAULT '{}',
  budget_id TEXT REFERENCES budget (budget_id) ON DELETE SET NULL,
  created_at_ns INTEGER NOT NULL,
  updated_at_ns INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  updated_by TEXT NOT NULL
) STRICT;

-- Deployments added while the server ran. Credentials within litellm_params are sealed.
CREATE TABLE stored_model (
  model_id TEXT PRIMARY KEY,
  model_name TEXT NOT NULL,
  litellm_params TEXT NOT NULL,
  model_info TEXT NOT NULL,
  team_id TEXT,
  created_at_ns INTEGER NOT NULL,
  updated_at_ns INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  updated_by TEXT NOT NULL
) STRICT;

-- Every change of the tables above, in its own transaction. Values are JSON without secrets.
CREATE TABLE audit_log (
  id TEXT PRIMARY KEY,
  updated_at_ns INTEGER NOT NULL,
  changed_by TEXT NOT NULL,
  changed_by_api_key TEXT NOT NULL,    -- hash; '' is the master key
  action TEXT NOT NULL,
  table_name TEXT NOT NULL,
  object_id TEXT NOT NULL,
  before_value TEXT NOT NULL,
  after_value TEXT NOT NULL
) STRICT;
CREATE INDEX audit_log_time ON audit_log (updated_at_ns);
CREATE INDEX audit_log_object ON audit_log (table_name, object_id);
