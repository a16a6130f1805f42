#include "litellm/spend_scope.hpp"

#include <utility>

#include "gatehouse/core/text.hpp"
#include "gatehouse/ledger/settler.hpp"
#include "gatehouse/tenancy/access.hpp"
#include "gatehouse/tenancy/key_store.hpp"
#include "gatehouse/tenancy/team_store.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Outcome;
using tenancy::Target;

/// How long a reader waits for calls that have just ended.
constexpr core::Millis kPatience{2'000};

bool sees_everything(const tenancy::Caller& caller) {
  return caller.role == tenancy::UserRole::proxy_admin ||
         caller.role == tenancy::UserRole::proxy_admin_viewer;
}

bool administers_team(const AdminRequest& request, ControlPlane& control, const std::string& id) {
  const auto team = tenancy::TeamStore(control.stores).find(id);
  return team && tenancy::may(request.caller, tenancy::Action::write, tenancy::target_of(*team));
}

bool administers_organization(const AdminRequest& request, const std::string& id) {
  return tenancy::may(request.caller, tenancy::Action::write,
                      Target{.kind = Target::Kind::organization, .id = id, .organization_id = id});
}

std::unexpected<admin::Answer> not_yours() {
  return std::unexpected(admin::refuse(403, "You may see your own spend only", admin::type::kAuth));
}

std::unexpected<admin::Answer> not_your_activity() {
  return std::unexpected(admin::refuse_detail_error(403, "You may see your own activity only"));
}

/// The caller's own calls: by the user, or by the key of nobody.
Outcome<void> own_activity(const tenancy::Caller& caller, ControlPlane& control,
                           ledger::UsageFilter& filter) {
  if (caller.user_id().empty()) {
    filter.api_keys = all_hashes(control, std::string(caller.token()));
    if (!filter.user_ids.empty()) return not_your_activity();
    return {};
  }
  for (const std::string& user : filter.user_ids) {
    if (user != caller.user_id()) return not_your_activity();
  }
  filter.user_ids = {std::string(caller.user_id())};
  return {};
}

Outcome<void> teams_activity(const AdminRequest& request, ControlPlane& control,
                             ledger::UsageFilter& filter) {
  if (filter.team_ids.empty()) {
    if (request.caller.principal == nullptr || !request.caller.principal->team) {
      return not_your_activity();
    }
    filter.team_ids = {request.caller.principal->team->team_id};
    if (!administers_team(request, control, filter.team_ids.front())) {
      return own_activity(request.caller, control, filter);
    }
    return {};
  }
  for (const std::string& team : filter.team_ids) {
    if (!administers_team(request, control, team)) return not_your_activity();
  }
  return {};
}

Outcome<ledger::Day> day_of_query(const admin::QueryReader& query, std::string_view name) {
  const auto text = query.text(name);
  if (!text) {
    return std::unexpected(
        admin::refuse_detail_error(400, "Please provide start_date and end_date"));
  }
  // A time of the day says no more than its day.
  const auto day = ledger::day_named(std::string_view(*text).substr(0, 10));
  if (day) return *day;
  return std::unexpected(
      admin::refuse_detail_error(400, std::string(name) + " must be a date such as 2026-01-31"));
}

}  // namespace

Outcome<const ledger::SpendQueries*> settled_queries(ControlPlane& control) {
  if (control.queries == nullptr) return std::unexpected(admin::no_database());
  if (control.settler != nullptr) (void)control.settler->flush(kPatience);
  return control.queries;
}

Outcome<ledger::DayRange> required_days(const admin::QueryReader& query) {
  const auto first = day_of_query(query, "start_date");
  if (!first) return std::unexpected(first.error());
  const auto last = day_of_query(query, "end_date");
  if (!last) return std::unexpected(last.error());
  if (*last < *first) {
    return std::unexpected(admin::refuse_detail_error(400, "end_date is before start_date"));
  }
  return ledger::DayRange{*first, *last};
}

Outcome<ledger::DayRange> days_or(const admin::QueryReader& query,
                                  const ledger::DayRange& otherwise) {
  if (!query.text("start_date") && !query.text("end_date")) return otherwise;
  return required_days(query);
}

ledger::DayRange last_days(core::WallTime now, int count) {
  const ledger::Day today = ledger::day_of(now);
  return {today - std::chrono::days(count), today};
}

std::optional<std::string> key_hash(const admin::QueryReader& query, std::string_view name) {
  auto key = query.text(name);
  if (!key || key->empty()) return std::nullopt;
  return tenancy::token_of(*key);
}

std::vector<std::string> all_hashes(ControlPlane& control, const std::string& hash) {
  auto all = tenancy::KeyStore(control.stores).all_tokens(hash);
  return all ? std::move(*all) : std::vector<std::string>{hash};
}

void add_other_hashes(ControlPlane& control, ledger::CallFilter& filter) {
  if (!filter.api_key) return;
  filter.other_hashes = all_hashes(control, *filter.api_key);
  std::erase(filter.other_hashes, *filter.api_key);
}

std::vector<std::string> comma_list(const std::optional<std::string>& text) {
  std::vector<std::string> values;
  if (!text) return values;
  for (const std::string_view part : core::split(*text, ',')) {
    const std::string_view value = core::trim(part);
    if (!value.empty()) values.emplace_back(value);
  }
  return values;
}

Outcome<void> keep_to_own(const AdminRequest& request, ControlPlane& control,
                          ledger::CallFilter& filter) {
  const tenancy::Caller& caller = request.caller;
  if (sees_everything(caller)) return {};
  if (filter.team_id && administers_team(request, control, *filter.team_id)) return {};
  if (filter.organization_id && administers_organization(request, *filter.organization_id)) {
    return {};
  }
  const std::string own_key(caller.token());
  if (caller.user_id().empty()) {
    if (filter.user_id || filter.api_key.value_or(own_key) != own_key) return not_yours();
    filter.api_key = own_key;
    return {};
  }
  if (filter.user_id && *filter.user_id != caller.user_id()) return not_yours();
  if (filter.api_key == own_key) return {};
  filter.user_id = std::string(caller.user_id());
  return {};
}

Outcome<void> keep_to_own(const AdminRequest& request, ControlPlane& control,
                          ledger::Subject subject, ledger::UsageFilter& filter) {
  if (sees_everything(request.caller)) return {};
  switch (subject) {
    case ledger::Subject::user:
      return own_activity(request.caller, control, filter);
    case ledger::Subject::team:
      return teams_activity(request, control, filter);
    case ledger::Subject::organization:
      if (filter.organization_ids.empty()) return not_your_activity();
      for (const std::string& id : filter.organization_ids) {
        if (!administers_organization(request, id)) return not_your_activity();
      }
      return {};
    case ledger::Subject::end_user:
    case ledger::Subject::tag:
      break;
  }
  return not_your_activity();
}

admin::Answer refuse_question(const core::Error& error) {
  if (error.code == core::Errc::deadline_exceeded) {
    return admin::refuse(400, "This would read too many calls: ask for fewer days, or filter",
                         "bad_request");
  }
  return admin::refuse(error);
}

}  // namespace gatehouse::api::litellm
