/// What is known about teams.

#include <utility>

#include "admin/query_reader.hpp"
#include "litellm/key_rows.hpp"
#include "litellm/rights.hpp"
#include "litellm/spend_view.hpp"
#include "litellm/team_access.hpp"
#include "litellm/team_handlers.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::FieldErrors;
using admin::Outcome;
using admin::QueryReader;

/// Of the list without pages.
constexpr std::uint64_t kMostTeams = 10'000;

Outcome<void> write_memberships_of(admin::JsonWriter& out, const AdminRequest& request,
                                   ControlPlane& control, const tenancy::TeamRecord& team) {
  std::vector<SpentBy> whose;
  whose.reserve(team.members.size());
  for (const tenancy::TeamMember& member : team.members) whose.push_back(spent_by(team, member));
  const auto spends = spend_of(control, whose, request.now);
  if (!spends) return std::unexpected(spends.error());
  write_memberships(out, team, *spends);
  return {};
}

/// What the caller may see of the teams that the query asks for; 401 for those of others.
Outcome<tenancy::TeamFilter> read_filter(const AdminRequest& request, const QueryReader& query) {
  tenancy::TeamFilter filter;
  filter.team_id = query.text("team_id");
  filter.team_alias = query.text("team_alias");
  filter.organization_id = query.text("organization_id");
  filter.member = query.text("user_id");
  filter.deleted = query.text("status") == "deleted";
  const tenancy::Caller& caller = request.caller;
  if (!tenancy::visible_keys(caller)) return filter;  // sees everything
  const std::string own(caller.user_id());
  if (filter.member && *filter.member != own) {
    return std::unexpected(admin::refuse(
        403, "Only proxy admin can be used to list the teams of other users", admin::type::kAuth));
  }
  filter.member = own;
  if (!query.text("user_id") && caller.principal && caller.principal->user) {
    filter.organization_ids = caller.principal->user->admin_of_organizations;
  }
  return filter;
}

Outcome<void> write_rows(admin::JsonWriter& out, const AdminRequest& request, ControlPlane& control,
                         const std::vector<tenancy::TeamRecord>& teams) {
  const auto spends = spend_of_all(control, teams, request.now);
  if (!spends) return std::unexpected(spends.error());
  for (std::size_t i = 0; i < teams.size(); ++i) {
    write_team_row(out, teams[i], {(*spends)[i], request.now, control.zone});
  }
  return {};
}

}  // namespace

Answer team_info(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  QueryReader query(request.query, errors);
  const std::string team_id = query.required_text("team_id");
  if (!errors.empty()) return errors.answer();
  const auto team = team_for(request, control, team_id, tenancy::Action::read);
  if (!team) return team.error();
  const auto facts = facts_of(request, control, *team);
  if (!facts) return facts.error();
  admin::JsonWriter out;
  out.begin_object().member("team_id", team->team_id).key("team_info");
  write_team_row(out, *team, *facts);
  out.key("keys");
  const tenancy::KeyFilter its_keys{.team_id = team->team_id,
                                    .visible = tenancy::visible_keys(request.caller)};
  if (auto written = write_key_rows(out, request, control, its_keys); !written) {
    return written.error();
  }
  out.key("team_memberships");
  if (auto written = write_memberships_of(out, request, control, *team); !written) {
    return written.error();
  }
  out.end_object();
  return admin::ok(std::move(out).take());
}

Answer list_teams(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  const QueryReader query(request.query, errors);
  const auto filter = read_filter(request, query);
  if (!filter) return filter.error();
  const tenancy::TeamStore teams(control.stores);
  admin::JsonWriter out;
  out.begin_array();
  constexpr std::uint64_t kPage = 1'000;
  for (std::uint64_t page = 1; page <= kMostTeams / kPage; ++page) {
    const auto found = teams.list(*filter, {page, kPage});
    if (!found) return refuse_store(found.error());
    const auto written = write_rows(out, request, control, found->items);
    if (!written) return written.error();
    if (page * kPage >= found->total) break;
  }
  out.end_array();
  return admin::ok(std::move(out).take());
}

Answer list_teams_paged(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  QueryReader query(request.query, errors);
  const tenancy::Page page{query.count("page", 1, {1, UINT32_MAX}),
                           query.count("page_size", 10, {1, 100})};
  const auto order = query.choice("sort_order", {"asc", "desc"});
  const tenancy::Sort sort{query.text("sort_by").value_or(""), order != "asc"};
  if (!errors.empty()) return errors.answer();
  const auto filter = read_filter(request, query);
  if (!filter) return filter.error();
  const auto found = tenancy::TeamStore(control.stores).list(*filter, page, sort);
  if (!found) return refuse_store(found.error());
  admin::JsonWriter out;
  out.begin_object().key("teams").begin_array();
  const auto written = write_rows(out, request, control, found->items);
  if (!written) return written.error();
  out.end_array()
      .member("total", found->total)
      .member("page", page.number)
      .member("page_size", page.size)
      .member("total_pages", (found->total + page.size - 1) / page.size)
      .end_object();
  return admin::ok(std::move(out).take());
}

}  // namespace gatehouse::api::litellm
