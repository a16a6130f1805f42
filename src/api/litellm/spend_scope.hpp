#pragma once
/// What routes about spend share: the queries, the days they are about, and whose spend a caller
/// may see.

#include <optional>
#include <string>
#include <string_view>

#include "admin/answer.hpp"
#include "admin/query_reader.hpp"
#include "admin/request.hpp"
#include "gatehouse/api/control_plane.hpp"
#include "gatehouse/ledger/spend_queries.hpp"

namespace gatehouse::api::litellm {

/// The questions that can be asked, once calls that have ended are in the answers. Waits for them
/// a while; what is not applied by then is missing, as it would be a moment earlier. Blocking.
admin::Outcome<const ledger::SpendQueries*> settled_queries(ControlPlane& control);

/// start_date and end_date, both days included; 400 E2 when one is missing or no date.
admin::Outcome<ledger::DayRange> required_days(const admin::QueryReader& query);
/// The same where they may be absent: then `otherwise`.
admin::Outcome<ledger::DayRange> days_or(const admin::QueryReader& query,
                                         const ledger::DayRange& otherwise);
/// The last `count` days up to today.
ledger::DayRange last_days(core::WallTime now, int count);

/// The hash of a key that a client names by its text or its hash.
std::optional<std::string> key_hash(const admin::QueryReader& query, std::string_view name);
/// All hashes of the key: calls from before it was regenerated are recorded under another.
std::vector<std::string> all_hashes(ControlPlane& control, const std::string& hash);
/// The same for a filter that names a key.
void add_other_hashes(ControlPlane& control, ledger::CallFilter& filter);
/// The values of a comma list.
std::vector<std::string> comma_list(const std::optional<std::string>& text);

/// Leaves in the filter what the caller may see: everything for proxy admins and viewers, a team's
/// or organization's calls for its admins, else the caller's own. 403 when it asks for another's.
admin::Outcome<void> keep_to_own(const admin::AdminRequest& request, ControlPlane& control,
                                 ledger::CallFilter& filter);
admin::Outcome<void> keep_to_own(const admin::AdminRequest& request, ControlPlane& control,
                                 ledger::Subject subject, ledger::UsageFilter& filter);

/// The answer to a failure of a question: one that reads too much is 400 and says what to do.
admin::Answer refuse_question(const core::Error& error);

}  // namespace gatehouse::api::litellm
