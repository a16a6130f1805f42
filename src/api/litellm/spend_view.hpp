#pragma once
/// What records show as `spend`: the ledger's counters, never a column of their own.

#include <optional>
#include <string>
#include <vector>

#include "admin/answer.hpp"
#include "admin/request.hpp"
#include "gatehouse/api/control_plane.hpp"
#include "gatehouse/core/limit_set.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/tenancy/records.hpp"

namespace gatehouse::api::litellm {

/// A scope whose spend is shown, with the budget_duration that it is shown for.
struct SpentBy {
  core::Scope scope;
  std::string id;
  std::optional<std::string> duration = {};
  std::optional<core::WallTime> anchor = {};  ///< of the duration's periods
};

SpentBy spent_by(const tenancy::KeyRecord& key);
SpentBy spent_by(const tenancy::TeamRecord& team);
SpentBy spent_by(const tenancy::TeamRecord& team, const tenancy::TeamMember& member);
SpentBy spent_by(const tenancy::UserRecord& user);
SpentBy spent_by(const tenancy::OrganizationRecord& organization);
SpentBy spent_by(const tenancy::EndUserRecord& end_user);
SpentBy spent_by(const tenancy::TagRecord& tag);

/// Fills in the duration that a shared budget stands in for. Blocking.
SpentBy with_shared_budget(ControlPlane& control, SpentBy whose, const tenancy::LimitTerms& limits);

/// In the order asked for: the counter of the duration if its period is the current one, else 0;
/// without a duration that of the lifetime. Calls that ended before are in it if the settler
/// catches up soon. Blocking; `now` as the request's.
admin::Outcome<std::vector<core::Money>> spend_of(ControlPlane& control,
                                                  const std::vector<SpentBy>& whose,
                                                  core::WallTime now);
admin::Outcome<core::Money> spend_of(ControlPlane& control, const SpentBy& whose,
                                     core::WallTime now);
template <class Record>
admin::Outcome<core::Money> spend_of_one(ControlPlane& control, const Record& record,
                                         core::WallTime now) {
  return spend_of(control, with_shared_budget(control, spent_by(record), record.limits), now);
}

template <class Record>
admin::Outcome<std::vector<core::Money>> spend_of_all(ControlPlane& control,
                                                      const std::vector<Record>& records,
                                                      core::WallTime now) {
  std::vector<SpentBy> whose;
  whose.reserve(records.size());
  for (const Record& record : records) {
    whose.push_back(with_shared_budget(control, spent_by(record), record.limits));
  }
  return spend_of(control, whose, now);
}

/// Sets every counter of the scope to `amount`, once per request; the caller may do so.
admin::Outcome<core::Money> set_spend(const admin::AdminRequest& request, ControlPlane& control,
                                      const SpentBy& whose, core::Money amount);

}  // namespace gatehouse::api::litellm
