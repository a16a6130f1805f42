// The scanner against boost::json's strict parser, on mutations of valid texts.

#include <gtest/gtest.h>

#include <random>

#include "boost_oracle.hpp"
#include "test_support.hpp"

namespace gatehouse::json {
namespace {

constexpr int kMutationsPerSeed = 1500;

std::vector<std::string> seeds() {
  std::vector<std::string> found{
      R"({"model":"gpt-4o","stream":true,"n":1,"temperature":0.25e-1,"stop":["a\n","\u00e4"],)"
      R"("messages":[{"role":"user","content":"Gr\u00fc\ud83d\ude00\\\"e"},{}],"x":null})",
      R"([[],{},[{}],{"a":[1,-2.5E+10,0,-0,true,false,null,"",""]},"\/\b\f\r\t"])",
      "{\"kä\":\"日本\\n\",\t\"b\" : [ 1 , 2 ]\r\n}"};
  for (const auto& entry :
       std::filesystem::directory_iterator(GATEHOUSE_TEST_DATA "/JSONTestSuite/test_parsing")) {
    std::string text = slurp(entry.path());
    if (text.size() < 2000) found.push_back(std::move(text));
  }
  return found;
}

std::string mutated(std::string text, std::mt19937_64& random) {
  static constexpr std::string_view kAlphabet = "{}[]:,\"\\/ \t\n0123456789.eE+-truefalsnb\xc3\xa4";
  const auto below = [&](std::size_t bound) { return random() % bound; };
  for (std::size_t edits = 1 + below(3); edits != 0; --edits) {
    const std::size_t at = below(text.size() + 1);
    const char c =
        below(8) == 0 ? static_cast<char>(below(256)) : kAlphabet[below(kAlphabet.size())];
    switch (below(5)) {
      case 0:
        text.insert(at, 1, c);
        break;
      case 1:
        if (at < text.size()) text[at] = c;
        break;
      case 2:
        if (at < text.size()) text.erase(at, 1 + below(3));
        break;
      case 3:
        text.insert(at, text.substr(below(text.size() + 1), below(20)));
        break;
      default:
        text.insert(at, below(70), ' ');
        break;
    }
  }
  return text;
}

TEST(Differential, AgreesWithBoostOnMutations) {
  std::mt19937_64 random(20260101);
  Scanner scanner;
  const auto texts = seeds();
  ASSERT_GT(texts.size(), 300u);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    ASSERT_EQ(disagreement(scanner, texts[i]), "") << texts[i];
    const int rounds = i < 3 ? 10 * kMutationsPerSeed : kMutationsPerSeed / 20;
    for (int n = 0; n < rounds; ++n) {
      const std::string text = mutated(texts[i], random);
      ASSERT_EQ(disagreement(scanner, text), "") << text;
    }
  }
}

/// A random value and its text, built side by side.
std::string random_text(std::mt19937_64& random, int depth) {
  const auto below = [&](std::size_t bound) { return random() % bound; };
  const auto space = [&] { return std::string(below(6) == 0 ? below(80) : 0, ' '); };
  switch (below(depth > 0 ? 7 : 5)) {
    case 0:
      return std::to_string(static_cast<std::int64_t>(random()));
    case 1:
      return std::to_string(below(1000)) + "." + std::to_string(below(1000)) + "e-3";
    case 2:
      return below(2) == 0 ? "true" : "null";
    case 3:
    case 4: {
      std::string text;
      for (std::size_t i = below(90); i != 0; --i) text += static_cast<char>(below(128));
      return json::quoted(text);
    }
    default: {
      const bool object = below(2) == 0;
      std::string text = object ? "{" : "[";
      for (std::size_t i = 0, count = below(6); i < count; ++i) {
        if (i != 0) text += "," + space();
        if (object) text += json::quoted("k" + std::to_string(i)) + space() + ":" + space();
        text += random_text(random, depth - 1);
      }
      return text + space() + (object ? "}" : "]");
    }
  }
}

TEST(Differential, OutlinesWhatBoostParses) {
  std::mt19937_64 random(7);
  Scanner scanner;
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random_text(random, 5);
    const boost::json::value dom = boost::json::parse(text);
    const auto outline = scanner.scan_copy(text);
    ASSERT_TRUE(outline) << text;
    ASSERT_TRUE(check(text)) << text;
    if (dom.is_object()) {
      ASSERT_EQ(outline->members().size(), dom.as_object().size());
      for (const auto& [key, value] : dom.as_object()) {
        const Member* const member = outline->find({key.data(), key.size()});
        ASSERT_NE(member, nullptr);
        ASSERT_EQ(boost::json::parse({member->value.data(), member->value.size()}), value);
      }
    } else if (dom.is_array()) {
      ASSERT_EQ(outline->members().size(), dom.as_array().size());
      for (std::size_t i = 0; i < dom.as_array().size(); ++i) {
        const std::string_view value = outline->members()[i].value;
        ASSERT_EQ(boost::json::parse({value.data(), value.size()}), dom.as_array()[i]);
      }
    }
  }
}

}  // namespace
}  // namespace gatehouse::json
