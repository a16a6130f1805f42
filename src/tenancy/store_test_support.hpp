#pragma once
/// A temporary database with the stores and the directory over it.

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "gatehouse/core/text.hpp"
#include "gatehouse/tenancy/audit_log.hpp"
#include "gatehouse/tenancy/budget_store.hpp"
#include "gatehouse/tenancy/customer_store.hpp"
#include "gatehouse/tenancy/key_store.hpp"
#include "gatehouse/tenancy/organization_store.hpp"
#include "gatehouse/tenancy/stored_models.hpp"
#include "gatehouse/tenancy/tag_store.hpp"
#include "gatehouse/tenancy/team_store.hpp"
#include "gatehouse/tenancy/user_store.hpp"

namespace gatehouse::tenancy {

inline core::Money usd(std::int64_t amount) {
  return core::Money::nano_usd(amount * 1'000'000'000);
}

/// "10s", "2h", "3d" and nothing else.
inline core::Result<core::Nanos> test_duration(std::string_view text) {
  const auto count = core::parse_u64(text.empty() ? text : text.substr(0, text.size() - 1));
  const char unit = text.empty() ? ' ' : text.back();
  if (!count || (unit != 's' && unit != 'h' && unit != 'd')) {
    return core::fail(core::Errc::invalid_argument, "bad duration");
  }
  const std::int64_t seconds = unit == 's' ? 1 : unit == 'h' ? 3'600 : 86'400;
  return core::Nanos(core::Seconds(static_cast<std::int64_t>(*count) * seconds));
}
inline core::Result<void> test_budget_duration(std::string_view text) {
  auto length = test_duration(text);
  if (!length) return core::pass(length);
  return {};
}

/// Runs dry when told to.
class TestRandomBytes final : public crypto::RandomBytes {
 public:
  core::Result<std::string> get(std::size_t count) override {
    if (dry) return core::fail(core::Errc::unavailable, "no random bytes");
    return system_.get(count);
  }
  bool dry = false;

 private:
  crypto::SystemRandomBytes system_;
};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "tenancy-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string file(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

class StoreTest : public testing::Test {
 protected:
  static std::unique_ptr<database::Database> open(const std::string& file) {
    auto opened = database::open_sqlite({.file = file});
    if (!opened) ADD_FAILURE() << opened.error().internal_detail;
    return opened ? *std::move(opened) : nullptr;
  }

  /// The key's lookup, loaded when it is not in memory.
  Directory::Lookup lookup(const core::Secret& key) {
    const crypto::Sha256 hash = crypto::sha256(key.reveal());
    auto found = directory->find_key(hash);
    if (found.state == Directory::Lookup::State::absent) {
      const auto loaded = directory->load_key(hash);
      EXPECT_TRUE(loaded) << loaded.error().internal_detail;
      found = directory->find_key(hash);
    }
    return found;
  }
  std::shared_ptr<const Principal> principal(const core::Secret& key) {
    return lookup(key).principal;
  }

  /// Another directory in place of the present one, which the stores go on to tell of writes.
  void restart(DirectoryOptions options) {
    retired.push_back(std::move(directory));
    directory = make_directory(*database, clock, std::move(options));
  }

  IssuedKey issue(NewKey key = {}) {
    auto issued = keys.create(actor, key);
    EXPECT_TRUE(issued) << issued.error().public_message << issued.error().internal_detail;
    return issued ? *std::move(issued) : IssuedKey{};
  }
  TeamRecord team(const char* id, TeamPatch fields = {}, std::vector<MemberChange> members = {}) {
    auto made = teams.create(actor, {id, std::move(fields), std::move(members)});
    EXPECT_TRUE(made) << made.error().public_message << made.error().internal_detail;
    return made.value_or(TeamRecord{});
  }
  UserRecord user(const char* id, UserPatch fields = {}) {
    auto made = users.create(actor, {id, std::move(fields), {}, {}});
    EXPECT_TRUE(made) << made.error().public_message << made.error().internal_detail;
    return made.value_or(UserRecord{});
  }

  TemporaryFolder folder;
  std::unique_ptr<database::Database> database = open(folder.file("a.db"));
  core::ManualClock clock;
  core::CountingIdSource ids;
  TestRandomBytes random;
  std::unique_ptr<DatabaseDirectory> directory =
      make_directory(*database, clock, {.load_in_background = false});
  std::vector<std::unique_ptr<DatabaseDirectory>> retired;
  StoreContext context{
      *database, *directory, clock, ids, random, {}, {test_duration, test_budget_duration}};
  const Actor actor{"admin", ""};
  KeyStore keys{context};
  TeamStore teams{context};
  UserStore users{context};
  OrganizationStore organizations{context};
  CustomerStore customers{context};
  BudgetStore budgets{context};
  TagStore tags{context};
  AuditLog audit{context};
  StoredModels models{context};
};

}  // namespace gatehouse::tenancy
