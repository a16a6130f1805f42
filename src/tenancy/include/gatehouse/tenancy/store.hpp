#pragma once
/// What the administration of every kind of identity has in common.
///
/// The stores (KeyStore, TeamStore, …) are blocking and thread-safe: from an event loop only
/// through net::BlockingPool. Each write is one transaction together with its row in the audit
/// log, and the directory knows of it before the function returns. Failures: Errc::not_found,
/// Errc::conflict (id, alias or e-mail taken), Errc::invalid_argument, Errc::forbidden (against
/// the policy), and those of the database (unavailable, io). Stores do not ask who may do what:
/// that is access.hpp, before.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/core/random.hpp"
#include "gatehouse/crypto/random_bytes.hpp"
#include "gatehouse/database/database.hpp"
#include "gatehouse/tenancy/database_directory.hpp"
#include "gatehouse/tenancy/key_policy.hpp"
#include "gatehouse/tenancy/patch.hpp"
#include "gatehouse/tenancy/records.hpp"

namespace gatehouse::tenancy {

/// Whoever has the master key, in created_by and the audit log.
inline constexpr std::string_view kMasterUserId = "default_user_id";

/// Who changes something. Access::actor_of() makes it from a Caller.
struct Actor {
  std::string user_id = std::string(kMasterUserId);
  std::string api_key = {};  ///< hash of the key that was used; empty for the master key
};

/// How durations are read (limits::exact_duration, limits::check_budget_duration); the module
/// above wires them. Without functions any text is taken.
struct DurationRules {
  core::Result<core::Nanos> (*exact)(std::string_view) = nullptr;
  core::Result<void> (*check_budget)(std::string_view) = nullptr;
};

/// What the stores work with. All of it outlives them. `ids` is used inside write transactions
/// only, of which there is one at a time: give it to nobody else.
struct StoreContext {
  database::Database& database;
  DirectoryUpdates& directory;
  const core::Clock& clock;
  core::IdSource& ids;
  crypto::RandomBytes& random;
  PolicySource policy = {};
  DurationRules durations = {};
};

/// Which part of a list. Pages count from 1; Errc::invalid_argument outside 1…1,000 rows.
struct Page {
  std::uint64_t number = 1;
  std::uint64_t size = 10;
};

/// `by` is a field name of the wire contract; one that the list does not know is
/// Errc::invalid_argument. Empty: newest first, whatever `descending` says.
struct Sort {
  std::string by = {};
  bool descending = false;
};

template <class Item>
struct Listing {
  std::vector<Item> items;
  std::uint64_t total = 0;  ///< on all pages
};

/// A change of LimitTerms.
struct LimitPatch {
  Patch<core::Money> max_budget;
  Patch<core::Money> soft_budget;
  Patch<std::string> budget_duration;
  Patch<core::WallTime> budget_anchor;
  Patch<std::vector<core::BudgetLimit>> budget_limits;
  Patch<std::uint64_t> tpm_limit;
  Patch<std::uint64_t> rpm_limit;
  Patch<std::uint64_t> max_parallel_requests;
  Patch<std::map<std::string, core::BudgetLimit>> model_max_budget;
  Patch<std::map<std::string, std::uint64_t>> model_rpm_limit;
  Patch<std::map<std::string, std::uint64_t>> model_tpm_limit;
  Patch<std::string> budget_id;
};

/// Errc::invalid_argument for negative amounts, durations that `rules` refuse and numbers beyond
/// 2^63; otherwise `terms` with the patch applied.
core::Result<LimitTerms> patched(LimitTerms terms, const LimitPatch& patch,
                                 const DurationRules& rules);

}  // namespace gatehouse::tenancy
