#pragma once
/// What makes calls count: identities, live accounts, the journal.

#include <map>
#include <memory>
#include <string>

#include "gatehouse/core/limit_set.hpp"
#include "gatehouse/ledger/balances.hpp"
#include "gatehouse/ledger/idempotency.hpp"
#include "gatehouse/ledger/journal.hpp"
#include "gatehouse/limits/admission.hpp"
#include "gatehouse/net/blocking_pool.hpp"
#include "gatehouse/tenancy/directory.hpp"

namespace gatehouse::gateway {

/// How calls are counted and refused; part of the snapshot. Immutable.
struct AccountingRules {
  limits::ReservationMode reservation = limits::ReservationMode::strict;
  limits::RateMode rate = limits::RateMode::fixed_window;
  core::Nanos rate_window = core::Seconds(60);
  std::shared_ptr<const limits::TimeZone> zone;  ///< of the budget calendar; null: UTC
  core::LimitSet global;                         ///< litellm_settings.max_budget, for all calls
  std::map<std::string, core::LimitSet, std::less<>> providers;  ///< provider_budget_config
  std::map<std::string, core::LimitSet, std::less<>> models;     ///< model_budget_config, by group
  int budget_status = 429;        ///< of a call that a budget refuses
  int model_denied_status = 403;  ///< of a model that the key may not call
  std::string master_token = {};  ///< what calls with the master key are recorded under

  limits::Rules limits() const noexcept {
    return {
        .reservation = reservation, .rate = rate, .rate_window = rate_window, .zone = zone.get()};
  }
};

/// What the pipeline of one thread counts with. `journal` is the thread's own; the rest is shared
/// and thread-safe. All of it outlives the pipeline.
struct Accounting {
  tenancy::Directory& directory;
  limits::AccountBook& accounts;
  const ledger::Balances& balances;
  ledger::Journal& journal;
  net::BlockingPool& pool;
  ledger::IdempotencyStore* idempotency = nullptr;  ///< null: Idempotency-Key has no effect
  ledger::Durability durability = ledger::Durability::process;
};

}  // namespace gatehouse::gateway
