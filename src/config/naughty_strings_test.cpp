#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "gatehouse/config/binder.hpp"
#include "gatehouse/core/text.hpp"

namespace gatehouse::config {
namespace {

struct Texts {
  std::string text;
  core::Secret secret;
  std::vector<std::string> list;
  std::string json;
};
void describe(Section& s, Texts& c) {
  s.text("text", c.text, {});
  s.secret("secret", c.secret, {});
  s.texts("list", c.list, {});
  s.json("json", c.json, {});
}

TEST(NaughtyStrings, PassThroughEveryTextField) {
  std::ifstream file(GATEHOUSE_TEST_DATA "/big-list-of-naughty-strings/blns.txt");
  ASSERT_TRUE(file);
  int seen = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#') || !core::is_utf8(line)) continue;
    std::string quoted;
    core::append_json_string(quoted, line);  // a JSON string is a YAML scalar
    Problems problems;
    const auto document = parse_yaml("text: " + quoted + "\nsecret: " + quoted + "\nlist: [" +
                                         quoted + "]\njson: " + quoted + "\n",
                                     problems);
    ASSERT_TRUE(document) << line << problems.to_text("f");
    const auto texts = read<Texts>(
        document->root(), [](std::string_view) -> std::optional<std::string> { return {}; },
        problems);
    EXPECT_FALSE(problems.failed()) << problems.to_text("f");
    EXPECT_EQ(texts.text, line);
    EXPECT_EQ(texts.secret.reveal(), line);
    ASSERT_EQ(texts.list.size(), 1u);
    EXPECT_EQ(texts.list[0], line);
    EXPECT_EQ(texts.json, quoted);
    ++seen;
  }
  EXPECT_GT(seen, 500);
}

}  // namespace
}  // namespace gatehouse::config
