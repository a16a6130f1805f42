#include "store_test_support.hpp"

namespace gatehouse::tenancy {
namespace {

using core::Errc;
using State = Directory::Lookup::State;

class KeyStoreTest : public StoreTest {
 protected:
  NewKey with_alias(const char* alias) {
    NewKey key;
    key.fields.key_alias = std::string(alias);
    return key;
  }
  std::vector<std::string> aliases_of(const Listing<KeyRecord>& listing) {
    std::vector<std::string> aliases;
    for (const KeyRecord& key : listing.items) aliases.push_back(key.key_alias.value_or("-"));
    return aliases;
  }
  std::vector<std::string> listed(const KeyFilter& filter, const Sort& sort = {"key_alias"},
                                  const Page& page = {}) {
    auto listing = keys.list(filter, page, sort);
    EXPECT_TRUE(listing) << listing.error().internal_detail;
    return listing ? aliases_of(*listing) : std::vector<std::string>{};
  }
};

TEST_F(KeyStoreTest, IssuesAKeyAndKeepsOnlyItsHash) {
  NewKey wanted = with_alias("first");
  wanted.fields.models = std::vector<std::string>{"gpt-4o", "claude"};
  wanted.fields.limits.max_budget = usd(10);
  wanted.fields.limits.budget_limits = std::vector<core::BudgetLimit>{{usd(1), "1d", {}}};
  wanted.fields.limits.model_max_budget =
      std::map<std::string, core::BudgetLimit>{{"gpt-4o", {usd(2), "2h", {}}}};
  wanted.fields.duration = std::string("10s");
  wanted.fields.metadata = std::string(R"({"a":"\u00e9"})");
  const IssuedKey issued = issue(wanted);
  EXPECT_TRUE(issued.key.reveal().starts_with("sk-"));
  EXPECT_EQ(issued.record.token, crypto::sha256_hex(issued.key.reveal()));

  const auto found = keys.find(issued.record.token);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->key_alias, "first");
  EXPECT_EQ(found->account, found->token);
  EXPECT_EQ(found->models, wanted.fields.models.value());
  EXPECT_EQ(found->limits.max_budget, usd(10));
  EXPECT_EQ(found->limits.budget_limits, wanted.fields.limits.budget_limits.value());
  EXPECT_EQ(found->limits.model_max_budget, wanted.fields.limits.model_max_budget.value());
  EXPECT_EQ(found->expires, clock.wall() + core::Seconds(10));
  EXPECT_EQ(found->metadata, R"({"a":"\u00e9"})");
  EXPECT_EQ(found->provenance.created_by, "admin");
}

TEST_F(KeyStoreTest, WithoutRandomBytesThereIsNoKey) {
  random.dry = true;
  const auto issued = keys.create(actor, {});
  ASSERT_FALSE(issued);
  EXPECT_EQ(issued.error().code, Errc::unavailable);
  EXPECT_EQ(keys.list({}, {})->total, 0u);
}

TEST_F(KeyStoreTest, TakesOwnTextsThatLookLikeKeysOnce) {
  NewKey own;
  own.key = core::Secret("sk-mine-1234");
  EXPECT_EQ(issue(own).record.key_name, "sk-...1234");
  EXPECT_EQ(keys.create(actor, own).error().code, Errc::conflict);
  for (const char* text : {"mine-1234", "sk-", "sk-with space", "sk-\x01xyz", "sk-é"}) {
    own.key = core::Secret(text);
    EXPECT_EQ(keys.create(actor, own).error().code, Errc::invalid_argument) << text;
  }
}

TEST_F(KeyStoreTest, RefusesWhatDoesNotFit) {
  issue(with_alias("taken"));
  EXPECT_EQ(keys.create(actor, with_alias("taken")).error().code, Errc::conflict);
  NewKey key;
  key.fields.limits.max_budget = usd(-1);
  EXPECT_EQ(keys.create(actor, key).error().code, Errc::invalid_argument);
  key = {};
  key.fields.team_id = std::string("nowhere");
  EXPECT_EQ(keys.create(actor, key).error().code, Errc::invalid_argument);
  key = {};
  key.fields.limits.budget_duration = std::string("soon");
  EXPECT_EQ(keys.create(actor, key).error().code, Errc::invalid_argument);
  key = {};
  key.fields.limits.rpm_limit = std::uint64_t{1} << 63;
  EXPECT_EQ(keys.create(actor, key).error().code, Errc::invalid_argument);
  key = {};
  key.fields.metadata = std::string("[1]");
  EXPECT_EQ(keys.create(actor, key).error().code, Errc::invalid_argument);
  key = {};
  key.fields.limits.budget_id = std::string("none");
  EXPECT_EQ(keys.create(actor, key).error().code, Errc::invalid_argument);
  EXPECT_EQ(keys.list({}, {})->total, 1u);
}

TEST_F(KeyStoreTest, ServiceAccountsBelongToATeamAndNobody) {
  NewKey key;
  key.service_account = true;
  EXPECT_EQ(keys.create(actor, key).error().code, Errc::invalid_argument);
  team("t");
  key.fields.team_id = std::string("t");
  EXPECT_TRUE(issue(key).record.service_account);
  key.fields.user_id = std::string("u");
  EXPECT_EQ(keys.create(actor, key).error().code, Errc::invalid_argument);
}

TEST_F(KeyStoreTest, PatchesKeepWhatIsAbsentAndClearWhatIsNull) {
  NewKey wanted = with_alias("a");
  wanted.fields.limits.max_budget = usd(5);
  wanted.fields.limits.budget_duration = std::string("1d");
  wanted.fields.duration = std::string("1h");
  wanted.fields.extra = R"({"x":1,"y":{"z":[2]}})";
  const IssuedKey issued = issue(wanted);

  KeyPatch patch;
  patch.limits.max_budget = usd(7);
  patch.extra = R"({"x":null,"w":"é"})";
  auto updated = keys.update(actor, issued.record.token, patch);
  ASSERT_TRUE(updated);
  EXPECT_EQ(updated->limits.max_budget, usd(7));
  EXPECT_EQ(updated->limits.budget_duration, "1d");
  EXPECT_EQ(updated->key_alias, "a");
  EXPECT_EQ(updated->extra, R"({"y":{"z":[2]},"w":"é"})");

  patch = {};
  patch.limits.max_budget = Patch<core::Money>::clear();
  patch.limits.budget_duration = Patch<std::string>::clear();
  patch.key_alias = Patch<std::string>::clear();
  patch.duration = std::string("-1");
  updated = keys.update(actor, issued.record.token, patch);
  ASSERT_TRUE(updated);
  const auto found = keys.find(issued.record.token);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->limits.max_budget);
  EXPECT_FALSE(found->limits.budget_duration);
  EXPECT_FALSE(found->key_alias);
  EXPECT_FALSE(found->expires);
  EXPECT_EQ(keys.update(actor, "nothing", patch).error().code, Errc::not_found);
}

