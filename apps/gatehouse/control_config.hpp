#pragma once
/// Settings of identities, budgets and storage: what of a LiteLLM config.yaml concerns them, and
/// our own sections `storage` and `limits`.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/config/section.hpp"
#include "gatehouse/gateway/accounting.hpp"
#include "gatehouse/gateway/pipeline.hpp"
#include "gatehouse/models/config.hpp"
#include "gatehouse/tenancy/database_directory.hpp"
#include "gatehouse/tenancy/key_policy.hpp"

namespace gatehouse::app {

/// `storage`.
struct StorageSettings {
  ledger::Durability durability = ledger::Durability::process;
  std::uint32_t readers = 4;
  std::uint64_t journal_segment_bytes = std::uint64_t{64} << 20;
  core::Millis sync_interval{20};
  core::Millis settle_interval{250};
  core::Seconds spend_log_retention{0};  ///< 0: for ever
  core::Millis busy_timeout{5'000};
  std::uint64_t log_alarm_bytes = std::uint64_t{256} << 20;
};

enum class ReservationSetting : std::uint8_t { by_compat, strict, lenient };

/// `limits`.
struct LimitSettings {
  ReservationSetting reservation = ReservationSetting::by_compat;
  limits::RateMode rate_limit = limits::RateMode::fixed_window;
  core::Millis rate_limit_window{60'000};
  std::optional<std::uint32_t> budget_status;
  gateway::AbandonedCalls abandoned_calls = gateway::AbandonedCalls::finish_whole_replies;
};

/// `keys`.
struct KeySettings {
  core::Seconds rotation_grace{86'400};
};

/// `default_key_generate_params`, `upperbound_key_generate_params` and their like.
struct IdentityParams {
  std::optional<core::Money> max_budget;
  std::optional<core::Money> soft_budget;
  std::optional<std::string> budget_duration;
  std::optional<std::string> duration;
  std::optional<std::uint64_t> tpm_limit;
  std::optional<std::uint64_t> rpm_limit;
  std::optional<std::uint64_t> max_parallel_requests;
  std::optional<std::string> team_id;
  std::optional<std::string> user_role;
  std::vector<std::string> models;
};

/// `litellm_settings`: routing defaults, which `models` reads, and what concerns identities.
struct LitellmSettings : models::LitellmSection {
  std::optional<core::Money> max_budget;
  std::optional<std::string> budget_duration;
  std::string timezone = "UTC";
  std::optional<core::Money> max_internal_user_budget;
  std::optional<std::string> internal_user_budget_duration;
  std::optional<core::Money> max_end_user_budget;
  std::optional<std::string> max_end_user_budget_id;
  IdentityParams default_key_generate_params;
  IdentityParams upperbound_key_generate_params;
  IdentityParams default_internal_user_params;
  IdentityParams default_team_params;
};

/// Everything of the file that this header describes.
struct ControlSettings {
  StorageSettings storage;
  LimitSettings limits;
  KeySettings keys;
  LitellmSettings litellm;
  std::string litellm_compat = "latest";

  bool compat_1_81() const noexcept { return litellm_compat == "1.81"; }
};

void describe(config::Section& s, StorageSettings& c);
void describe(config::Section& s, LimitSettings& c);
void describe(config::Section& s, KeySettings& c);
void describe(config::Section& s, IdentityParams& c);
void describe(config::Section& s, LitellmSettings& c);
/// Keys of the file's root.
void describe_control(config::Section& root, ControlSettings& c);

/// Durations and the time zone are checked by describe(), so these do not fail.
gateway::AccountingRules accounting_rules(const ControlSettings& settings,
                                          const core::Secret& master_key);
tenancy::Policy identity_policy(const ControlSettings& settings);
tenancy::EndUserDefaults end_user_defaults(const ControlSettings& settings);
tenancy::DirectoryOptions directory_options(const ControlSettings& settings);

}  // namespace gatehouse::app
