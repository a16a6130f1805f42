#include "gatehouse/tenancy/access.hpp"

#include <gtest/gtest.h>

namespace gatehouse::tenancy {
namespace {

using Names = std::vector<std::string>;

/// A caller put together by hand.
struct Made {
  KeyRecord key;
  std::optional<TeamRecord> team;
  std::optional<UserRecord> user;
  OrganizationRecord organization;

  Made() {
    key.token = "own-token";
    organization.organization_id = "default";
  }
  Caller caller() const {
    auto principal = std::make_shared<Principal>();
    principal->key = std::make_shared<const KeyRecord>(key);
    if (team) principal->team = std::make_shared<const TeamRecord>(*team);
    if (user) principal->user = std::make_shared<const UserRecord>(*user);
    principal->organization = std::make_shared<const OrganizationRecord>(organization);
    Caller caller;
    caller.role = user ? user->role : UserRole::internal_user;
    caller.principal = principal;
    return caller;
  }
};

std::string refusal(const Made& made, std::string_view model, Names groups = {}) {
  const auto refused = refuse_model(made.caller(), {model, groups});
  return refused ? refused->type : "";
}

TEST(AccessModels, TheMasterKeyMayCallEverything) {
  EXPECT_FALSE(refuse_model(Caller{}, {"any"}));
}

TEST(AccessModels, KeysByNameWildcardAndGroup) {
  Made made;
  EXPECT_EQ(refusal(made, "any"), "") << "an empty list allows everything";
  made.key.models = {"gpt-4o", "openai/*", "beta-models"};
  EXPECT_EQ(refusal(made, "gpt-4o"), "");
  EXPECT_EQ(refusal(made, "openai/o3"), "");
  EXPECT_EQ(refusal(made, "claude"), "key_model_access_denied");
  EXPECT_EQ(refusal(made, "claude", {"beta-models"}), "");
  EXPECT_EQ(refusal(made, "gpt-4o-mini"), "key_model_access_denied");
  made.key.models = {"*"};
  EXPECT_EQ(refusal(made, "claude"), "");
  made.key.models = {"no-default-models"};
  EXPECT_EQ(refusal(made, "claude"), "key_model_access_denied");
  made.key.models = {"all-proxy-models"};
  EXPECT_EQ(refusal(made, "claude"), "");
}

TEST(AccessModels, SayWhichLevelRefusesAndWhatItAllows) {
  Made made;
  made.key.models = {"a", "b"};
  const auto refused = refuse_model(made.caller(), {"c"});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->message,
            "key not allowed to access model. This key can only access models=['a', 'b']. Tried to "
            "access c");
  EXPECT_EQ(refused->status, 403);
  EXPECT_EQ(refused->param, "model");

