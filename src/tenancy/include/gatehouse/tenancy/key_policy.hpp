#pragma once
/// What the configuration says about new identities (litellm-contract.md 1.12). Plain values; the
/// application fills them from `litellm_settings`.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/tenancy/records.hpp"

namespace gatehouse::tenancy {

/// `default_key_generate_params`: values for what a request leaves out.
struct KeyDefaults {
  std::optional<core::Money> max_budget = {};
  std::optional<core::Money> soft_budget = {};
  std::optional<std::string> budget_duration = {};
  std::optional<std::uint64_t> tpm_limit = {};
  std::optional<std::uint64_t> rpm_limit = {};
  std::optional<std::uint64_t> max_parallel_requests = {};
  std::optional<std::string> duration = {};  ///< until the key expires
  std::optional<std::string> team_id = {};
  std::vector<std::string> models = {};
};

/// `upperbound_key_generate_params`: a request above one of these is Errc::invalid_argument; one
/// that leaves the field out gets the bound. budget_duration and duration compare by length.
struct KeyBounds {
  std::optional<core::Money> max_budget = {};
  std::optional<std::string> budget_duration = {};
  std::optional<std::uint64_t> tpm_limit = {};
  std::optional<std::uint64_t> rpm_limit = {};
  std::optional<std::uint64_t> max_parallel_requests = {};
  std::optional<std::string> duration = {};
};

struct KeyPolicy {
  KeyDefaults defaults = {};
  KeyBounds bounds = {};
};

/// `default_internal_user_params` and `max_internal_user_budget` (with its duration), which stands
/// in for internal users whose request names no budget.
struct UserPolicy {
  std::optional<UserRole> role = {};
  std::vector<std::string> models = {};
  LimitTerms limits = {};
  std::optional<core::Money> max_internal_user_budget = {};
  std::optional<std::string> internal_user_budget_duration = {};
};

/// `default_team_params`.
struct TeamPolicy {
  std::vector<std::string> models = {};
  LimitTerms limits = {};
};

struct Policy {
  KeyPolicy keys;
  UserPolicy users;
  TeamPolicy teams;
};

/// The policy in force. A reload replaces it as a whole; a write keeps the one that it began with.
/// Copies are handles of the same source. Thread-safe.
class PolicySource {
 public:
  PolicySource(Policy first = {}) : slot_(std::make_shared<Slot>(wrap(std::move(first)))) {}

  std::shared_ptr<const Policy> now() const { return slot_->load(); }
  void replace(Policy next) { slot_->store(wrap(std::move(next))); }

 private:
  using Slot = std::atomic<std::shared_ptr<const Policy>>;
  static std::shared_ptr<const Policy> wrap(Policy policy) {
    return std::make_shared<const Policy>(std::move(policy));
  }
  std::shared_ptr<Slot> slot_;
};

}  // namespace gatehouse::tenancy
