#include "sealing_keys.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace gatehouse::app {
namespace {

namespace fs = std::filesystem;

class NoBytes final : public crypto::RandomBytes {
 public:
  core::Result<std::string> get(std::size_t) override {
    return core::fail(core::Errc::unavailable, "none");
  }
};

class SealingKeysTest : public testing::Test {
 protected:
  SealingKeysTest() {
    std::string name = (fs::temp_directory_path() / "sealing-XXXXXX").string();
    folder = mkdtemp(name.data());
  }
  ~SealingKeysTest() override { fs::remove_all(folder); }

  config::Environment environment() const {
    return [this](std::string_view name) -> std::optional<std::string> {
      const auto found = variables.find(std::string(name));
      if (found == variables.end()) return std::nullopt;
      return found->second;
    };
  }
  crypto::KeyRing ring() {
    auto opened = open_key_ring(folder, environment(), random);
    EXPECT_TRUE(opened) << opened.error().public_message;
    return std::move(*opened);
  }

  std::string folder;
  std::map<std::string, std::string> variables;
  crypto::SystemRandomBytes random;
};

TEST_F(SealingKeysTest, TheFirstStartMakesOneKeyAndLaterOnesFindIt) {
  const std::string id = ring().current_id();
  EXPECT_EQ(ring().current_id(), id);
  const auto files = read_key_files(folder).value();
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].path, folder + "/encryption_key");
  struct stat status{};
  ASSERT_EQ(stat(files[0].path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(SealingKeysTest, TheLastVersionSealsAndAllOpen) {
  const std::string first = ring().seal(core::Secret("s"), "p", random).value();
  std::string last_id;
  for (std::uint32_t version = 2; version <= 11; ++version) {
    const auto made = add_key_file(folder, random);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->version, version);
    EXPECT_EQ(made->path, folder + "/encryption_key." + std::to_string(version));
    last_id = made->key.id();
  }
  // By number, not by name: 11 comes after 9.
  EXPECT_EQ(ring().current_id(), last_id);
  EXPECT_EQ(ring().open(first, "p").value().reveal(), "s");
}

TEST_F(SealingKeysTest, DraftsAndOtherFilesAreNoKeys) {
  ring();
  for (const char* name :
       {"encryption_key.new", "encryption_key.2.new", "encryption_key.02", "encryption_key.1",
        "encryption_key.", "encryption_keys", "encryption_key.99999999999", "encryption_key.-3"}) {
    std::ofstream(folder + "/" + name) << "0123456789abcdef0123456789abcdef\n";
  }
  EXPECT_EQ(read_key_files(folder).value().size(), 1U);
}

TEST_F(SealingKeysTest, AKeyThatOthersMayReadIsRefused) {
  ring();
  ASSERT_EQ(chmod((folder + "/encryption_key").c_str(), 0640), 0);
  const auto opened = open_key_ring(folder, environment(), random);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, core::Errc::forbidden);
  EXPECT_NE(opened.error().public_message.find("encryption_key"), std::string::npos);
}

TEST_F(SealingKeysTest, WithoutRandomBytesThereIsNoNewVersion) {
  NoBytes none;
  EXPECT_EQ(open_key_ring(folder, environment(), none).error().code, core::Errc::unavailable);
  EXPECT_EQ(add_key_file(folder, none).error().code, core::Errc::unavailable);
  EXPECT_TRUE(fs::is_empty(folder));
}

TEST_F(SealingKeysTest, TheOperatorsKeySealsAndFilesStillOpen) {
  const std::string by_file = ring().seal(core::Secret("s"), "p", random).value();
  variables["LLM_GATEWAY_ENCRYPTION_KEY"] = "the operator's new key";
  EXPECT_EQ(operators_key_name(environment()), "LLM_GATEWAY_ENCRYPTION_KEY");
  const crypto::KeyRing both = ring();
  EXPECT_EQ(both.open(by_file, "p").value().reveal(), "s");
  const std::string fresh = both.seal(core::Secret("t"), "p", random).value();
  EXPECT_EQ(crypto::KeyRing::id_in(fresh), both.current_id());
  variables.clear();
  EXPECT_FALSE(ring().open(fresh, "p"));
}

TEST_F(SealingKeysTest, ThePreviousKeyOfTheOperatorOpensOnly) {
  variables["LLM_GATEWAY_ENCRYPTION_KEY"] = "the operator's old key";
  const std::string old = ring().seal(core::Secret("s"), "p", random).value();
  variables["LLM_GATEWAY_ENCRYPTION_KEY"] = "the operator's new key";
  EXPECT_FALSE(ring().open(old, "p"));
  variables["LLM_GATEWAY_PREVIOUS_ENCRYPTION_KEY"] = "the operator's old key";
  EXPECT_EQ(ring().open(old, "p").value().reveal(), "s");
  EXPECT_NE(ring().current_id(), crypto::KeyRing::id_in(old));
  EXPECT_TRUE(fs::is_empty(folder));
}

TEST_F(SealingKeysTest, AKeyThatIsTooShortIsRefusedByItsName) {
  variables["LLM_GATEWAY_ENCRYPTION_KEY"] = "the operator's new key";
  variables["LLM_GATEWAY_PREVIOUS_ENCRYPTION_KEY"] = "short";
  const auto opened = open_key_ring(folder, environment(), random);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().public_message.find("LLM_GATEWAY_PREVIOUS_ENCRYPTION_KEY"),
            std::string::npos);
}

}  // namespace
}  // namespace gatehouse::app
