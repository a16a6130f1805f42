// JSONTestSuite (Seriot, "Parsing JSON is a minefield"), faults.md S17.

#include <gtest/gtest.h>

#include <map>

#include "test_support.hpp"

namespace gatehouse::json {
namespace {

const std::filesystem::path kFolder = GATEHOUSE_TEST_DATA "/JSONTestSuite/test_parsing";

/// Behind a text they would complete, extend or break it if anything looked at them.
constexpr std::array<std::string_view, 8> kJunk{" ", "]", "}", "\"", "9", "\\", "e", "\xff"};

std::map<std::string, std::string> files(char group) {
  std::map<std::string, std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    std::string name = entry.path().filename();
    if (name[0] == group) found.emplace(std::move(name), slurp(entry.path()));
  }
  return found;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// The 35 texts that RFC 8259 leaves free. README.md says why.
const std::map<std::string, bool>& choices() {
  static const std::map<std::string, bool> table{
      {"i_number_double_huge_neg_exp.json", true},
      {"i_number_huge_exp.json", true},
      {"i_number_neg_int_huge_exp.json", true},
      {"i_number_pos_double_huge_exp.json", true},
      {"i_number_real_neg_overflow.json", true},
      {"i_number_real_pos_overflow.json", true},
      {"i_number_real_underflow.json", true},
      {"i_number_too_big_neg_int.json", true},
      {"i_number_too_big_pos_int.json", true},
      {"i_number_very_big_negative_int.json", true},
      {"i_object_key_lone_2nd_surrogate.json", true},
      {"i_string_1st_surrogate_but_2nd_missing.json", true},
      {"i_string_1st_valid_surrogate_2nd_invalid.json", true},
      {"i_string_UTF-16LE_with_BOM.json", false},
      {"i_string_UTF-8_invalid_sequence.json", false},
      {"i_string_UTF8_surrogate_U+D800.json", false},
      {"i_string_incomplete_surrogate_and_escape_valid.json", true},
      {"i_string_incomplete_surrogate_pair.json", true},
      {"i_string_incomplete_surrogates_escape_valid.json", true},
      {"i_string_invalid_lonely_surrogate.json", true},
      {"i_string_invalid_surrogate.json", true},
      {"i_string_invalid_utf-8.json", false},
      {"i_string_inverted_surrogates_U+1D11E.json", true},
      {"i_string_iso_latin_1.json", false},
      {"i_string_lone_second_surrogate.json", true},
      {"i_string_lone_utf8_continuation_byte.json", false},
      {"i_string_not_in_unicode_range.json", false},
      {"i_string_overlong_sequence_2_bytes.json", false},
      {"i_string_overlong_sequence_6_bytes.json", false},
      {"i_string_overlong_sequence_6_bytes_null.json", false},
      {"i_string_truncated-utf-8.json", false},
      {"i_string_utf16BE_no_BOM.json", false},
      {"i_string_utf16LE_no_BOM.json", false},
      {"i_structure_500_nested_arrays.json", false},
      {"i_structure_UTF-8_BOM_empty_object.json", false},
  };
  return table;
}

/// `text` stays what it is with white space around it, within an array and as a member, and
/// whatever follows it in memory. Shifting moves its tokens over the 64-byte blocks of the index.
void expect_in_every_dress(Scanner& scanner, const std::string& text, bool good) {
  for (const std::string_view junk : kJunk) {
    ASSERT_EQ(accepts(scanner, text, junk), good) << "with padding " << junk;
  }
  for (const std::size_t shift : kShifts) {
    const std::string space(shift, shift % 2 == 0 ? ' ' : '\n');
    ASSERT_EQ(accepts(scanner, space + text), good) << "shifted by " << shift;
    ASSERT_EQ(accepts(scanner, text + space), good) << "followed by " << shift << " blanks";
    const std::string filler = "\"" + std::string(shift, 'x') + "\"";
    ASSERT_EQ(accepts(scanner, "{" + filler + ":" + text + "}"), good) << "as member " << shift;
    if (is_blank(text)) continue;  // within brackets that is an empty array
    ASSERT_EQ(accepts(scanner, "[" + space + text + "]"), good) << "as element " << shift;
  }
}

TEST(JsonTestSuite, AcceptsAll95) {
  const auto texts = files('y');
  ASSERT_EQ(texts.size(), 95u);
  with_each_implementation([&](const std::string& implementation) {
    Scanner scanner;
    for (const auto& [name, text] : texts) {
      SCOPED_TRACE(implementation + " " + name);
      expect_in_every_dress(scanner, text, true);
    }
  });
}

TEST(JsonTestSuite, RefusesAll188) {
  const auto texts = files('n');
  ASSERT_EQ(texts.size(), 188u);
  with_each_implementation([&](const std::string& implementation) {
    Scanner scanner;
    for (const auto& [name, text] : texts) {
      SCOPED_TRACE(implementation + " " + name);
      if (text.size() < 10'000) {
        expect_in_every_dress(scanner, text, false);
      } else {
        EXPECT_FALSE(accepts(scanner, text));
      }
    }
  });
}

TEST(JsonTestSuite, TreatsAll35FreeOnesAsTheTableSays) {
  const auto texts = files('i');
  ASSERT_EQ(texts.size(), 35u);
  ASSERT_EQ(choices().size(), 35u);
  with_each_implementation([&](const std::string& implementation) {
    Scanner scanner;
    for (const auto& [name, text] : texts) {
      SCOPED_TRACE(implementation + " " + name);
      ASSERT_TRUE(choices().contains(name));
      expect_in_every_dress(scanner, text, choices().at(name));
    }
  });
}

TEST(JsonTestSuite, ReadmeNamesEveryFreeText) {
  const std::string readme = slurp(GATEHOUSE_SOURCE_DIR "/src/json/README.md");
  for (const auto& [name, accepted] : choices()) {
    const auto row = readme.find("`" + name + "`");
    ASSERT_NE(row, std::string::npos) << name;
    const std::string line = readme.substr(row, readme.find('\n', row) - row);
    EXPECT_NE(line.find(accepted ? "| accept |" : "| refuse |"), std::string::npos) << line;
  }
}

TEST(JsonTestSuite, RefusesEveryProperBeginning) {
  Scanner scanner;
  for (const auto& [name, text] : files('y')) {
    const std::size_t last = text.find_last_not_of(" \t\r\n");
    const bool closed = text[last] == ']' || text[last] == '}' || text[last] == '"';
    for (std::size_t size = 0; closed && size <= last; ++size) {
      const std::string_view rest = std::string_view(text).substr(size);
      ASSERT_FALSE(accepts(scanner, text.substr(0, size), rest)) << name << " cut at " << size;
    }
  }
}

}  // namespace
}  // namespace gatehouse::json
