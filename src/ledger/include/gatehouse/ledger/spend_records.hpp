#pragma once
/// What questions about spend are answered with. Plain values.

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/money.hpp"

namespace gatehouse::ledger {

using Day = std::chrono::sys_days;  ///< of UTC

/// Whole days, both ends included.
struct DayRange {
  Day first;
  Day last;
  bool operator==(const DayRange&) const = default;
};

std::string text_of(Day day);                         ///< YYYY-MM-DD
std::optional<Day> day_named(std::string_view text);  ///< the inverse; nothing for another text
Day day_of(core::WallTime time);
core::WallTime start_of(Day day);
Day monday_of(Day day);  ///< of its week

/// A row of the call log. Empty texts are unknown.
struct LoggedCall {
  std::int64_t seq = 0;    ///< order of settlement
  std::string call_id;     ///< ours
  std::string request_id;  ///< the provider's response id; the call id where there is none
  std::string call_type;
  std::string status;  ///< answered, refused, failed, interrupted, unknown
  std::int64_t http_status = 0;
  bool stream = false;
  std::string api_key;  ///< hash
  std::string key_alias;
  std::string user_id;
  std::string team_id;
  std::string organization_id;
  std::string end_user;
  std::string requested_model;
  std::string model_group;
  std::string model;
  std::string deployment;
  std::string provider;
  std::string api_base;
  std::string session_id;
  std::string requester_ip;
  std::string tags;             ///< JSON list of texts
  std::string client_metadata;  ///< JSON object, or empty
  std::string price_version;
  std::string usage_source;  ///< none, reported, estimated
  core::Money reserved;
  core::Money cost;
  bool cost_known = true;
  bool cost_clamped = false;
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  std::int64_t cache_read_tokens = 0;
  std::int64_t cache_write_tokens = 0;
  std::int64_t cache_write_1h_tokens = 0;
  std::int64_t reasoning_tokens = 0;
  std::int64_t retries = 0;
  std::int64_t fallbacks = 0;
  std::string error_class;
  std::string error_message;
  core::WallTime started_at{};
  core::WallTime ended_at{};
  std::optional<core::WallTime> first_token_at;
};

/// Which calls; what is absent leaves all in.
struct CallFilter {
  std::optional<core::WallTime> from = {};   ///< started then or later
  std::optional<core::WallTime> until = {};  ///< started before
  std::optional<std::string> request_id = {};
  std::optional<std::string> api_key = {};  ///< hash
  /// Further hashes of the same key, if it was regenerated; only beside `api_key`.
  std::vector<std::string> other_hashes = {};
  std::optional<std::string> user_id = {};
  std::optional<std::string> team_id = {};
  std::optional<std::string> organization_id = {};
  std::optional<std::string> end_user = {};
  std::optional<std::string> session_id = {};
  std::optional<std::string> model = {};
  std::optional<std::string> model_group = {};
  std::optional<std::string> deployment = {};
  std::optional<std::string> key_alias = {};
  std::optional<core::Money> min_cost = {};
  std::optional<core::Money> max_cost = {};
  std::optional<bool> successful = {};
  std::optional<std::int64_t> http_status = {};
  std::optional<std::string> error_contains = {};
};

/// By what a page of calls is sorted; equal ones by the order of settlement.
enum class CallOrder : std::uint8_t { started_at, ended_at, cost, total_tokens, model, duration };

struct CallPageRequest {
  CallOrder order = CallOrder::started_at;
  bool descending = true;
  std::uint64_t offset = 0;
  std::uint64_t limit = 50;
};

struct CallPage {
  std::vector<LoggedCall> calls;
  std::uint64_t total = 0;  ///< matching calls on all pages
};

/// Sums of calls.
struct UsageSums {
  core::Money spend;
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  std::int64_t cache_read_tokens = 0;
  std::int64_t cache_write_tokens = 0;
  std::int64_t reasoning_tokens = 0;
  std::int64_t requests = 0;
  std::int64_t successful = 0;
  std::int64_t failed = 0;

  std::int64_t total_tokens() const noexcept { return prompt_tokens + completion_tokens; }
  /// Saturates; the database's own sums refuse to overflow long before.
  UsageSums& operator+=(const UsageSums& other);
  bool operator==(const UsageSums&) const = default;
};

/// Whose usage; an empty list leaves all in.
struct UsageFilter {
  std::vector<std::string> api_keys = {};
  std::vector<std::string> user_ids = {};
  std::vector<std::string> team_ids = {};
  std::vector<std::string> organization_ids = {};
  std::vector<std::string> end_users = {};
  std::vector<std::string> tags = {};
  std::vector<std::string> models = {};  ///< upstream names or model groups
};

/// What sums are made for. The names of UsageGroup::names come in the order of the words. Only
/// `day` and `day_model_group` have all sums; the others have spend and requests, those of a key
/// and model tokens, too.
enum class UsageBy : std::uint8_t {
  day,
  day_user,
  day_model,
  day_key,
  day_model_group,
  day_team,
  key,
  model,
  provider,
  tag,
  end_user,
  key_model,
  day_team_key_model,
  day_end_user_key_model,
};

struct UsageGroup {
  std::array<std::string, 4> names;
  UsageSums sums;
};

/// Whose days an activity report is about.
enum class Subject : std::uint8_t { user, team, organization, end_user, tag };

/// A line of the daily roll-ups.
struct ActivityLine {
  std::string date;
  std::string subject;  ///< id of what the report is about; empty: of none
  std::string api_key;
  std::string model;
  std::string model_group;
  std::string provider;
  std::string call_type;
  UsageSums sums;
};

struct ActivityPage {
  std::vector<ActivityLine> lines;  ///< newest day first
  std::uint64_t total = 0;
};

/// How a key is called, also after its deletion.
struct KeyName {
  std::string api_key;
  std::optional<std::string> alias;
  std::string key_name;
  std::optional<std::string> team_id;
  std::string present_key;  ///< the hash that it goes by now; that of `api_key` unless regenerated
};

}  // namespace gatehouse::ledger