TEST_F(KeyStoreTest, BoundsOfThePolicyHold) {
  Policy policy;
  policy.keys.bounds = {.max_budget = usd(10), .rpm_limit = 100, .duration = "2h"};
  context.policy.replace(policy);
  const KeyRecord filled = issue().record;
  EXPECT_EQ(filled.limits.max_budget, usd(10));
  EXPECT_EQ(filled.limits.rpm_limit, 100u);
  EXPECT_EQ(filled.expires, clock.wall() + core::Seconds(7'200));

  NewKey above;
  above.fields.limits.max_budget = usd(11);
  const auto refused = keys.create(actor, above);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().public_message,
            "max_budget is over max limit set in config - user_value=11; max_value=10");
  above = {};
  above.fields.duration = std::string("1d");
  EXPECT_EQ(keys.create(actor, above).error().code, Errc::invalid_argument);
  KeyPatch patch;
  patch.duration = std::string("-1");
  EXPECT_EQ(keys.update(actor, filled.token, patch)->expires, clock.wall() + core::Seconds(7'200));
}

TEST_F(KeyStoreTest, DefaultsOfThePolicyStandIn) {
  Policy policy;
  policy.keys.defaults = {.max_budget = usd(3), .models = {"m"}};
  context.policy.replace(policy);
  EXPECT_EQ(issue().record.limits.max_budget, usd(3));
  EXPECT_EQ(issue().record.models, std::vector<std::string>{"m"});
  NewKey key;
  key.fields.limits.max_budget = Patch<core::Money>::clear();
  EXPECT_FALSE(issue(key).record.limits.max_budget);
  policy.keys.defaults = {.max_budget = usd(4)};
  context.policy.replace(policy);
  EXPECT_EQ(issue().record.limits.max_budget, usd(4));
  EXPECT_TRUE(issue().record.models.empty());
}

TEST_F(KeyStoreTest, RemovalArchivesAndRevokesAtOnce) {
  const IssuedKey issued = issue(with_alias("gone"));
  ASSERT_EQ(lookup(issued.key).state, State::found);
  const auto removed = keys.remove(actor, {issued.record.token, "unknown"});
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->size(), 1u);
  EXPECT_NE(directory->find_key(crypto::sha256(issued.key.reveal())).state, State::found);
  EXPECT_EQ(lookup(issued.key).state, State::unknown);

  EXPECT_EQ(keys.find(issued.record.token).error().code, Errc::not_found);
  const auto archived = keys.find(issued.record.token, true);
  ASSERT_TRUE(archived);
  EXPECT_EQ(archived->key_alias, "gone");
  EXPECT_EQ(archived->deleted_at, clock.wall());
  EXPECT_EQ(archived->deleted_by, "admin");
  KeyFilter deleted;
  deleted.deleted = true;
  EXPECT_EQ(listed(deleted), std::vector<std::string>{"gone"});
}

TEST_F(KeyStoreTest, BlockingIsSeenAtOnce) {
  const IssuedKey issued = issue();
  ASSERT_FALSE(principal(issued.key)->key->blocked);
  const auto before = directory->generation();
  ASSERT_TRUE(keys.set_blocked(actor, issued.record.token, true));
  EXPECT_NE(directory->generation(), before);
  EXPECT_TRUE(principal(issued.key)->key->blocked);
  ASSERT_TRUE(keys.set_blocked(actor, issued.record.token, false));
  EXPECT_FALSE(principal(issued.key)->key->blocked);
  EXPECT_EQ(keys.set_blocked(actor, "unknown", true).error().code, Errc::not_found);
}

TEST_F(KeyStoreTest, RegenerationKeepsTheAccountAndEndsTheOldText) {
  const IssuedKey first = issue(with_alias("r"));
  ASSERT_EQ(lookup(first.key).state, State::found);
  const auto second = keys.regenerate(actor, first.record.token, {});
  ASSERT_TRUE(second);
  EXPECT_NE(second->record.token, first.record.token);
  EXPECT_EQ(second->record.account, first.record.token);
  EXPECT_EQ(second->record.key_alias, "r");
  EXPECT_EQ(second->record.rotation_count, 1u);
  EXPECT_EQ(lookup(first.key).state, State::unknown);
  EXPECT_EQ(lookup(second->key).state, State::found);
  // The old text names the account still: nobody else may take it.
  NewKey thief;
  thief.key = core::Secret(std::string(first.key.reveal()));
  EXPECT_EQ(keys.create(actor, thief).error().code, Errc::conflict);
  EXPECT_EQ(keys.regenerate(actor, first.record.token, {}).error().code, Errc::not_found);
}

TEST_F(KeyStoreTest, GracePeriodLetsTheOldTextStandForTheNew) {
  const IssuedKey first = issue(with_alias("r"));
  Regeneration how;
  how.grace = core::Seconds(60);
  const auto second = keys.regenerate(actor, first.record.token, how);
  ASSERT_TRUE(second);
  const auto old = principal(first.key);
  ASSERT_TRUE(old);
  EXPECT_EQ(old->key->token, second->record.token);
  EXPECT_EQ(old->key->expires, clock.wall() + core::Seconds(60));
  EXPECT_EQ(principal(second->key)->key->expires, std::nullopt);
  EXPECT_EQ(listed({}), std::vector<std::string>{"r"});
  EXPECT_EQ(keys.find(first.record.token)->token, second->record.token);
  EXPECT_EQ(keys.update(actor, first.record.token, {}).error().code, Errc::not_found);

  // What happens to the new one happens to the old text.
  ASSERT_TRUE(keys.set_blocked(actor, second->record.token, true));
  EXPECT_TRUE(principal(first.key)->key->blocked);
  // A second regeneration: the first text stands for the third.
  const auto third = keys.regenerate(actor, second->record.token, {});
  ASSERT_TRUE(third);
  EXPECT_EQ(principal(first.key)->key->token, third->record.token);
  EXPECT_EQ(lookup(second->key).state, State::unknown);
  ASSERT_TRUE(keys.remove(actor, {third->record.token}));
  EXPECT_EQ(lookup(first.key).state, State::unknown);
}

TEST_F(KeyStoreTest, ListsInPages) {
  for (const char* alias : {"c", "a", "b"}) {
    clock.advance(core::Seconds(1));
    issue(with_alias(alias));
  }
  using Names = std::vector<std::string>;
  EXPECT_EQ(listed({}, {}), (Names{"b", "a", "c"})) << "newest first";
  EXPECT_EQ(listed({}, {"key_alias"}), (Names{"a", "b", "c"}));
  EXPECT_EQ(listed({}, {"key_alias", true}), (Names{"c", "b", "a"}));
  EXPECT_EQ(listed({}, {"key_alias"}, {2, 2}), (Names{"c"}));
  EXPECT_EQ(listed({}, {"key_alias"}, {3, 2}), Names{});
  EXPECT_EQ(keys.list({}, {2, 2})->total, 3u);
  EXPECT_EQ(keys.list({}, {0, 2}).error().code, Errc::invalid_argument);
  EXPECT_EQ(keys.list({}, {1, 1'001}).error().code, Errc::invalid_argument);
  EXPECT_EQ(keys.list({}, {}, {"token; DROP TABLE virtual_key"}).error().code,
            Errc::invalid_argument);
  for (const char* word : {"spend", "expires", "max_budget", "user_id", "team_id", "updated_at"}) {
    EXPECT_TRUE(keys.list({}, {}, {word})) << word;
  }
}

TEST_F(KeyStoreTest, FiltersTakeTextsLiterally) {
  const std::vector<std::string> names{"100% sure", "100 sure",   "O'Brien",    "a_b",
                                       "axb",       "\"quoted\"", "田中さん🎉", "'; DROP TABLE--"};
  for (const std::string& name : names) issue(with_alias(name.c_str()));
  for (const std::string& name : names) {
    KeyFilter filter;
    filter.key_alias = name;
    EXPECT_EQ(listed(filter), std::vector<std::string>{name});
    filter.substring = true;
    EXPECT_EQ(listed(filter), std::vector<std::string>{name});
  }
  KeyFilter filter;
  filter.substring = true;
  filter.key_alias = "%";
  EXPECT_EQ(listed(filter), std::vector<std::string>{"100% sure"});
  filter.key_alias = "_";
  EXPECT_EQ(listed(filter), std::vector<std::string>{"a_b"});
  filter.key_alias = "o'BRIEN";
  EXPECT_EQ(listed(filter), std::vector<std::string>{"O'Brien"});
  filter.key_alias = "sure";
  EXPECT_EQ(listed(filter).size(), 2u);
  for (const std::string& bad :
       {std::string("a\nb"), std::string("\xff"), std::string(257, 'a'), std::string("nul\0", 4)}) {
    NewKey key;
    key.fields.key_alias = bad;
    EXPECT_EQ(keys.create(actor, key).error().code, Errc::invalid_argument);
  }
}

TEST_F(KeyStoreTest, FiltersByOwnerAndExpiry) {
  team("t1");
  NewKey mine = with_alias("mine");
  mine.fields.user_id = std::string("u1");
  mine.fields.duration = std::string("10s");
  issue(mine);
  NewKey teams_key = with_alias("teams");
  teams_key.fields.team_id = std::string("t1");
  issue(teams_key);
  issue(with_alias("nobodys"));
  using Names = std::vector<std::string>;
  KeyFilter filter;
  filter.visible = Visibility{"u1", {}, {}, {}};
  EXPECT_EQ(listed(filter), Names{"mine"});
  filter.visible = Visibility{{}, {"t1"}, {}, {}};
  EXPECT_EQ(listed(filter), Names{"teams"});
  filter.visible = Visibility{{}, {}, {"default"}, {}};
  EXPECT_EQ(listed(filter), (Names{"mine", "nobodys", "teams"}));
  filter.visible = Visibility{};
  EXPECT_EQ(listed(filter), Names{});
  filter = {};
  filter.user_id = "u1";
  EXPECT_EQ(listed(filter), Names{"mine"});
  filter = {};
  filter.team_id = "t1";
  EXPECT_EQ(listed(filter), Names{"teams"});
  clock.advance(core::Seconds(10));
  filter = {};
  filter.expiry = KeyFilter::Expiry::expired;
  EXPECT_EQ(listed(filter), Names{"mine"});
  filter.expiry = KeyFilter::Expiry::active;
  EXPECT_EQ(listed(filter), (Names{"nobodys", "teams"}));
}

TEST_F(KeyStoreTest, EveryChangeIsInTheAuditLogWithoutSecrets) {
  const IssuedKey issued = issue(with_alias("audited"));
  clock.advance(core::Seconds(1));
  ASSERT_TRUE(keys.set_blocked({"someone", "hash-of-a-key"}, issued.record.token, true));
  clock.advance(core::Seconds(1));
  ASSERT_TRUE(keys.remove(actor, {issued.record.token}));
  AuditFilter filter;
  filter.object_id = issued.record.token;
  const auto rows = audit.list(filter, {});
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->items.size(), 3u);
  EXPECT_EQ(rows->items[0].action, "deleted");
  EXPECT_EQ(rows->items[0].after_value, "null");
  EXPECT_EQ(rows->items[1].action, "blocked");
  EXPECT_EQ(rows->items[1].changed_by, "someone");
  EXPECT_EQ(rows->items[1].changed_by_api_key, "hash-of-a-key");
  EXPECT_NE(rows->items[1].before_value.find(R"("blocked":false)"), std::string::npos);
  EXPECT_NE(rows->items[1].after_value.find(R"("blocked":true)"), std::string::npos);
  EXPECT_EQ(rows->items[2].action, "created");
  for (const AuditRow& row : rows->items) {
    EXPECT_EQ((row.before_value + row.after_value).find(issued.key.reveal()), std::string::npos);
  }
  EXPECT_EQ(audit.find(rows->items[0].id)->action, "deleted");
  filter.from = clock.wall();
  EXPECT_EQ(audit.list(filter, {})->total, 1u);
  filter.from.reset();
  filter.until = clock.wall();
  EXPECT_EQ(audit.list(filter, {})->total, 2u);
}

TEST_F(KeyStoreTest, AFailedWriteLeavesNothing) {
  const IssuedKey issued = issue(with_alias("a"));
  issue(with_alias("b"));
  KeyPatch patch;
  patch.key_alias = std::string("b");
  EXPECT_EQ(keys.update(actor, issued.record.token, patch).error().code, Errc::conflict);
  EXPECT_EQ(keys.find(issued.record.token)->key_alias, "a");
  EXPECT_EQ(audit.list({}, {})->total, 2u);
}

TEST_F(KeyStoreTest, NamesKeysByTextOrHash) {
  const IssuedKey issued = issue(with_alias("x"));
  EXPECT_EQ(token_of(issued.key.reveal()), issued.record.token);
  EXPECT_EQ(token_of(issued.record.token), issued.record.token);
  EXPECT_EQ(*keys.tokens_of({"x"}), std::vector<std::string>{issued.record.token});
  EXPECT_EQ(keys.tokens_of({"x", "y"}).error().code, Errc::not_found);
}

}  // namespace
}  // namespace gatehouse::tenancy
