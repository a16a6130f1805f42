#pragma once
/// The one record that every call ends in.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/core/strong_id.hpp"
#include "gatehouse/core/usage.hpp"
#include "gatehouse/limits/admission.hpp"
#include "gatehouse/providers/wire_format.hpp"

namespace gatehouse::gateway {

/// How a call ended.
enum class Outcome : std::uint8_t {
  answered,     ///< completely
  refused,      ///< by us, before anything went upstream
  failed,       ///< upstream, or because of it
  interrupted,  ///< the client left, or the server had to stop
};
std::string_view name_of(Outcome outcome) noexcept;

/// What is known of a call when it is over. Views are valid while the record is observed.
struct CallRecord {
  std::string_view call_id;
  providers::WireFormat format = providers::WireFormat::openai_chat;
  Outcome outcome = Outcome::refused;
  int status = 0;  ///< sent to the client; 499 when it had left
  bool stream = false;

  core::TenantId tenant;
  std::string_view api_key;  ///< hash; empty for the master key
  std::string_view key_alias;
  std::string_view user_id;
  std::string_view team_id;
  std::string_view team_alias;
  std::string_view requested_model;  ///< printable and bounded
  std::string_view group;            ///< empty when none was found
  std::string_view deployment;
  std::string_view provider;
  std::string_view upstream_model;
  std::string_view end_user;

  core::TokenUsage usage;  ///< of all tries
  core::UsageSource usage_source = core::UsageSource::none;
  bool usage_clamped = false;  ///< more output was reported than the client had allowed
  core::Money cost;
  bool cost_known = true;  ///< false: allow_unpriced, or a report that contradicts itself
  core::Money reserved;    ///< the most that the call could cost
  std::string_view price_version;

  core::WallTime started_at;
  core::Nanos duration{0};
  core::Nanos upstream_duration{0};  ///< time spent waiting for the provider
  std::optional<core::Nanos> time_to_first_token;
  std::uint32_t retries = 0;
  std::uint32_t fallbacks = 0;
  std::string_view error_class;  ///< empty when answered
  std::string_view error_message;
};

/// Who is behind a call. Views are valid while the observer is told.
struct CallerFacts {
  std::string_view api_key;  ///< hash; empty for the master key
  std::string_view key_alias;
  std::string_view user_id;
  std::string_view user_email;
  std::string_view team_id;
  std::string_view team_alias;
  std::string_view end_user;
};

/// A try at a deployment that counts against it. Views as above.
struct FailedTry {
  std::string_view deployment;
  std::string_view provider;
  std::string_view group;           ///< the name that clients use
  std::string_view upstream_model;  ///< as configured
  std::string_view failure;
  core::Nanos cooling{0};  ///< left of the deployment's cool-down; zero: it is none
};

/// Is told of every call, on the call's thread, before the last byte of the answer is sent.
class CallObserver {
 public:
  virtual ~CallObserver() = default;
  virtual void call_started() = 0;
  virtual void call_settled(const CallRecord& record) = 0;
  virtual void attempt_failed(const FailedTry& failed) = 0;
  /// A soft budget, or a share of a hard one, was reached; a `known` one maybe by an earlier run.
  virtual void threshold_reached(const limits::Threshold& threshold, const CallerFacts& caller) = 0;
  /// A budget had no room for a call, or for a try at one deployment. As often as that happens.
  virtual void budget_refused(const limits::Denial& denial, const CallerFacts& caller) = 0;
  /// A refusal that found no room in the journal (the disk is full).
  virtual void unrecorded() = 0;
};

}  // namespace gatehouse::gateway
