#include <atomic>
#include <thread>

#include "store_test_support.hpp"
#include "warm_map.hpp"

namespace gatehouse::tenancy {
namespace {

using State = Directory::Lookup::State;

class DirectoryTest : public StoreTest {
 protected:
  IssuedKey key_of(const char* team_id, const char* user_id, LimitPatch limits = {}) {
    NewKey key;
    if (team_id) key.fields.team_id = std::string(team_id);
    if (user_id) key.fields.user_id = std::string(user_id);
    key.fields.limits = std::move(limits);
    return issue(key);
  }
  static LimitPatch budget_of(std::int64_t dollars) {
    LimitPatch patch;
    patch.max_budget = usd(dollars);
    return patch;
  }
  std::shared_ptr<const Subject> end_user(const char* id) {
    if (!directory->find_end_user(id).loaded) {
      EXPECT_TRUE(directory->load_end_user(id));
    }
    return directory->find_end_user(id).subject;
  }
  std::shared_ptr<const Subject> tag(const char* name) {
    if (!directory->find_tag(name).loaded) {
      EXPECT_TRUE(directory->load_tag(name));
    }
    return directory->find_tag(name).subject;
  }
};

TEST_F(DirectoryTest, LoadsAKeyOnceAndOnDemand) {
  const IssuedKey issued = issue();
  const crypto::Sha256 hash = crypto::sha256(issued.key.reveal());
  EXPECT_EQ(directory->find_key(hash).state, State::absent);
  ASSERT_TRUE(directory->load_key(hash));
  ASSERT_EQ(directory->find_key(hash).state, State::found);
  const auto loads = directory->counts().loads;
  ASSERT_TRUE(directory->load_key(hash));
  EXPECT_EQ(directory->counts().loads, loads);
  EXPECT_EQ(directory->find_key(hash).principal->organization->organization_id, "default");
}

TEST_F(DirectoryTest, ListsWhatIsInMemoryAndStillTrue) {
  const IssuedKey first = key_of(nullptr, nullptr, budget_of(1));
  const IssuedKey second = key_of(nullptr, nullptr, budget_of(2));
  issue();
  const auto bounded = [](const Principal& p) { return !p.key_limits.budgets.empty(); };
  EXPECT_TRUE(directory->warm_principals(10, bounded).empty()) << "nobody has called yet";
  for (const IssuedKey* key : {&first, &second}) {
    ASSERT_EQ(lookup(key->key).state, State::found);
  }
  EXPECT_EQ(directory->warm_principals(10, bounded).size(), 2u);
  EXPECT_EQ(directory->warm_principals(1, bounded).size(), 1u);
  KeyPatch patch;
  patch.limits = budget_of(3);
  ASSERT_TRUE(KeyStore(context).update({}, first.record.token, patch));
  const auto left = directory->warm_principals(10, bounded);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0]->key->token, second.record.token);
}

TEST_F(DirectoryTest, UnknownKeysCostNothingOnceTheHashesAreKnown) {
  const IssuedKey old = issue();
  restart({.load_in_background = false});
  const crypto::Sha256 unknown = crypto::sha256("sk-unknown");
  EXPECT_EQ(directory->find_key(unknown).state, State::absent);
  ASSERT_TRUE(directory->load_key(unknown));
  EXPECT_EQ(directory->find_key(unknown).state, State::unknown) << "remembered";

  ASSERT_TRUE(directory->load_known());
  const auto loads = directory->counts().loads;
  for (int i = 0; i < 1'000; ++i) {
    const auto hash = crypto::sha256("sk-" + std::to_string(i));
    EXPECT_EQ(directory->find_key(hash).state, State::unknown);
    EXPECT_TRUE(directory->load_key(hash));
  }
  EXPECT_EQ(directory->counts().loads, loads);
  EXPECT_EQ(directory->counts().known_keys, 1u);
  EXPECT_EQ(lookup(old.key).state, State::found);
}

