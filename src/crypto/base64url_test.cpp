#include "gatehouse/crypto/base64url.hpp"

#include <gtest/gtest.h>

namespace gatehouse::crypto {
namespace {

TEST(Base64Url, VectorsOfRfc4648Section10WithoutPadding) {
  const std::pair<std::string, std::string> vectors[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xfe", "-__-"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64url(bytes), text);
    EXPECT_EQ(from_base64url(text), bytes);
  }
}

TEST(Base64Url, EveryByteComesBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    const std::string part = bytes.substr(256 - length);
    EXPECT_EQ(from_base64url(base64url(part)), part);
  }
}

TEST(Base64Url, RefusesEverythingElse) {
  for (const auto* text : {"Z", "Zg==", "Zm9vY", "Zm+v", "Zm/v", "Zm 9", "Zh", "Zm9", "ä"}) {
    EXPECT_FALSE(from_base64url(text)) << text;
  }
}

TEST(Base64, VectorsOfRfc4648Section10) {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"},
                                                         {"\xfb\xff\xfe", "+//+"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
}

TEST(Base64, RefusesEverythingElse) {
  for (const auto* text :
       {"Zg", "Zg=", "Zm8", "Z===", "====", "Zm9v====", "Zm-v", "Zh==", "Z=g="}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

}  // namespace
}  // namespace gatehouse::crypto
