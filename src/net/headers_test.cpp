#include "gatehouse/net/headers.hpp"

#include <gtest/gtest.h>

#include <array>

#include "field_parser.hpp"

namespace gatehouse::net {
namespace {

TEST(HeaderList, FindsTheFirstFieldWithoutCase) {
  const std::array<HeaderField, 3> fields = {HeaderField{"Accept", "a"}, HeaderField{"X-Id", "1"},
                                             HeaderField{"x-id", "2"}};
  const HeaderList list{fields};
  EXPECT_EQ(list.find("x-ID"), "1");
  EXPECT_EQ(list.find("x-i"), std::nullopt);
  EXPECT_EQ(HeaderList{}.find("accept"), std::nullopt);
}

TEST(HeaderBlock, SerialisesLines) {
  HeaderBlock block;
  EXPECT_TRUE(block.empty());
  block.add("Content-Type", "text/plain").add("X-Count", std::uint64_t{42});
  EXPECT_EQ(block.text(), "Content-Type: text/plain\r\nX-Count: 42\r\n");
  block.clear();
  EXPECT_TRUE(block.empty());
}

TEST(HeaderBlock, ValuesCannotForgeLines) {
  HeaderBlock block;
  block.add("X", std::string("a\r\nSet-Cookie: x\n\0\x1b\x7f\tz", 22));
  EXPECT_EQ(block.text(), "X: a  Set-Cookie: x    \tz\r\n");
}

TEST(HeaderBlockDeathTest, InvalidNamesAreBugs) {
  HeaderBlock block;
  EXPECT_DEATH(block.add("X Y", "a"), "");
  EXPECT_DEATH(block.add("", std::uint64_t{1}), "");
}

TEST(ReasonPhrase, KnownAndUnknown) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason_phrase(299), "Unknown");
}

TEST(FindControl, FindsEveryControlCharacterAtEveryPosition) {
  for (unsigned c = 0; c < 256; ++c) {
    const bool control = (c < 0x20 && c != '\t') || c == 0x7f;
    for (std::size_t at = 0; at < 40; ++at) {
      std::string text(40, 'x');
      text[at] = static_cast<char>(c);
      const char* end = text.data() + text.size();
      EXPECT_EQ(find_control(text.data(), end), control ? text.data() + at : end) << c;
    }
  }
}

}  // namespace
}  // namespace gatehouse::net