TEST_F(DirectoryTest, ReadsTheKnownHashesInTheBackground) {
  issue();
  restart({});
  while (!directory->counts().known_complete) std::this_thread::yield();
  EXPECT_EQ(directory->counts().known_keys, 1u);
  EXPECT_EQ(directory->find_key(crypto::sha256("sk-x")).state, State::unknown);
}

TEST_F(DirectoryTest, ANewKeyIsKnownAtOnce) {
  ASSERT_TRUE(directory->load_known());
  NewKey own;
  own.key = core::Secret("sk-later");
  EXPECT_EQ(lookup(*own.key).state, State::unknown);
  issue(own);
  EXPECT_EQ(lookup(*own.key).state, State::found);
}

TEST_F(DirectoryTest, AChangeOfWhateverBelongsToAKeyIsSeenAtOnce) {
  ASSERT_TRUE(budgets.create(actor, "shared", budget_of(50)));
  LimitPatch shared;
  shared.budget_id = std::string("shared");
  TeamPatch fields;
  fields.limits = shared;
  team("t", fields);
  user("u");
  const IssuedKey issued = key_of("t", "u");
  ASSERT_EQ(principal(issued.key)->team_limits.budgets.at(0).max, usd(50));

  ASSERT_TRUE(budgets.update(actor, "shared", budget_of(60)));
  EXPECT_EQ(principal(issued.key)->team_limits.budgets.at(0).max, usd(60));
  ASSERT_TRUE(budgets.remove(actor, "shared"));
  EXPECT_TRUE(principal(issued.key)->team_limits.budgets.empty());
  TeamPatch block;
  block.blocked = true;
  ASSERT_TRUE(teams.update(actor, "t", block));
  EXPECT_TRUE(principal(issued.key)->team->blocked);
  UserPatch role;
  role.role = UserRole::proxy_admin;
  ASSERT_TRUE(users.update(actor, "u", role));
  EXPECT_EQ(principal(issued.key)->user->role, UserRole::proxy_admin);
  OrganizationPatch organization;
  organization.blocked = true;
  ASSERT_TRUE(organizations.update(actor, "default", organization));
  EXPECT_TRUE(principal(issued.key)->organization->blocked);
  ASSERT_TRUE(teams.add_members(actor, "t", {{"u", {}, MemberRole::admin, {}}}));
  ASSERT_NE(principal(issued.key)->member, nullptr);
  EXPECT_EQ(principal(issued.key)->user->admin_of_teams, std::vector<std::string>{"t"});
}

TEST_F(DirectoryTest, AUserWhoComesLaterIsJoined) {
  const IssuedKey issued = key_of(nullptr, "late");
  EXPECT_EQ(principal(issued.key)->user, nullptr);
  user("late");
  EXPECT_NE(principal(issued.key)->user, nullptr);
}

TEST_F(DirectoryTest, ResolvesLimits) {
  LimitPatch shared = budget_of(50);
  shared.rpm_limit = 7;
  shared.budget_duration = std::string("1d");
  ASSERT_TRUE(budgets.create(actor, "shared", shared));
  LimitPatch own;
  own.budget_id = std::string("shared");
  own.rpm_limit = 3;
  own.model_rpm_limit = std::map<std::string, std::uint64_t>{{"gpt", 2}};
  own.model_max_budget = std::map<std::string, core::BudgetLimit>{{"gpt", {usd(1), "1d", {}}}};
  TeamPatch fields;
  fields.member_defaults = budget_of(4);
  team("t", fields, {{"u", {}, {}, {}}, {"v", {}, {}, budget_of(9)}});

  const auto p = principal(key_of("t", "u", own).key);
  ASSERT_EQ(p->key_limits.budgets.size(), 1u);
  EXPECT_EQ(p->key_limits.budgets[0].max, usd(50));
  EXPECT_EQ(p->key_limits.budgets[0].duration, "1d");
  EXPECT_EQ(p->key_limits.budgets[0].anchor, clock.wall()) << "a shared budget counts exactly";
  EXPECT_EQ(p->key_limits.rate.requests_per_minute, 3u);
  EXPECT_EQ(p->key_model_limits.at("gpt").budgets.at(0).max, usd(1));
  EXPECT_EQ(p->key_model_limits.at("gpt").rate.requests_per_minute, 2u);
  EXPECT_EQ(p->member_limits.budgets.at(0).max, usd(4));
  EXPECT_EQ(principal(key_of("t", "v").key)->member_limits.budgets.at(0).max, usd(9));
}

