#include "gatehouse/json/scan.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace gatehouse::json {
namespace {

std::string slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

TEST(Suite, All) {
  Scanner scanner;
  int y = 0, n = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(GATEHOUSE_TEST_DATA "/JSONTestSuite/test_parsing")) {
    const std::string name = entry.path().filename();
    const auto r = scanner.scan_copy(slurp(entry.path()));
    if (name[0] == 'y') {
      ++y;
      EXPECT_TRUE(r) << name << (r ? "" : r.error().public_message);
    }
    if (name[0] == 'n') {
      ++n;
      EXPECT_FALSE(r) << name;
      if (!r) printf("%s %s\n", name.c_str(), r.error().public_message.c_str());
    }
    if (name[0] == 'i')
      printf("%s %s\n", name.c_str(), r ? "ok" : r.error().public_message.c_str());
  }
  EXPECT_EQ(y, 95);
  EXPECT_EQ(n, 188);
}
}  // namespace
}  // namespace gatehouse::json