  made.key.models = {"all-team-models"};
  EXPECT_EQ(refusal(made, "a"), "key_model_access_denied") << "there is no team";
  made.team.emplace().models = {"a"};
  EXPECT_EQ(refusal(made, "a"), "");
  EXPECT_EQ(refusal(made, "b"), "team_model_access_denied");
  made.user.emplace().models = {"z"};
  EXPECT_EQ(refusal(made, "a"), "") << "a user's models are for keys without a team";
  made.team.reset();
  made.key.models.clear();
  EXPECT_EQ(refusal(made, "a"), "user_model_access_denied");
  made.user.reset();
  made.organization.models = {"z"};
  EXPECT_EQ(refusal(made, "a"), "org_model_access_denied");
}

TEST(AccessModels, AnAliasDoesNotOpenWhatOthersForbid) {
  Made made;
  made.key.models = {"cheap"};
  made.key.aliases = {{"fast", "expensive"}};
  EXPECT_EQ(resolve_alias(made.caller(), "fast"), "expensive");
  EXPECT_EQ(resolve_alias(made.caller(), "other"), "other");
  EXPECT_EQ(refusal(made, "fast"), "");
  made.team.emplace().models = {"fast", "cheap"};
  EXPECT_EQ(refusal(made, "fast"), "team_model_access_denied");
  made.team->model_aliases = {{"expensive", "cheap"}};
  EXPECT_EQ(resolve_alias(made.caller(), "fast"), "cheap");
  EXPECT_EQ(refusal(made, "fast"), "");
  made.organization.models = {"fast"};
  EXPECT_EQ(refusal(made, "fast"), "org_model_access_denied");
}

int status(const Made& made, RouteKind kind, std::string_view path, bool reads = false) {
  const auto refused = refuse_route(made.caller(), {kind, path, reads});
  return refused ? refused->status : 200;
}

struct RoleRow {
  UserRole role;
  // llm, info, own management (write), own spend, management (read), management (write), global
  std::array<int, 7> expected;
};

TEST(AccessRoutes, ByRole) {
  const RoleRow rows[] = {
      {UserRole::proxy_admin, {200, 200, 200, 200, 200, 200, 200}},
      {UserRole::proxy_admin_viewer, {200, 200, 401, 200, 200, 401, 200}},
      {UserRole::org_admin, {200, 200, 200, 200, 401, 401, 401}},
      {UserRole::internal_user, {200, 200, 200, 200, 401, 401, 401}},
      {UserRole::internal_user_viewer, {200, 200, 401, 200, 401, 401, 401}},
      {UserRole::team, {200, 200, 401, 401, 401, 401, 401}},
      {UserRole::customer, {200, 200, 401, 401, 401, 401, 401}},
  };
  for (const RoleRow& row : rows) {
    Made made;
    made.user.emplace().role = row.role;
    const std::array<int, 7> found{status(made, RouteKind::llm_api, "/v1/chat/completions"),
                                   status(made, RouteKind::info, "/key/info", true),
                                   status(made, RouteKind::own_management, "/key/generate"),
                                   status(made, RouteKind::own_spend, "/spend/logs", true),
                                   status(made, RouteKind::management, "/budget/list", true),
                                   status(made, RouteKind::management, "/model/new"),
                                   status(made, RouteKind::global_spend, "/global/spend", true)};
    EXPECT_EQ(found, row.expected) << name_of(row.role);
    EXPECT_EQ(status(made, RouteKind::open, "/health/liveness", true), 200);
  }
  EXPECT_FALSE(refuse_route(Caller{}, {RouteKind::management, "/model/new", false}));
}

TEST(AccessRoutes, ByTypeOfKeyAlsoForAdmins) {
  Made made;
  made.user.emplace().role = UserRole::proxy_admin;
  made.key.type = KeyType::llm_api;
  EXPECT_EQ(status(made, RouteKind::llm_api, "/v1/chat/completions"), 200);
  EXPECT_EQ(status(made, RouteKind::management, "/model/new"), 403);
  EXPECT_EQ(status(made, RouteKind::info, "/key/info", true), 403);
  made.key.type = KeyType::management;
  EXPECT_EQ(status(made, RouteKind::llm_api, "/v1/chat/completions"), 403);
  EXPECT_EQ(status(made, RouteKind::management, "/model/new"), 200);
  made.key.type = KeyType::read_only;
  EXPECT_EQ(status(made, RouteKind::info, "/key/info", true), 200);
  EXPECT_EQ(status(made, RouteKind::own_management, "/key/generate"), 403);
  EXPECT_EQ(status(made, RouteKind::llm_api, "/v1/models", true), 403);
}

TEST(AccessRoutes, ByListOfTheKey) {
  Made made;
  made.key.allowed_routes = {"/v1/chat/*", "info_routes", "anthropic_routes", "nonsense", "*"};
  EXPECT_EQ(status(made, RouteKind::llm_api, "/v1/chat/completions"), 200);
  EXPECT_EQ(status(made, RouteKind::llm_api, "/v1/messages"), 200);
  EXPECT_EQ(status(made, RouteKind::llm_api, "/v1/embeddings"), 403);
  EXPECT_EQ(status(made, RouteKind::info, "/key/info", true), 200);
  made.key.allowed_routes = {"management_routes"};
  EXPECT_EQ(status(made, RouteKind::management, "/model/new"), 401) << "the role counts, too";
  const auto refused = refuse_route(made.caller(), {RouteKind::llm_api, "/v1/embeddings", false});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->message,
            "Virtual key is not allowed to call this route. Only allowed to call routes: "
            "['management_routes']. Tried to call route: /v1/embeddings");
}

Target key_target(const char* user, const char* team, const char* organization = "default") {
  Target target{Target::Kind::key, "other-token"};
  target.user_id = user;
  target.team_id = team;
  target.organization_id = organization;
  return target;
}
Target thing(Target::Kind kind, const char* id, const char* organization = "") {
  Target target{kind, id};
  target.organization_id = organization;
  if (kind == Target::Kind::team) target.team_id = id;
  if (kind == Target::Kind::user) target.user_id = id;
  return target;
}

/// "r", "c", "w", "m" for each action that is allowed.
std::string rights(const Made& made, const Target& target) {
  std::string all;
  if (may(made.caller(), Action::read, target)) all += 'r';
  if (may(made.caller(), Action::create, target)) all += 'c';
  if (may(made.caller(), Action::write, target)) all += 'w';
  if (may(made.caller(), Action::members, target)) all += 'm';
  return all;
}

Made person(const char* id, UserRole role) {
  Made made;
  made.key.user_id = id;
  made.user.emplace();
  made.user->user_id = id;
  made.user->role = role;
  return made;
}

