#pragma once
/// What a call leaves in the journal: a reservation before anything goes upstream, a mark when it
/// does, and one settlement.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/limit_set.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/core/usage.hpp"

namespace gatehouse::ledger {

/// Bounds of what an entry holds, so that room for a settlement can be kept before it is known.
/// Longer texts are cut at a character; a JSON text that is too long is left out. Ids that are
/// counted on (teams, users, tags, ...) are refused above kMaxId where they are created: two that
/// differ behind it would share a counter.
inline constexpr std::size_t kMaxCallId = 64;
inline constexpr std::size_t kMaxId = 256;    ///< ids, names of models, aliases
inline constexpr std::size_t kMaxName = 128;  ///< call type, deployment, provider, error class, IP
inline constexpr std::size_t kMaxTags = 32;   ///< the rest is left out
inline constexpr std::size_t kMaxTag = 64;
inline constexpr std::size_t kMaxErrorMessage = 512;
inline constexpr std::size_t kMaxClientMetadata = 2048;
inline constexpr std::size_t kMaxPeriods = 96;  ///< refused above: Errc::too_large
inline constexpr std::size_t kMaxDuration = 16;
/// Bytes of the largest entry. Periods whose ids are no fact of the call (see README) may take
/// what the rest leaves free of it: Errc::too_large above.
inline constexpr std::size_t kMaxEntry = 20'480;

/// The part of `text` that an entry keeps: at most `limit` bytes, no broken UTF-8 character.
std::string_view bounded(std::string_view text, std::size_t limit) noexcept;

/// Who called what. Empty texts are unknown. The names are those of LiteLLM's spend log
/// (litellm-contract.md 1.7). Views are read while the entry is appended.
struct CallFacts {
  std::string_view call_id;    ///< our id; never empty
  std::string_view call_type;  ///< "acompletion", "aembedding", "anthropic_messages", …
  std::string_view api_key;    ///< hash, hexadecimal
  std::string_view key_alias;
  std::string_view user_id;
  std::string_view team_id;
  std::string_view organization_id;
  std::string_view end_user;
  std::string_view requested_model;
  std::string_view model_group;
  std::string_view session_id;
  std::string_view requester_ip;
  std::span<const std::string_view> tags;
  std::string_view price_version;
  core::WallTime started_at{};
};

enum class CallStatus : std::uint8_t { answered, refused, failed, interrupted, unknown };
/// As in call_record.status. Static storage.
std::string_view name_of(CallStatus status) noexcept;

struct ReservationEntry {
  CallFacts facts;
  core::Money amount;  ///< R: what the call may cost at most
  std::span<const core::ChargedPeriod> periods;
};

struct SettlementEntry {
  CallFacts facts;
  CallStatus status = CallStatus::answered;
  int http_status = 200;
  bool stream = false;
  bool cost_known = true;
  bool cost_clamped = false;  ///< the report exceeded the reservation (faults.md E10)
  core::UsageSource usage_source = core::UsageSource::none;
  core::Money reserved;  ///< zero when nothing was reserved
  core::Money cost;
  core::TokenUsage usage;
  std::string_view response_id;  ///< the provider's; empty: the call's id stands in
  std::string_view model;        ///< upstream's name
  std::string_view deployment;   ///< model_id
  std::string_view provider;
  std::string_view api_base;
  std::string_view error_class;
  std::string_view error_message;
  std::string_view client_metadata;  ///< spend_logs_metadata, a JSON object; empty: none
  std::uint32_t retries = 0;
  std::uint32_t fallbacks = 0;
  core::WallTime ended_at{};
  std::optional<core::WallTime> first_token_at;
  std::span<const core::ChargedPeriod> periods;
};

}  // namespace gatehouse::ledger