TEST_F(DirectoryTest, ATemporaryIncreaseEnds) {
  const IssuedKey issued = key_of(nullptr, nullptr, budget_of(10));
  KeyPatch patch;
  patch.temp_budget_increase = usd(5);
  patch.temp_budget_expiry = clock.wall() + core::Seconds(60);
  ASSERT_TRUE(keys.update(actor, issued.record.token, patch));
  EXPECT_EQ(principal(issued.key)->key_limits.budgets.at(0).max, usd(15));
  EXPECT_EQ(principal(issued.key)->valid_until, clock.wall() + core::Seconds(60));
  clock.advance(core::Seconds(60));
  EXPECT_EQ(principal(issued.key)->key_limits.budgets.at(0).max, usd(10));
}

TEST_F(DirectoryTest, EndUsersAndTags) {
  EXPECT_FALSE(end_user("x")->known);
  CustomerPatch fields;
  fields.limits = budget_of(2);
  ASSERT_TRUE(customers.create(actor, "x", fields));
  EXPECT_TRUE(end_user("x")->known);
  EXPECT_EQ(end_user("x")->limits.budgets.at(0).max, usd(2));
  ASSERT_TRUE(customers.set_blocked(actor, {"x", "y"}, true));
  EXPECT_TRUE(end_user("x")->blocked);
  EXPECT_TRUE(end_user("y")->blocked);
  ASSERT_TRUE(customers.remove(actor, {"x"}));
  EXPECT_FALSE(end_user("x")->known);

  EXPECT_FALSE(tag("t")->known);
  TagPatch tag_fields;
  tag_fields.limits = budget_of(3);
  ASSERT_TRUE(tags.create(actor, "t", tag_fields));
  EXPECT_EQ(tag("t")->limits.budgets.at(0).max, usd(3));
  ASSERT_TRUE(tags.remove(actor, "t"));
  EXPECT_FALSE(tag("t")->known);
}

TEST_F(DirectoryTest, EndUsersWithoutABudgetGetTheDefault) {
  DirectoryOptions options{.end_users = {.budget_id = "standard"}, .load_in_background = false};
  auto other = make_directory(*database, clock, options);
  StoreContext over{*database, *other, clock, ids, random, {}, {}};
  ASSERT_TRUE(BudgetStore(over).create(actor, "standard", budget_of(5)));
  CustomerPatch own;
  own.limits = budget_of(2);
  ASSERT_TRUE(CustomerStore(over).create(actor, "own", own));
  ASSERT_TRUE(CustomerStore(over).create(actor, "row", {}));
  for (const auto& [id, dollars] :
       std::map<std::string, std::int64_t>{{"own", 2}, {"row", 5}, {"nobody", 5}}) {
    ASSERT_TRUE(other->load_end_user(id));
    EXPECT_EQ(other->find_end_user(id).subject->limits.budgets.at(0).max, usd(dollars)) << id;
  }
  ASSERT_TRUE(BudgetStore(over).update(actor, "standard", budget_of(6)));
  EXPECT_FALSE(other->find_end_user("nobody").loaded);
  ASSERT_TRUE(other->load_end_user("nobody"));
  EXPECT_EQ(other->find_end_user("nobody").subject->limits.budgets.at(0).max, usd(6));

  ASSERT_TRUE(other->load_end_user("own"));
  ASSERT_TRUE(other->load_end_user("row"));
  other->set_end_user_defaults({.max_budget = usd(7)});
  for (const auto& [id, dollars] :
       std::map<std::string, std::int64_t>{{"own", 2}, {"row", 7}, {"nobody", 7}}) {
    EXPECT_FALSE(other->find_end_user(id).loaded) << id;
    ASSERT_TRUE(other->load_end_user(id));
    EXPECT_EQ(other->find_end_user(id).subject->limits.budgets.at(0).max, usd(dollars)) << id;
  }
  other->set_end_user_defaults({});
  ASSERT_TRUE(other->load_end_user("nobody"));
  EXPECT_TRUE(other->find_end_user("nobody").subject->limits.empty());
}

