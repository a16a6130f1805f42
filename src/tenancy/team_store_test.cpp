#include "store_test_support.hpp"

namespace gatehouse::tenancy {
namespace {

using core::Errc;
using Names = std::vector<std::string>;

class TeamStoreTest : public StoreTest {
 protected:
  Names ids_of(const core::Result<Listing<TeamRecord>>& listing) {
    Names names;
    EXPECT_TRUE(listing);
    if (!listing) return names;
    for (const TeamRecord& item : listing->items) names.push_back(item.team_id);
    return names;
  }
};

TEST_F(TeamStoreTest, MakesTeamsWithMembers) {
  user("u1");
  TeamPatch fields;
  fields.team_alias = std::string("A team");
  fields.models = Names{"gpt"};
  fields.limits.max_budget = usd(5);
  fields.member_defaults.rpm_limit = 3;
  const TeamRecord made =
      team("t", fields, {{"u1", {}, MemberRole::admin, {}}, {{}, "new@example.org", {}, {}}});
  const auto found = teams.find("t");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->team_alias, "A team");
  EXPECT_EQ(found->models, Names{"gpt"});
  EXPECT_EQ(found->limits.max_budget, usd(5));
  EXPECT_EQ(found->member_defaults.rpm_limit, 3u);
  ASSERT_EQ(found->members.size(), 2u);
  const auto invited = users.find_by_email("NEW@example.org");
  ASSERT_TRUE(invited) << "made with the team";
  EXPECT_EQ(invited->teams, Names{"t"});
  EXPECT_EQ(users.find("u1")->admin_of_teams, Names{"t"});
  EXPECT_EQ(teams.create(actor, {"t", {}, {}}).error().code, Errc::conflict);
  EXPECT_EQ(teams.create(actor, {"s", {}, {{{}, {}, {}, {}}}}).error().code,
            Errc::invalid_argument);
  EXPECT_EQ(teams.find("s").error().code, Errc::not_found) << "undone as a whole";
  EXPECT_FALSE(teams.create(actor, {}).value_or(TeamRecord{}).team_id.empty());
}

TEST_F(TeamStoreTest, PatchesAndBlocks) {
  TeamPatch fields;
  fields.team_alias = std::string("x");
  fields.limits.max_budget = usd(5);
  team("t", fields);
  TeamPatch patch;
  patch.limits.max_budget = Patch<core::Money>::clear();
  patch.blocked = true;
  const auto updated = teams.update(actor, "t", patch);
  ASSERT_TRUE(updated);
  EXPECT_EQ(updated->team_alias, "x");
  EXPECT_FALSE(teams.find("t")->limits.max_budget);
  EXPECT_TRUE(teams.find("t")->blocked);
  EXPECT_EQ(audit.list({}, {})->items.at(0).action, "blocked");
  patch.organization_id = std::string("nowhere");
  EXPECT_EQ(teams.update(actor, "t", patch).error().code, Errc::invalid_argument);
  EXPECT_EQ(teams.update(actor, "s", {}).error().code, Errc::not_found);
}

TEST_F(TeamStoreTest, MembersComeChangeAndGo) {
  team("t");
  ASSERT_TRUE(teams.add_members(actor, "t", {{"u", "u@example.org", {}, {}}}));
  EXPECT_EQ(teams.add_members(actor, "t", {{"w", {}, {}, {}}, {"u", {}, {}, {}}}).error().code,
            Errc::conflict);
  EXPECT_EQ(teams.find("t")->members.size(), 1u) << "all or nobody";
  MemberChange change;
  change.user_email = "U@example.org";
  change.role = MemberRole::admin;
  change.limits.max_budget = usd(2);
  ASSERT_TRUE(teams.update_member(actor, "t", change));
  EXPECT_EQ(teams.find("t")->members.at(0).role, MemberRole::admin);
  EXPECT_EQ(teams.find("t")->members.at(0).limits.max_budget, usd(2));

  NewKey key;
  key.fields.team_id = std::string("t");
  key.fields.user_id = std::string("u");
  const IssuedKey in_team = issue(key);
  ASSERT_TRUE(teams.remove_member(actor, "t", {"u", {}, {}, {}}));
  EXPECT_TRUE(teams.find("t")->members.empty());
  EXPECT_EQ(keys.find(in_team.record.token).error().code, Errc::not_found);
  EXPECT_TRUE(users.find("u")->teams.empty());
  EXPECT_EQ(teams.remove_member(actor, "t", {"u", {}, {}, {}}).error().code, Errc::not_found);
}

TEST_F(TeamStoreTest, RemovalTakesTheKeysAlong) {
  team("t");
  NewKey key;
  key.fields.team_id = std::string("t");
  const IssuedKey issued = issue(key);
  ASSERT_TRUE(principal(issued.key));
  EXPECT_EQ(teams.remove(actor, {"t", "unknown"}).error().code, Errc::not_found);
  ASSERT_TRUE(teams.find("t"));
  ASSERT_TRUE(teams.remove(actor, {"t"}));
  EXPECT_EQ(lookup(issued.key).state, Directory::Lookup::State::unknown);
  TeamFilter deleted;
  deleted.deleted = true;
  const auto archived = teams.list(deleted, {});
  ASSERT_EQ(ids_of(archived), Names{"t"});
  EXPECT_EQ(archived->items[0].deleted_by, "admin");
}

TEST_F(TeamStoreTest, Lists) {
  ASSERT_TRUE(organizations.create(actor, {"o", {}}));
  TeamPatch fields;
  fields.team_alias = std::string("50% off");
  fields.organization_id = std::string("o");
  team("b", fields);
  fields.team_alias = std::string("500");
  fields.organization_id = {};
  team("a", fields, {{"u", {}, {}, {}}});
  EXPECT_EQ(ids_of(teams.list({}, {}, {"team_id"})), (Names{"a", "b"}));
  EXPECT_EQ(ids_of(teams.list({}, {2, 1}, {"team_id"})), Names{"b"});
  TeamFilter filter;
  filter.team_alias = "0%";
  EXPECT_EQ(ids_of(teams.list(filter, {})), Names{"b"});
  filter = {};
  filter.organization_id = "o";
  EXPECT_EQ(ids_of(teams.list(filter, {})), Names{"b"});
  filter = {};
  filter.member = "u";
  EXPECT_EQ(ids_of(teams.list(filter, {})), Names{"a"});
  filter.organization_ids = Names{"o"};
  EXPECT_EQ(ids_of(teams.list(filter, {}, {"team_id"})), (Names{"a", "b"}));
  EXPECT_EQ(teams.list({}, {}, {"secret"}).error().code, Errc::invalid_argument);
}

}  // namespace
}  // namespace gatehouse::tenancy
