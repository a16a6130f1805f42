#pragma once
/// What the admin routes work with.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/net/blocking_pool.hpp"

namespace gatehouse::gateway {
class CheckHistory;
struct Snapshot;
}  // namespace gatehouse::gateway
namespace gatehouse::ledger {
class Balances;
class Corrections;
class SpendQueries;
class Settler;
}  // namespace gatehouse::ledger
namespace gatehouse::limits {
class AccountBook;
class TimeZone;
}  // namespace gatehouse::limits
namespace gatehouse::tenancy {
class Directory;
struct StoreContext;
}  // namespace gatehouse::tenancy

namespace gatehouse::api {

/// What a sealed value among the parameters of a stored model begins with.
inline constexpr std::string_view kSealedPrefix = "sealed:";
/// Where the parameter of a stored model is sealed for.
inline std::string stored_model_place(std::string_view model_id, std::string_view parameter) {
  return "stored_model/" + std::string(model_id) + "/" + std::string(parameter);
}

/// How models are checked; follows a reload.
struct CheckRules {
  bool details = true;         ///< health_check_details
  bool in_background = false;  ///< /health answers from what is known, without a call
};

/// One for all threads; everything in it is thread-safe and outlives the servers. Handlers of
/// admin routes use it on threads of `pool`, where they may block.
struct ControlPlane {
  net::BlockingPool& pool;
  const core::Clock& clock;
  tenancy::Directory& directory;
  const tenancy::StoreContext& stores;

  // Null until wired: without balances spend is shown as 0; routes that cannot do without one of
  // the others answer "No connected db.".
  ledger::Settler* settler = nullptr;
  ledger::Balances* balances = nullptr;
  ledger::SpendQueries* queries = nullptr;
  ledger::Corrections* corrections = nullptr;
  limits::AccountBook* accounts = nullptr;  ///< moved along with corrections

  const limits::TimeZone* zone = nullptr;  ///< litellm_settings.timezone; null: UTC
  /// litellm_settings.max_budget, as it is in force; null or nothing: there is none.
  std::function<std::optional<core::Money>()> global_budget = {};
  /// Seals a credential of a stored model, so that the database never holds it in the clear.
  /// `place` is stored_model_place(); stored is kSealedPrefix and the result.
  std::function<core::Result<std::string>(std::string_view secret, std::string_view place)> seal =
      {};
  /// Builds and publishes a new snapshot after a stored model changed; returns once every thread
  /// has it. Blocking.
  std::function<core::Result<void>()> reload_models = {};
  gateway::CheckHistory* checks = nullptr;  ///< of models; null: none is kept
  std::function<CheckRules()> check_rules = {};
  /// A snapshot of one deployment made of `litellm_params` and `model_info` (JSON objects) as if
  /// they were stored: the base URL is checked as a stranger's. Blocking. Errc::invalid_argument
  /// says what is wrong.
  std::function<core::Result<std::shared_ptr<const gateway::Snapshot>>(
      std::string_view litellm_params, std::string_view model_info)>
      try_model = {};
  /// Sends a test alert to the channels named "webhook" or "slack". Blocking. Errc::not_found when
  /// alerts do not go there, Errc::upstream_failed when it was not taken.
  std::function<core::Result<void>(std::string_view channel)> send_test_alert = {};
};

}  // namespace gatehouse::api
