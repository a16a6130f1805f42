#include "store_test_support.hpp"

namespace gatehouse::tenancy {
namespace {

using core::Errc;
using Names = std::vector<std::string>;

class IdentityStoresTest : public StoreTest {};

TEST_F(IdentityStoresTest, UsersAreUnique) {
  UserPatch fields;
  fields.user_email = std::string("a@example.org");
  fields.sso_user_id = std::string("sso");
  user("u", fields);
  EXPECT_EQ(users.create(actor, {"u", {}, {}, {}}).error().code, Errc::conflict);
  fields.sso_user_id = {};
  fields.user_email = std::string("A@Example.org");
  EXPECT_EQ(users.create(actor, {"v", fields, {}, {}}).error().code, Errc::conflict);
  fields = {};
  fields.sso_user_id = std::string("sso");
  EXPECT_EQ(users.create(actor, {"v", fields, {}, {}}).error().code, Errc::conflict);
  fields = {};
  fields.user_email = std::string("no address");
  EXPECT_EQ(users.create(actor, {"v", fields, {}, {}}).error().code, Errc::invalid_argument);
  EXPECT_EQ(users.find("v").error().code, Errc::not_found);
}

TEST_F(IdentityStoresTest, UsersJoinWhatTheyAreGiven) {
  team("t");
  NewUser wanted{"u", {}, {{"t", MemberRole::admin, usd(3)}}, {"default"}};
  const auto made = users.create(actor, wanted);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->teams, Names{"t"});
  EXPECT_EQ(made->admin_of_teams, Names{"t"});
  EXPECT_EQ(made->organizations, Names{"default"});
  EXPECT_EQ(teams.find("t")->members.at(0).limits.max_budget, usd(3));
  wanted.user_id = "v";
  wanted.teams = {{"nowhere", {}, {}}};
  EXPECT_EQ(users.create(actor, wanted).error().code, Errc::not_found);
  EXPECT_EQ(users.find("v").error().code, Errc::not_found) << "undone as a whole";
}

TEST_F(IdentityStoresTest, PolicyOfUsers) {
  Policy policy;
  policy.users.max_internal_user_budget = usd(9);
  policy.users.internal_user_budget_duration = "1d";
  context.policy.replace(policy);
  EXPECT_EQ(user("u").limits.max_budget, usd(9));
  EXPECT_EQ(user("w").limits.budget_duration, "1d");
  UserPatch fields;
  fields.role = UserRole::proxy_admin;
  EXPECT_FALSE(user("a", fields).limits.max_budget);
  fields = {};
  fields.limits.max_budget = usd(1);
  EXPECT_EQ(user("o", fields).limits.max_budget, usd(1));
}

TEST_F(IdentityStoresTest, UsersLeaveWithTheirKeys) {
  team("t", {}, {{"u", {}, {}, {}}});
  NewKey key;
  key.fields.user_id = std::string("u");
  const IssuedKey issued = issue(key);
  ASSERT_TRUE(principal(issued.key));
  EXPECT_EQ(users.remove(actor, {"u", "unknown"}).error().code, Errc::not_found);
  ASSERT_TRUE(users.remove(actor, {"u"}));
  EXPECT_EQ(lookup(issued.key).state, Directory::Lookup::State::unknown);
  EXPECT_TRUE(teams.find("t")->members.empty());
}

TEST_F(IdentityStoresTest, UsersArePatchedAndListed) {
  UserPatch fields;
  fields.user_email = std::string("x%y@example.org");
  user("u", fields);
  user("v");
  team("t", {}, {{"u", {}, {}, {}}});
  fields = {};
  fields.user_alias = std::string("Alias");
  fields.user_email = std::string("z@example.org");
  ASSERT_TRUE(users.update(actor, "u", fields));
  EXPECT_EQ(users.find("u")->user_alias, "Alias");
  EXPECT_EQ(teams.find("t")->members.at(0).user_email, "z@example.org");
  UserFilter filter;
  filter.user_email = "Z@";
  EXPECT_EQ(users.list(filter, {})->items.at(0).user_id, "u");
  filter.user_email = "%";
  EXPECT_EQ(users.list(filter, {})->total, 0u);
  filter = {};
  filter.user_ids = {"v", "none"};
  EXPECT_EQ(users.list(filter, {})->total, 1u);
  filter = {};
  filter.team_id = "t";
  EXPECT_EQ(users.list(filter, {})->items.at(0).teams, Names{"t"});
  filter = {};
  filter.role = UserRole::internal_user;
  EXPECT_EQ(users.list(filter, {}, {"user_email", true})->total, 2u);
  EXPECT_TRUE(users.list({}, {}, {"spend"}));
}

TEST_F(IdentityStoresTest, OrganizationsHoldTeamsAndMembers) {
  OrganizationPatch fields;
  fields.organization_alias = std::string("Org");
  fields.limits.max_budget = usd(8);
  ASSERT_TRUE(organizations.create(actor, {"o", fields}));
  EXPECT_EQ(organizations.create(actor, {"o", fields}).error().code, Errc::conflict);
  user("u");
  ASSERT_TRUE(organizations.set_member(actor, "o", {"u", UserRole::internal_user}));
  ASSERT_TRUE(organizations.set_member(actor, "o", {"u", UserRole::org_admin}));
  EXPECT_EQ(users.find("u")->admin_of_organizations, Names{"o"});
  EXPECT_EQ(organizations.set_member(actor, "o", {"nobody", {}}).error().code, Errc::not_found);
  EXPECT_EQ(organizations.find("o")->members.size(), 1u);

  TeamPatch team_fields;
  team_fields.organization_id = std::string("o");
  team("t", team_fields);
  NewKey key;
  key.fields.team_id = std::string("t");
  const IssuedKey issued = issue(key);
  EXPECT_EQ(principal(issued.key)->organization->organization_id, "o");
  EXPECT_EQ(principal(issued.key)->organization_limits.budgets.at(0).max, usd(8));
  ASSERT_TRUE(organizations.remove_member(actor, "o", "u"));
  EXPECT_EQ(organizations.remove_member(actor, "o", "u").error().code, Errc::not_found);
  ASSERT_TRUE(organizations.remove(actor, {"o"}));
  EXPECT_EQ(teams.find("t").error().code, Errc::not_found);
  EXPECT_EQ(lookup(issued.key).state, Directory::Lookup::State::unknown);
  EXPECT_EQ(organizations.remove(actor, {"default"}).error().code, Errc::forbidden);
  EXPECT_EQ(organizations.list({}, {})->total, 1u) << "the default tenant always exists";
}

TEST_F(IdentityStoresTest, BudgetsCountFromTheirBeginning) {
  LimitPatch fields;
  fields.max_budget = usd(1);
  fields.budget_duration = std::string("1d");
  const auto made = budgets.create(actor, std::nullopt, fields);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->limits.budget_anchor, clock.wall());
  clock.advance(core::Seconds(5));
  LimitPatch patch;
  patch.max_budget = usd(2);
  EXPECT_EQ(budgets.update(actor, made->budget_id, patch)->limits.budget_anchor,
            clock.wall() - core::Seconds(5));
  patch.budget_duration = Patch<std::string>::clear();
  EXPECT_FALSE(budgets.update(actor, made->budget_id, patch)->limits.budget_anchor);
  EXPECT_EQ(budgets.create(actor, made->budget_id, {}).error().code, Errc::conflict);
  EXPECT_EQ(budgets.find_all({"x", made->budget_id})->size(), 1u);
  EXPECT_EQ(budgets.list({}, {"max_budget"})->total, 1u);
  EXPECT_TRUE(budgets.remove(actor, made->budget_id));
  EXPECT_EQ(budgets.remove(actor, made->budget_id).error().code, Errc::not_found);
}

