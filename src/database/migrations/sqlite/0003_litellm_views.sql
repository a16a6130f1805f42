-- LiteLLM's tables as views under its names, so that its users' SQL works. Read-only. `spend` and
-- the budgets are REAL numbers of USD, times are texts of UTC ("2026-01-05 10:00:00"), lists and maps
-- are JSON, booleans 0 or 1. What a gateway does not know is NULL or empty. See docs/adr/0013.
--
-- No JSON functions: connections that do not trust the schema (our own, and those of careful
-- tools) refuse them within a view.

-- What each scope has spent: its lifetime, and the periods that are not over. Callers name scope
-- and id, so that it costs a look-up.
CREATE VIEW current_spend AS
SELECT scope, id, duration, period_end_ns, spent_nano
FROM budget_counter
WHERE period_end_ns IS NULL OR period_end_ns > unixepoch('now') * 1000000000;

CREATE VIEW "LiteLLM_SpendLogs" AS
SELECT request_id,
       call_type,
       api_key,
       cost_nano / 1e9 AS spend,
       prompt_tokens + completion_tokens AS total_tokens,
       prompt_tokens,
       completion_tokens,
       strftime('%Y-%m-%d %H:%M:%S', started_at_ns / 1000000000, 'unixepoch')
           || printf('.%03d', started_at_ns / 1000000 % 1000) AS "startTime",
       strftime('%Y-%m-%d %H:%M:%S', ended_at_ns / 1000000000, 'unixepoch')
           || printf('.%03d', ended_at_ns / 1000000 % 1000) AS "endTime",
       (ended_at_ns - started_at_ns) / 1000000 AS request_duration_ms,
       strftime('%Y-%m-%d %H:%M:%S', first_token_at_ns / 1000000000, 'unixepoch')
           || printf('.%03d', first_token_at_ns / 1000000 % 1000) AS "completionStartTime",
       model,
       deployment AS model_id,
       model_group,
       provider AS custom_llm_provider,
       api_base,
       user_id AS "user",
       '{"user_api_key":"' || api_key
         || '","user_api_key_alias":' || '"' || replace(replace(key_alias, '\', '\\'), '"', '\"') || '"'
         || ',"user_api_key_team_id":' || '"' || replace(replace(team_id, '\', '\\'), '"', '\"') || '"'
         || ',"user_api_key_user_id":' || '"' || replace(replace(user_id, '\', '\\'), '"', '\"') || '"'
         || ',"user_api_key_org_id":' || '"' || replace(replace(organization_id, '\', '\\'), '"', '\"') || '"'
         || ',"status":"' || CASE status WHEN 'answered' THEN 'success' ELSE 'failure' END
         || '","spend_logs_metadata":'
         || CASE client_metadata WHEN '' THEN 'null' ELSE client_metadata END || '}'
         AS metadata,
       'False' AS cache_hit,
       '' AS cache_key,
       tags AS request_tags,
       team_id,
       organization_id,
       end_user,
       requester_ip AS requester_ip_address,
       '{}' AS messages,
       '{}' AS response,
       session_id,
       CASE status WHEN 'answered' THEN 'success' ELSE 'failure' END AS status,
       NULL AS mcp_namespaced_tool_name,
       NULL AS agent_id,
       '{}' AS proxy_server_request
FROM call_record;

-- Old texts of regenerated keys stand in LiteLLM_DeprecatedVerificationToken.
CREATE VIEW "LiteLLM_VerificationToken" AS
SELECT k.token,
       k.key_name,
       k.key_alias,
       0 AS soft_budget_cooldown,
       COALESCE(s.spent_nano, 0) / 1e9 AS spend,
       datetime(k.expires_ns / 1000000000, 'unixepoch') AS expires,
       k.models,
       k.aliases,
       '{}' AS config,
       '{}' AS router_settings,
       k.user_id,
       k.team_id,
       NULL AS agent_id,
       NULL AS project_id,
       '{}' AS permissions,
       k.max_parallel_requests,
       k.metadata,
       k.blocked,
       k.tpm_limit,
       k.rpm_limit,
       k.max_budget_nano / 1e9 AS max_budget,
       k.budget_duration,
       datetime(s.period_end_ns / 1000000000, 'unixepoch') AS budget_reset_at,
       '[]' AS allowed_cache_controls,
       k.allowed_routes,
       '[]' AS policies,
       '[]' AS access_group_ids,
       '{}' AS model_spend,
       k.model_max_budget,
       k.budget_id,
       k.organization_id,
       NULL AS object_permission_id,
       datetime(k.created_at_ns / 1000000000, 'unixepoch') AS created_at,
       k.created_by,
       datetime(k.updated_at_ns / 1000000000, 'unixepoch') AS updated_at,
       k.updated_by,
       NULL AS last_active,
       k.rotation_count,
       k.auto_rotate,
       k.rotation_interval,
       NULL AS last_rotation_at,
       NULL AS key_rotation_at,
       k.budget_limits
FROM virtual_key AS k
LEFT JOIN budget AS b ON b.budget_id = k.budget_id
LEFT JOIN current_spend AS s ON s.scope = 5 AND s.id = k.account
                            AND s.duration = COALESCE(k.budget_duration, b.budget_duration, '')
WHERE k.replaced_by IS NULL;

CREATE VIEW "LiteLLM_DeprecatedVerificationToken" AS
SELECT token AS id,
       token,
       replaced_by AS active_token_id,
       datetime(expires_ns / 1000000000, 'unixepoch') AS revoke_at,
       datetime(created_at_ns / 1000000000, 'unixepoch') AS created_at
FROM virtual_key
WHERE replaced_by IS NOT NULL;

CREATE VIEW "LiteLLM_DeletedVerificationToken" AS
SELECT k.token || ':' || k.deleted_at_ns AS id,
       k.token,
       k.key_name,
       k.key_alias,
       0 AS soft_budget_cooldown,
       COALESCE(s.spent_nano, 0) / 1e9 AS spend,
       datetime(k.expires_ns / 1000000000, 'unixepoch') AS expires,
       k.models,
       k.aliases,
       '{}' AS config,
       '{}' AS router_settings,
       k.user_id,
       k.team_id,
       NULL AS agent_id,
       NULL AS project_id,
       '{}' AS permissions,
       k.max_parallel_requests,
       k.metadata,
       k.blocked,
       k.tpm_limit,
       k.rpm_limit,
       k.max_budget_nano / 1e9 AS max_budget,
       k.budget_duration,
       datetime(s.period_end_ns / 1000000000, 'unixepoch') AS budget_reset_at,
       '[]' AS allowed_cache_controls,
       k.allowed_routes,
       '[]' AS policies,
       '[]' AS access_group_ids,
       '{}' AS model_spend,
       k.model_max_budget,
       k.budget_id,
       k.organization_id,
       NULL AS object_permission_id,
       datetime(k.created_at_ns / 1000000000, 'unixepoch') AS created_at,
       k.created_by,
       datetime(k.updated_at_ns / 1000000000, 'unixepoch') AS updated_at,
       k.updated_by,
       NULL AS last_active,
       k.rotation_count,
       k.auto_rotate,
       k.rotation_interval,
       NULL AS last_rotation_at,
       NULL AS key_rotation_at,
       k.budget_limits,
       datetime(k.deleted_at_ns / 1000000000, 'unixepoch') AS deleted_at,
       k.deleted_by,
       NULL AS deleted_by_api_key,
       NULL AS litellm_changed_by
FROM deleted_virtual_key AS k
LEFT JOIN budget AS b ON b.budget_id = k.budget_id
LEFT JOIN current_spend AS s ON s.scope = 5 AND s.id = k.account
                            AND s.duration = COALESCE(k.budget_duration, b.budget_duration, '');

CREATE VIEW "LiteLLM_TeamTable" AS
SELECT k.team_id,
       k.team_alias,
       k.organization_id,
       NULL AS object_permission_id,
       (SELECT '[' || COALESCE(group_concat('"' || replace(replace(m.user_id, '\', '\\'), '"', '\"') || '"'), '') || ']'
        FROM team_member AS m WHERE m.team_id = k.team_id AND m.role = 'admin') AS admins,
       (SELECT '[' || COALESCE(group_concat('"' || replace(replace(m.user_id, '\', '\\'), '"', '\"') || '"'), '') || ']'
        FROM team_member AS m WHERE m.team_id = k.team_id) AS members,
       (SELECT '[' || COALESCE(group_concat(
                        '{"role":"' || m.role || '","user_id":' || '"' || replace(replace(m.user_id, '\', '\\'), '"', '\"') || '"'
                        || ',"user_email":' || '"' || replace(replace(m.user_email, '\', '\\'), '"', '\"') || '"' || '}'), '') || ']'
        FROM team_member AS m WHERE m.team_id = k.team_id) AS members_with_roles,
       k.metadata,
       k.max_budget_nano / 1e9 AS max_budget,
       k.soft_budget_nano / 1e9 AS soft_budget,
       COALESCE(s.spent_nano, 0) / 1e9 AS spend,
       k.models,
       k.max_parallel_requests,
       k.tpm_limit,
       k.rpm_limit,
       k.budget_duration,
       datetime(s.period_end_ns / 1000000000, 'unixepoch') AS budget_reset_at,
       k.blocked,
       datetime(k.created_at_ns / 1000000000, 'unixepoch') AS created_at,
       datetime(k.updated_at_ns / 1000000000, 'unixepoch') AS updated_at,
       '{}' AS model_spend,
       k.model_max_budget,
       '{}' AS router_settings,
       '[]' AS team_member_permissions,
       '[]' AS access_group_ids,
       '[]' AS policies,
       k.budget_limits,
       NULL AS model_id
FROM team AS k
LEFT JOIN budget AS b ON b.budget_id = k.budget_id
LEFT JOIN current_spend AS s ON s.scope = 2 AND s.id = k.team_id
                            AND s.duration = COALESCE(k.budget_duration, b.budget_duration, '');

CREATE VIEW "LiteLLM_DeletedTeamTable" AS
SELECT k.team_id || ':' || k.deleted_at_ns AS id,
       k.team_id,
       k.team_alias,
       k.organization_id,
       NULL AS object_permission_id,
       '[]' AS admins,
       '[]' AS members,
       '[]' AS members_with_roles,
       k.metadata,
       k.max_budget_nano / 1e9 AS max_budget,
       k.soft_budget_nano / 1e9 AS soft_budget,
       COALESCE(s.spent_nano, 0) / 1e9 AS spend,
       k.models,
       k.max_parallel_requests,
       k.tpm_limit,
       k.rpm_limit,
       k.budget_duration,
       datetime(s.period_end_ns / 1000000000, 'unixepoch') AS budget_reset_at,
       k.blocked,
       datetime(k.created_at_ns / 1000000000, 'unixepoch') AS created_at,
       datetime(k.updated_at_ns / 1000000000, 'unixepoch') AS updated_at,
       '{}' AS model_spend,
       k.model_max_budget,
       '{}' AS router_settings,
       '[]' AS team_member_permissions,
       '[]' AS access_group_ids,
       '[]' AS policies,
       k.budget_limits,
       NULL AS model_id,
       datetime(k.deleted_at_ns / 1000000000, 'unixepoch') AS deleted_at,
       k.deleted_by,
       NULL AS deleted_by_api_key,
       NULL AS litellm_changed_by
FROM deleted_team AS k
LEFT JOIN budget AS b ON b.budget_id = k.budget_id
LEFT JOIN current_spend AS s ON s.scope = 2 AND s.id = k.team_id
                            AND s.duration = COALESCE(k.budget_duration, b.budget_duration, '');

CREATE VIEW "LiteLLM_UserTable" AS
SELECT k.user_id,
       k.user_alias,
       NULL AS team_id,
       k.sso_user_id,
       (SELECT MIN(m.organization_id) FROM organization_member AS m WHERE m.user_id = k.user_id)
         AS organization_id,
       NULL AS object_permission_id,
       NULL AS password,
       (SELECT '[' || COALESCE(group_concat('"' || replace(replace(m.team_id, '\', '\\'), '"', '\"') || '"'), '') || ']'
        FROM team_member AS m WHERE m.user_id = k.user_id) AS teams,
       k.user_role,
       k.max_budget_nano / 1e9 AS max_budget,
       COALESCE(s.spent_nano, 0) / 1e9 AS spend,
       k.user_email,
       k.models,
       k.metadata,
       k.max_parallel_requests,
       k.tpm_limit,
       k.rpm_limit,
       k.budget_duration,
       datetime(s.period_end_ns / 1000000000, 'unixepoch') AS budget_reset_at,
       '[]' AS allowed_cache_controls,
       '[]' AS policies,
       '{}' AS model_spend,
       k.model_max_budget,
       datetime(k.created_at_ns / 1000000000, 'unixepoch') AS created_at,
       datetime(k.updated_at_ns / 1000000000, 'unixepoch') AS updated_at
FROM user_account AS k
LEFT JOIN budget AS b ON b.budget_id = k.budget_id
LEFT JOIN current_spend AS s ON s.scope = 4 AND s.id = k.user_id
                            AND s.duration = COALESCE(k.budget_duration, b.budget_duration, '');

CREATE VIEW "LiteLLM_OrganizationTable" AS
SELECT k.organization_id,
       k.organization_alias,
       k.budget_id,
       k.metadata,
       k.models,
       COALESCE(s.spent_nano, 0) / 1e9 AS spend,
       '{}' AS model_spend,
       NULL AS object_permission_id,
       datetime(k.created_at_ns / 1000000000, 'unixepoch') AS created_at,
       k.created_by,
       datetime(k.updated_at_ns / 1000000000, 'unixepoch') AS updated_at,
       k.updated_by
FROM organization AS k
LEFT JOIN budget AS b ON b.budget_id = k.budget_id
LEFT JOIN current_spend AS s ON s.scope = 1 AND s.id = k.organization_id
                            AND s.duration = COALESCE(k.budget_duration, b.budget_duration, '');

CREATE VIEW "LiteLLM_BudgetTable" AS
SELECT budget_id,
       max_budget_nano / 1e9 AS max_budget,
       soft_budget_nano / 1e9 AS soft_budget,
       max_parallel_requests,
       tpm_limit,
       rpm_limit,
       model_max_budget,
       budget_duration,
       datetime(budget_anchor_ns / 1000000000, 'unixepoch') AS budget_reset_at,
       '[]' AS allowed_models,
       datetime(created_at_ns / 1000000000, 'unixepoch') AS created_at,
       created_by,
       datetime(updated_at_ns / 1000000000, 'unixepoch') AS updated_at,
       updated_by
FROM budget;

-- Also those that no administrator made a row for: LiteLLM makes one at the first call.
CREATE VIEW "LiteLLM_EndUserTable" AS
SELECT n.user_id,
       k.alias,
       COALESCE(s.spent_nano, 0) / 1e9 AS spend,
       k.allowed_model_region,
       k.default_model,
       k.budget_id,
       NULL AS object_permission_id,
       COALESCE(k.blocked, 0) AS blocked
FROM (SELECT user_id FROM end_user
      UNION SELECT id FROM budget_counter WHERE scope = 6 AND id <> '') AS n
LEFT JOIN end_user AS k ON k.user_id = n.user_id
LEFT JOIN budget AS b ON b.budget_id = k.budget_id
LEFT JOIN current_spend AS s ON s.scope = 6 AND s.id = n.user_id
                            AND s.duration = COALESCE(k.budget_duration, b.budget_duration, '');

CREATE VIEW "LiteLLM_TagTable" AS
SELECT n.name AS tag_name,
       k.description,
       COALESCE(k.models, '[]') AS models,
       NULL AS model_info,
       COALESCE(s.spent_nano, 0) / 1e9 AS spend,
       k.budget_id,
       datetime(k.created_at_ns / 1000000000, 'unixepoch') AS created_at,
       k.created_by,
       datetime(k.updated_at_ns / 1000000000, 'unixepoch') AS updated_at
FROM (SELECT name FROM tag
      UNION SELECT id FROM budget_counter WHERE scope = 7 AND id <> '') AS n
LEFT JOIN tag AS k ON k.name = n.name
LEFT JOIN budget AS b ON b.budget_id = k.budget_id
LEFT JOIN current_spend AS s ON s.scope = 7 AND s.id = n.name
                            AND s.duration = COALESCE(k.budget_duration, b.budget_duration, '');

CREATE VIEW "LiteLLM_TeamMembership" AS
SELECT k.user_id,
       k.team_id,
       COALESCE(s.spent_nano, 0) / 1e9 AS spend,
       COALESCE(l.spent_nano, 0) / 1e9 AS total_spend,
       k.budget_id
FROM team_member AS k
LEFT JOIN budget AS b ON b.budget_id = k.budget_id
LEFT JOIN current_spend AS s ON s.scope = 3 AND s.id = k.team_id || char(31) || k.user_id
                            AND s.duration = COALESCE(k.budget_duration, b.budget_duration, '')
LEFT JOIN current_spend AS l ON l.scope = 3 AND l.id = k.team_id || char(31) || k.user_id
                            AND l.duration = '';

CREATE VIEW "LiteLLM_OrganizationMembership" AS
SELECT user_id,
       organization_id,
       user_role,
       0.0 AS spend,
       NULL AS budget_id,
       datetime(joined_at_ns / 1000000000, 'unixepoch') AS created_at,
       datetime(joined_at_ns / 1000000000, 'unixepoch') AS updated_at
FROM organization_member;

CREATE VIEW "LiteLLM_ProxyModelTable" AS
SELECT model_id,
       model_name,
       litellm_params,
       model_info,
       0 AS blocked,
       datetime(created_at_ns / 1000000000, 'unixepoch') AS created_at,
       created_by,
       datetime(updated_at_ns / 1000000000, 'unixepoch') AS updated_at,
       updated_by
FROM stored_model;

CREATE VIEW "LiteLLM_AuditLog" AS
SELECT id,
       datetime(updated_at_ns / 1000000000, 'unixepoch') AS updated_at,
       changed_by,
       changed_by_api_key,
       action,
       table_name,
       object_id,
       before_value,
       after_value AS updated_values
FROM audit_log;

-- The daily sums. (daily_key_usage comes with the next migration.)
CREATE VIEW "LiteLLM_DailyUserSpend" AS
SELECT date || ':' || api_key || ':' || user_id || ':' || model || ':' || model_group || ':'
         || provider || ':' || call_type || ':' || user_id || ':' || team_id || ':'
         || organization_id AS id,
       user_id,
       date,
       api_key,
       model,
       model_group,
       provider AS custom_llm_provider,
       NULL AS mcp_namespaced_tool_name,
       call_type AS endpoint,
       prompt_tokens,
       completion_tokens,
       cache_read_tokens AS cache_read_input_tokens,
       cache_write_tokens AS cache_creation_input_tokens,
       spend_nano / 1e9 AS spend,
       api_requests,
       successful_requests,
       failed_requests,
       date || ' 00:00:00' AS created_at,
       date || ' 00:00:00' AS updated_at
FROM daily_key_usage;

CREATE VIEW "LiteLLM_DailyTeamSpend" AS
SELECT date || ':' || api_key || ':' || team_id || ':' || model || ':' || model_group || ':'
         || provider || ':' || call_type || ':' || user_id || ':' || team_id || ':'
         || organization_id AS id,
       team_id,
       date,
       api_key,
       model,
       model_group,
       provider AS custom_llm_provider,
       NULL AS mcp_namespaced_tool_name,
       call_type AS endpoint,
       prompt_tokens,
       completion_tokens,
       cache_read_tokens AS cache_read_input_tokens,
       cache_write_tokens AS cache_creation_input_tokens,
       spend_nano / 1e9 AS spend,
       api_requests,
       successful_requests,
       failed_requests,
       date || ' 00:00:00' AS created_at,
       date || ' 00:00:00' AS updated_at
FROM daily_key_usage
WHERE team_id <> '';

CREATE VIEW "LiteLLM_DailyOrganizationSpend" AS
SELECT date || ':' || api_key || ':' || organization_id || ':' || model || ':' || model_group || ':'
         || provider || ':' || call_type || ':' || user_id || ':' || team_id || ':'
         || organization_id AS id,
       organization_id,
       date,
       api_key,
       model,
       model_group,
       provider AS custom_llm_provider,
       NULL AS mcp_namespaced_tool_name,
       call_type AS endpoint,
       prompt_tokens,
       completion_tokens,
       cache_read_tokens AS cache_read_input_tokens,
       cache_write_tokens AS cache_creation_input_tokens,
       spend_nano / 1e9 AS spend,
       api_requests,
       successful_requests,
       failed_requests,
       date || ' 00:00:00' AS created_at,
       date || ' 00:00:00' AS updated_at
FROM daily_key_usage
WHERE organization_id <> '';

CREATE VIEW "LiteLLM_DailyEndUserSpend" AS
SELECT date || ':' || api_key || ':' || end_user || ':' || model || ':' || model_group || ':'
         || provider || ':' || call_type || ':' || user_id || ':' || team_id || ':'
         || organization_id || ':' || end_user AS id,
       end_user AS end_user_id,
       date,
       api_key,
       model,
       model_group,
       provider AS custom_llm_provider,
       NULL AS mcp_namespaced_tool_name,
       call_type AS endpoint,
       prompt_tokens,
       completion_tokens,
       cache_read_tokens AS cache_read_input_tokens,
       cache_write_tokens AS cache_creation_input_tokens,
       spend_nano / 1e9 AS spend,
       api_requests,
       successful_requests,
       failed_requests,
       date || ' 00:00:00' AS created_at,
       date || ' 00:00:00' AS updated_at
FROM daily_usage
WHERE end_user <> '';

CREATE VIEW "LiteLLM_DailyTagSpend" AS
SELECT date || ':' || api_key || ':' || tag || ':' || model || ':' || model_group || ':'
         || provider || ':' || call_type || ':' || user_id || ':' || team_id || ':'
         || organization_id || ':' || end_user AS id,
       tag,
       date,
       api_key,
       model,
       model_group,
       provider AS custom_llm_provider,
       NULL AS mcp_namespaced_tool_name,
       call_type AS endpoint,
       prompt_tokens,
       completion_tokens,
       cache_read_tokens AS cache_read_input_tokens,
       cache_write_tokens AS cache_creation_input_tokens,
       spend_nano / 1e9 AS spend,
       api_requests,
       successful_requests,
       failed_requests,
       date || ' 00:00:00' AS created_at,
       date || ' 00:00:00' AS updated_at
FROM daily_tag_usage;
