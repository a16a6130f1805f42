// The scanner against boost::json's strict parser, on mutations of valid texts.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <charconv>
#include <random>

#include "test_support.hpp"

namespace gatehouse::json {
namespace {

constexpr int kMutationsPerSeed = 1500;

bool boost_accepts(std::string_view text, boost::json::error_code& error) {
  boost::json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::json::monotonic_resource memory;
  const boost::json::value dom = boost::json::parse(text, error, &memory, options);
  return !error;
}

/// Boost refuses escapes of lone surrogates, which we leave to the reader: puts a letter for each
/// escape of a surrogate.
std::string without_surrogates(std::string text) {
  for (std::size_t at = 0; at + 5 < text.size(); ++at) {
    if (text[at] != '\\' || text[at + 1] != 'u') continue;
    unsigned unit = 0;
    const char* const digits = text.data() + at + 2;
    const auto [end, error] = std::from_chars(digits, digits + 4, unit, 16);
    if (end == digits + 4 && unit >= 0xd800 && unit <= 0xdfff) text.replace(at + 2, 4, "0041");
  }
  return text;
}

void expect_agreement(Scanner& scanner, const std::string& text) {
  boost::json::error_code error;
  const bool theirs = boost_accepts(without_surrogates(text), error);
  const auto ours = scanner.scan_copy(text);
  const bool too_large_for_boost = error == boost::json::error::exponent_overflow;
  if (ours.has_value() != theirs && !(ours && too_large_for_boost)) {
    ADD_FAILURE() << (ours ? "we accept, boost: " + error.message() : ours.error().public_message)
                  << "\n"
                  << text;
  }
  if (check(text)) {
    ASSERT_TRUE(ours && boost_accepts(text, error)) << "check is the strictest\n" << text;
  }
}

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
  for (std::size_t i = 0; i < texts.size() && !testing::Test::HasFailure(); ++i) {
    expect_agreement(scanner, texts[i]);
    const int rounds = i < 3 ? 10 * kMutationsPerSeed : kMutationsPerSeed / 20;
    for (int n = 0; n < rounds; ++n) expect_agreement(scanner, mutated(texts[i], random));
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