TEST_F(IdentityStoresTest, CustomersAndTags) {
  CustomerPatch fields;
  fields.alias = std::string("C");
  ASSERT_TRUE(customers.create(actor, "c", fields));
  EXPECT_EQ(customers.create(actor, "c", {}).error().code, Errc::conflict);
  fields.alias = Patch<std::string>::clear();
  EXPECT_FALSE(customers.update(actor, "c", fields)->alias);
  EXPECT_EQ(customers.update(actor, "d", {}).error().code, Errc::not_found);
  EXPECT_EQ(customers.remove(actor, {"c", "d"}).error().code, Errc::not_found);
  EXPECT_EQ(customers.list({}, {"user_id"})->total, 1u);

  TagPatch tag;
  tag.description = std::string("d");
  ASSERT_TRUE(tags.create(actor, "t", tag));
  EXPECT_EQ(tags.create(actor, "t", {}).error().code, Errc::conflict);
  tag.description = {};
  tag.models = Names{"m"};
  EXPECT_EQ(tags.update(actor, "t", tag)->description, "d");
  EXPECT_EQ(tags.find("t")->models, Names{"m"});
  EXPECT_EQ(tags.find_all({"t", "s"})->size(), 1u);
  EXPECT_EQ(tags.list({}, {"name"})->total, 1u);
}