TEST(AccessObjects, AdminsAndViewers) {
  const Made admin = person("a", UserRole::proxy_admin);
  const Made viewer = person("v", UserRole::proxy_admin_viewer);
  using Kind = Target::Kind;
  for (const Kind kind : {Kind::key, Kind::team, Kind::user, Kind::organization, Kind::customer,
                          Kind::budget, Kind::tag, Kind::model}) {
    EXPECT_EQ(rights(admin, thing(kind, "x")), "rcwm");
    EXPECT_EQ(rights(viewer, thing(kind, "x")), "r");
    EXPECT_TRUE(may(Caller{}, Action::write, thing(kind, "x")));
    EXPECT_EQ(rights(person("u", UserRole::internal_user), thing(kind, "x")), "");
    EXPECT_EQ(rights(Made(), thing(kind, "x")), "") << "a key of nobody";
  }
}

TEST(AccessObjects, UsersHaveTheirOwn) {
  Made made = person("u", UserRole::internal_user);
  made.user->teams = {"t"};
  EXPECT_EQ(rights(made, key_target("u", "")), "rcw");
  EXPECT_EQ(rights(made, key_target("u", "t")), "rw") << "none of its own making in a team";
  EXPECT_EQ(rights(made, key_target("v", "")), "");
  EXPECT_EQ(rights(made, key_target("v", "t")), "");
  EXPECT_EQ(rights(made, thing(Target::Kind::user, "u")), "r");
  EXPECT_EQ(rights(made, thing(Target::Kind::user, "v")), "");
  EXPECT_EQ(rights(made, thing(Target::Kind::team, "t")), "r");
  EXPECT_EQ(rights(made, thing(Target::Kind::team, "s")), "");
  EXPECT_FALSE(may_change_bounds(made.caller(), key_target("u", "")));
  EXPECT_EQ(rights(person("u", UserRole::internal_user_viewer), key_target("u", "")), "r");
  EXPECT_EQ(rights(person("u", UserRole::customer), key_target("u", "")), "r");
}

TEST(AccessObjects, TeamAdminsHaveTheirTeam) {
  Made made = person("u", UserRole::internal_user);
  made.user->teams = {"t", "s"};
  made.user->admin_of_teams = {"t"};
  EXPECT_EQ(rights(made, key_target("v", "t")), "rcwm");
  EXPECT_EQ(rights(made, key_target("", "t")), "rcwm");
  EXPECT_EQ(rights(made, key_target("v", "s")), "");
  EXPECT_EQ(rights(made, thing(Target::Kind::team, "t")), "rwm");
  EXPECT_EQ(rights(made, thing(Target::Kind::team, "s")), "r");
  EXPECT_TRUE(may_change_bounds(made.caller(), key_target("v", "t")));
  EXPECT_FALSE(may_change_bounds(made.caller(), thing(Target::Kind::team, "t")));
  EXPECT_EQ(visible_keys(made.caller())->team_ids, Names{"t"});
}

TEST(AccessObjects, TenantsNeverSeeEachOther) {
  Made made = person("u", UserRole::org_admin);
  made.user->organizations = {"mine"};
  made.user->admin_of_organizations = {"mine"};
  EXPECT_EQ(rights(made, key_target("v", "t", "mine")), "rcwm");
  EXPECT_EQ(rights(made, key_target("v", "t", "theirs")), "");
  EXPECT_EQ(rights(made, thing(Target::Kind::team, "t", "mine")), "rcwm");
  EXPECT_EQ(rights(made, thing(Target::Kind::team, "t", "theirs")), "");
  EXPECT_EQ(rights(made, thing(Target::Kind::organization, "mine", "mine")), "rm");
  EXPECT_EQ(rights(made, thing(Target::Kind::organization, "theirs", "theirs")), "");
  EXPECT_TRUE(may_change_bounds(made.caller(), thing(Target::Kind::team, "t", "mine")));
  EXPECT_FALSE(may_change_bounds(made.caller(), thing(Target::Kind::organization, "mine", "mine")));
  Target colleague = thing(Target::Kind::user, "v");
  colleague.organizations = {"theirs", "mine"};
  EXPECT_EQ(rights(made, colleague), "r");
  colleague.organizations = {"theirs"};
  EXPECT_EQ(rights(made, colleague), "");
  EXPECT_EQ(visible_keys(made.caller())->organization_ids, Names{"mine"});
}

TEST(AccessObjects, ActorsAndGrants) {
  EXPECT_EQ(actor_of(Caller{}).user_id, "default_user_id");
  Caller master;
  master.changed_by = "auditor";
  EXPECT_EQ(actor_of(master).user_id, "auditor");
  Caller liar = person("u", UserRole::internal_user).caller();
  liar.changed_by = "somebody else";
  EXPECT_EQ(actor_of(liar).user_id, "u");
  EXPECT_EQ(actor_of(liar).api_key, "own-token");
  EXPECT_FALSE(may_grant(liar, UserRole::internal_user));
  EXPECT_FALSE(may_grant(person("o", UserRole::org_admin).caller(), UserRole::proxy_admin));
  EXPECT_TRUE(may_grant(person("o", UserRole::org_admin).caller(), UserRole::internal_user));
  EXPECT_TRUE(may_grant(Caller{}, UserRole::proxy_admin));
}

}  // namespace
}  // namespace gatehouse::tenancy