TEST_F(DirectoryTest, KeepsNoMoreThanItsBound) {
  restart({.max_principals = 64, .load_in_background = false});
  std::vector<IssuedKey> issued;
  for (int i = 0; i < 400; ++i) issued.push_back(issue());
  for (const IssuedKey& key : issued) EXPECT_EQ(lookup(key.key).state, State::found);
  EXPECT_LE(directory->counts().principals, 128u);
  EXPECT_GE(directory->counts().principals, 32u);
}

TEST_F(DirectoryTest, SaysWhenTheDatabaseCannotBeAsked) {
  ASSERT_TRUE(database->write([](database::Connection& db) {
    return db.execute("ALTER TABLE virtual_key RENAME TO hidden");
  }));
  const crypto::Sha256 hash = crypto::sha256("sk-x");
  EXPECT_FALSE(directory->load_key(hash));
  EXPECT_EQ(directory->find_key(hash).state, State::absent) << "a failure is not an answer";
}

TEST_F(DirectoryTest, ManyThreadsCauseOneLoad) {
  const IssuedKey issued = issue();
  const crypto::Sha256 hash = crypto::sha256(issued.key.reveal());
  const auto before = directory->counts().loads;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { EXPECT_TRUE(directory->load_key(hash)); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(directory->counts().loads, before + 1);
}

/// The clock stands still, so it may be read by all threads.
TEST_F(DirectoryTest, NobodyFindsWhatAWriterHasEnded) {
  team("t");
  const IssuedKey issued = key_of("t", nullptr);
  const crypto::Sha256 hash = crypto::sha256(issued.key.reveal());
  std::atomic<std::uint64_t> written{0};  // odd: blocked
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        const std::uint64_t before = written;
        auto found = directory->find_key(hash);
        if (found.state == State::absent) {
          if (!directory->load_key(hash)) ++wrong;
          continue;
        }
        const bool blocked = found.principal->team->blocked;
        // Only a state that was current at some moment of the look-up may be seen.
        if (written == before && before % 2 == 0 && blocked != (before / 2 % 2 == 1)) ++wrong;
      }
    });
  }
  for (int round = 1; round <= 60; ++round) {
    ++written;  // a write is under way
    TeamPatch patch;
    patch.blocked = round % 2 == 1;
    EXPECT_TRUE(teams.update(actor, "t", patch));
    ++written;
    for (int spin = 0; spin < 20; ++spin) {
      if (directory->find_key(hash).state == State::absent) {
        EXPECT_TRUE(directory->load_key(hash));
      }
      if (auto found = directory->find_key(hash); found.principal) {
        EXPECT_EQ(found.principal->team->blocked, round % 2 == 1);
      }
    }
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

TEST(FingerprintSet, HoldsWhatItWasGiven) {
  FingerprintSet set;
  EXPECT_FALSE(set.contains(0));
  for (std::uint64_t i = 0; i < 10'000; ++i) set.insert(i * 0x9e3779b97f4a7c15);
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    EXPECT_TRUE(set.contains(i * 0x9e3779b97f4a7c15));
    EXPECT_FALSE(set.contains(i * 0x9e3779b97f4a7c15 + 2));
  }
  EXPECT_EQ(set.size(), 10'000u);
}

}  // namespace
}  // namespace gatehouse::tenancy