TEST_F(IdentityStoresTest, CredentialsAreSealedAnewTogetherOrNotAtAll) {
  for (const char* id : {"a", "b", "c"}) {
    ASSERT_TRUE(models.create(actor, {id, "m", R"({"api_key":"old"})", "{}", {}, {}}));
  }
  const StoredModel before = models.find("a").value();
  const Reseal failing = [](const StoredModel& model) -> core::Result<std::optional<std::string>> {
    if (model.model_id == "c") return core::fail(Errc::unavailable, "no random bytes");
    return R"({"api_key":"new"})";
  };
  EXPECT_EQ(models.reseal(actor, "key-2", failing).error().code, Errc::unavailable);
  EXPECT_EQ(models.find("a")->litellm_params, before.litellm_params);
  EXPECT_EQ(audit.list({.action = "rotated"}, {})->total, 0u);

  const Reseal some = [](const StoredModel& model) -> core::Result<std::optional<std::string>> {
    if (model.model_id == "c") return std::nullopt;
    return R"({"api_key":"new"})";
  };
  EXPECT_EQ(models.reseal(actor, "key-2", some).value(), 2u);
  const StoredModel after = models.find("a").value();
  EXPECT_EQ(after.litellm_params, R"({"api_key":"new"})");
  EXPECT_EQ(after.provenance.updated_at, before.provenance.updated_at);
  EXPECT_EQ(models.find("c")->litellm_params, before.litellm_params);
  const auto rows = audit.list({.action = "rotated"}, {});
  ASSERT_EQ(rows->items.size(), 1u);
  EXPECT_EQ(rows->items[0].object_id, "key-2");
  EXPECT_EQ(rows->items[0].table_name, "encryption_key");
}

TEST_F(IdentityStoresTest, StoredModelsMergeAndHideTheirParameters) {
  StoredModel model{"", "m", R"({"model":"openai/x","api_key":"sealed-secret"})", "{}", {}, {}};
  const auto made = models.create(actor, model);
  ASSERT_TRUE(made);
  StoredModelPatch patch;
  patch.litellm_params = R"({"model":"openai/y"})";
  const auto updated = models.update(actor, made->model_id, patch);
  ASSERT_TRUE(updated);
  EXPECT_EQ(models.find(made->model_id)->litellm_params,
            R"({"api_key":"sealed-secret","model":"openai/y"})");
  EXPECT_EQ(models.all()->size(), 1u);
  model.model_id = made->model_id;
  EXPECT_EQ(models.create(actor, model).error().code, Errc::conflict);
  model.model_id = "n";
  model.litellm_params = "nonsense";
  EXPECT_EQ(models.create(actor, model).error().code, Errc::invalid_argument);
  ASSERT_TRUE(models.remove(actor, made->model_id));
  const auto rows = audit.list({}, {});
  ASSERT_TRUE(rows);
  for (const AuditRow& row : rows->items) {
    EXPECT_EQ((row.before_value + row.after_value).find("sealed-secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace gatehouse::tenancy
