#include "gatehouse/tenancy/key_rotation.hpp"

#include <fstream>

#include "gatehouse/crypto/secret_file.hpp"
#include "store_test_support.hpp"

namespace gatehouse::tenancy {
namespace {

using State = Directory::Lookup::State;

class KeyRotationTest : public StoreTest {
 protected:
  IssuedKey rotating(const char* interval) {
    NewKey key;
    key.fields.auto_rotate = true;
    key.fields.rotation_interval = std::string(interval);
    return issue(key);
  }
  std::string file_of(const KeyRecord& key, const char* suffix = "") const {
    return folder.file("rotated") + "/" + key.account + suffix;
  }
  core::Secret text_of(const KeyRecord& key) const {
    auto text = crypto::read_secret_file(file_of(key));
    EXPECT_TRUE(text) << text.error().public_message;
    return text.value_or(core::Secret());
  }
  std::size_t rotated() const {
    const auto round = rotation.run();
    EXPECT_TRUE(round) << round.error().internal_detail;
    EXPECT_FALSE(round->error) << round->error->public_message;
    return round->rotated;
  }

  KeyRotation rotation{context, {folder.file("rotated"), core::Seconds(3'600)}};
};

TEST_F(KeyRotationTest, GivesANewTextWhenTheIntervalIsOver) {
  const IssuedKey old = rotating("10d");
  issue();
  EXPECT_EQ(rotated(), 0u);
  clock.advance(core::Seconds(10 * 86'400 - 1));
  EXPECT_EQ(rotated(), 0u);
  clock.advance(core::Seconds(1));
  EXPECT_EQ(rotated(), 1u);
  EXPECT_EQ(rotated(), 0u) << "once";

  const core::Secret text = text_of(old.record);
  const auto found = lookup(text);
  ASSERT_EQ(found.state, State::found);
  EXPECT_EQ(found.principal->key->account, old.record.account);
  EXPECT_EQ(found.principal->key->rotation_count, 1u);
  EXPECT_EQ(lookup(old.key).state, State::found) << "for an hour";
  EXPECT_EQ(lookup(old.key).principal->key->expires, clock.wall() + core::Seconds(3'600));

  const auto log = audit.list({.object_id = old.record.token}, {});
  ASSERT_TRUE(log);
  EXPECT_EQ(log->items.at(0).action, "regenerated");
  EXPECT_EQ(log->items.at(0).changed_by, kRotationUserId);
}

TEST_F(KeyRotationTest, GoesOnAfterARestart) {
  const IssuedKey old = rotating("2h");
  clock.advance(core::Seconds(3 * 7'200));
  const KeyRotation other(context, {folder.file("rotated"), core::Seconds(60)});
  ASSERT_TRUE(other.recover());
  ASSERT_EQ(other.run()->rotated, 1u) << "once, however long it was due";
  const core::Secret second = text_of(old.record);
  clock.advance(core::Seconds(7'200));
  EXPECT_EQ(rotated(), 1u);
  EXPECT_NE(text_of(old.record).reveal(), second.reveal());
  const auto all = keys.all_tokens(crypto::sha256_hex(text_of(old.record).reveal()));
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), 3u);
}

TEST_F(KeyRotationTest, LeavesOutWhatIsBlockedExpiredOrNoLongerRotates) {
  const IssuedKey blocked = rotating("1h");
  ASSERT_TRUE(keys.set_blocked(actor, blocked.record.token, true));
  const IssuedKey stopped = rotating("1h");
  KeyPatch stop;
  stop.auto_rotate = false;
  ASSERT_TRUE(keys.update(actor, stopped.record.token, stop));
  const IssuedKey expired = rotating("2h");
  KeyPatch soon;
  soon.duration = std::string("1h");
  ASSERT_TRUE(keys.update(actor, expired.record.token, soon));
  clock.advance(core::Seconds(7'200));
  EXPECT_EQ(rotated(), 0u);
}

TEST_F(KeyRotationTest, NothingIsKeptOfAKeyThatIsGone) {
  const IssuedKey old = rotating("2h");
  ASSERT_TRUE(keys.remove(actor, {old.record.token}));
  clock.advance(core::Seconds(7'200));
  EXPECT_EQ(rotated(), 0u);
  int rows = 0;
  ASSERT_TRUE(database->read([&](database::Connection& db) {
    return db.query("SELECT account FROM key_rotation", {},
                    [&](const database::Row&) -> core::Result<void> {
                      ++rows;
                      return {};
                    });
  }));
  EXPECT_EQ(rows, 0);
}

TEST_F(KeyRotationTest, OtherChangesDoNotPutItOff) {
  const IssuedKey old = rotating("2h");
  clock.advance(core::Seconds(7'000));
  KeyPatch patch;
  patch.models = std::vector<std::string>{"m"};
  ASSERT_TRUE(keys.update(actor, old.record.token, patch));
  clock.advance(core::Seconds(200));
  EXPECT_EQ(rotated(), 1u);
}

TEST_F(KeyRotationTest, AKeyFromBeforeBeginsItsIntervalNow) {
  const IssuedKey old = rotating("2h");
  ASSERT_TRUE(database->write([](database::Connection& db) -> core::Result<void> {
    auto done = db.execute("DELETE FROM key_rotation", {});
    if (!done) return core::pass(done);
    return {};
  }));
  clock.advance(core::Seconds(86'400));
  EXPECT_EQ(rotated(), 0u);
  clock.advance(core::Seconds(7'200));
  EXPECT_EQ(rotated(), 1u);
  EXPECT_NE(text_of(old.record).reveal(), old.key.reveal());
}

TEST_F(KeyRotationTest, EndsWhatWasInterrupted) {
  // Before the key had its text, and after it.
  const IssuedKey before = rotating("1h");
  const IssuedKey after = rotating("1h");
  clock.advance(core::Seconds(3'600));
  ASSERT_EQ(rotated(), 2u);
  const std::string good = file_of(after.record);
  std::filesystem::rename(good, good + ".next");
  const std::string lost = file_of(before.record);
  const std::string kept(text_of(before.record).reveal());
  ASSERT_TRUE(crypto::write_secret_file(lost + ".next", core::Secret("sk-nobody-has-this-one")));
  ASSERT_TRUE(rotation.recover());
  EXPECT_EQ(lookup(text_of(after.record)).state, State::found);
  EXPECT_EQ(text_of(before.record).reveal(), kept);
  EXPECT_FALSE(std::filesystem::exists(good + ".next"));
  EXPECT_FALSE(std::filesystem::exists(lost + ".next"));
}

TEST_F(KeyRotationTest, KeepsTheOldTextWhenThereIsNoPlaceForTheNewOne) {
  const IssuedKey old = rotating("1h");
  clock.advance(core::Seconds(3'600));
  std::ofstream(folder.file("rotated")) << "a file, no folder";
  const auto round = rotation.run();
  ASSERT_TRUE(round);
  EXPECT_EQ(round->failed, 1u);
  EXPECT_TRUE(round->error);
  EXPECT_EQ(lookup(old.key).principal->key->rotation_count, 0u);
}

TEST_F(KeyRotationTest, ChecksTheIntervalWhenItIsGiven) {
  NewKey key;
  key.fields.auto_rotate = true;
  key.fields.rotation_interval = std::string("sometimes");
  const auto refused = keys.create(actor, key);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, core::Errc::invalid_argument);
}

TEST_F(KeyRotationTest, FormerHashesAreOfOneKeyForEver) {
  const IssuedKey first = issue();
  const auto second = keys.regenerate(actor, first.record.token, {});
  ASSERT_TRUE(second);
  NewKey again;
  again.key = core::Secret(std::string(first.key.reveal()));
  EXPECT_EQ(keys.create(actor, again).error().code, core::Errc::conflict);
  const auto all = keys.all_tokens(first.record.token);
  ASSERT_TRUE(all);
  EXPECT_EQ(*all, (std::vector<std::string>{std::min(first.record.token, second->record.token),
                                            std::max(first.record.token, second->record.token)}));
  EXPECT_EQ(keys.all_tokens("of-nobody")->size(), 1u);
  ASSERT_TRUE(keys.remove(actor, {second->record.token}));
  EXPECT_EQ(keys.all_tokens(second->record.token)->size(), 2u) << "its calls are still there";
}

}  // namespace
}  // namespace gatehouse::tenancy
