#include "gatehouse/crypto/secret_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace gatehouse::crypto {
namespace {
namespace fs = std::filesystem;

class SecretFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "gatehouse-secret-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(std::string_view name = "master-key") const { return folder_ / name; }
  void put(std::string_view content, fs::perms mode) const {
    std::ofstream(path()) << content;
    fs::permissions(path(), mode);
  }
  static constexpr fs::perms kPrivate = fs::perms::owner_read | fs::perms::owner_write;

  fs::path folder_;
};

TEST_F(SecretFile, IsPrivateWhateverTheUmask) {
  const mode_t before = umask(0);
  const auto written = write_secret_file(path(), core::Secret("sk-1"));
  umask(before);
  ASSERT_TRUE(written);
  EXPECT_EQ(fs::status(path()).permissions(), kPrivate);
  EXPECT_EQ(read_secret_file(path())->reveal(), "sk-1");
}

TEST_F(SecretFile, ReplacesTheOldContentAndLeavesNothingElse) {
  ASSERT_TRUE(write_secret_file(path(), core::Secret("old")));
  std::ofstream(path("master-key.new")) << "left by a crash";
  ASSERT_TRUE(write_secret_file(path(), core::Secret("new")));
  EXPECT_EQ(read_secret_file(path())->reveal(), "new");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(SecretFile, DoesNotWriteThroughALink) {
  std::ofstream(path("victim")) << "untouched";
  fs::create_symlink(path("victim"), path("master-key.new"));
  ASSERT_TRUE(write_secret_file(path(), core::Secret("new")));
  std::string content;
  std::ifstream(path("victim")) >> content;
  EXPECT_EQ(content, "untouched");
  EXPECT_FALSE(fs::is_symlink(path()));
}

TEST_F(SecretFile, FailureIsAValueAndLeavesNothing) {
  EXPECT_EQ(write_secret_file(path("no/such/folder"), core::Secret("x")).error().code,
            core::Errc::io);
  fs::create_directory(path());  // rename onto a folder fails
  EXPECT_EQ(write_secret_file(path(), core::Secret("x")).error().code, core::Errc::io);
  EXPECT_FALSE(fs::exists(path("master-key.new")));
}

TEST_F(SecretFile, ReadingRefusesWhatIsNotASecret) {
  EXPECT_EQ(read_secret_file(path()).error().code, core::Errc::not_found);
  put("sk-1\n", kPrivate | fs::perms::group_read);
  EXPECT_EQ(read_secret_file(path()).error().code, core::Errc::forbidden);
  put("", kPrivate);
  EXPECT_EQ(read_secret_file(path()).error().code, core::Errc::invalid_argument);
  put("\nsk-1\n", kPrivate);
  EXPECT_EQ(read_secret_file(path()).error().code, core::Errc::invalid_argument);
  put(std::string(4097, 'x'), kPrivate);
  EXPECT_EQ(read_secret_file(path()).error().code, core::Errc::invalid_argument);
  EXPECT_EQ(read_secret_file(folder_.string()).error().code, core::Errc::io);
}

TEST_F(SecretFile, ReadsTheFirstLineOnly) {
  put("sk-1\r\nsecond\n", kPrivate);
  EXPECT_EQ(read_secret_file(path())->reveal(), "sk-1");
  put(std::string(4096, 'x'), kPrivate);
  EXPECT_EQ(read_secret_file(path())->reveal().size(), 4096u);
}

}  // namespace
}  // namespace gatehouse::crypto
