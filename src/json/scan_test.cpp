#include "gatehouse/json/scan.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <ctime>
#include <limits>

#include "test_support.hpp"

namespace gatehouse::json {
namespace {

std::string message_for(std::string_view text) {
  Scanner scanner;
  const auto outline = scanner.scan_copy(text);
  EXPECT_FALSE(outline) << text;
  if (outline) return "";
  EXPECT_EQ(outline.error().code, core::Errc::invalid_argument);
  return outline.error().public_message;
}

TEST(Scan, OutlinesTheTopLevelAlone) {
  Scanner scanner;
  const std::string text =
      R"( { "model" : "gpt-4o" ,"n":-12.5e3 , "stream":true,"stop":null,)"
      R"("messages":[ {"role":"user","content":"a]}\"b"}, [] ],"o":{"model":"inner"}} )";
  const auto outline = scanner.scan_copy(text);
  ASSERT_TRUE(outline) << outline.error().public_message;
  EXPECT_EQ(outline->kind(), Kind::object);
  ASSERT_EQ(outline->members().size(), 6u);
  EXPECT_EQ(outline->find("model")->value, R"("gpt-4o")");
  EXPECT_EQ(outline->find("model")->kind, Kind::string);
  EXPECT_EQ(outline->find("n")->value, "-12.5e3");
  EXPECT_EQ(outline->find("n")->kind, Kind::number);
  EXPECT_EQ(outline->find("stream")->value, "true");
  EXPECT_EQ(outline->find("stream")->kind, Kind::boolean);
  EXPECT_EQ(outline->find("stop")->kind, Kind::null);
  EXPECT_EQ(outline->find("messages")->value, R"([ {"role":"user","content":"a]}\"b"}, [] ])");
  EXPECT_EQ(outline->find("messages")->kind, Kind::array);
  EXPECT_FALSE(outline->find("messages")->value_escaped);
  EXPECT_EQ(outline->find("o")->value, R"({"model":"inner"})");
  EXPECT_EQ(outline->find("o")->kind, Kind::object);
  EXPECT_EQ(outline->find("role"), nullptr);
  EXPECT_EQ(outline->find(""), nullptr);
}

TEST(Scan, OutlinesArraysWithoutKeys) {
  Scanner scanner;
  const auto outline = scanner.scan_copy(R"([1,"a\n",[2,[3]],{"k":4},false])");
  ASSERT_TRUE(outline);
  EXPECT_EQ(outline->kind(), Kind::array);
  ASSERT_EQ(outline->members().size(), 5u);
  EXPECT_EQ(outline->members()[1].value, R"("a\n")");
  EXPECT_TRUE(outline->members()[1].value_escaped);
  EXPECT_EQ(outline->members()[2].value, "[2,[3]]");
  EXPECT_EQ(outline->members()[3].value, R"({"k":4})");
  EXPECT_EQ(outline->members()[3].key, "");
  EXPECT_EQ(outline->find(""), nullptr) << "an array has no names";
  EXPECT_FALSE(outline->repeated(""));
  EXPECT_FALSE(outline->ambiguous(""));
}

TEST(Scan, KnowsScalarsAtTheRoot) {
  Scanner scanner;
  const std::pair<std::string_view, Kind> roots[] = {
      {"12", Kind::number}, {"\"x\"", Kind::string}, {"true", Kind::boolean},
      {"null", Kind::null}, {"{}", Kind::object},    {"[]", Kind::array}};
  for (const auto& [text, kind] : roots) {
    const auto outline = scanner.scan_copy(text);
    ASSERT_TRUE(outline) << text;
    EXPECT_EQ(outline->kind(), kind);
    EXPECT_TRUE(outline->members().empty());
  }
}

TEST(Scan, ViewsPointIntoTheText) {
  std::string buffer = R"({"a":[1,2]})";
  const std::size_t size = buffer.size();
  buffer.resize(size + kPadding);
  Scanner scanner;
  const auto outline = scanner.scan(std::string_view(buffer).substr(0, size));
  ASSERT_TRUE(outline);
  EXPECT_EQ(outline->members()[0].key.data(), buffer.data() + 2);
  EXPECT_EQ(outline->members()[0].value.data(), buffer.data() + 5);
  // A member's value is a text of its own: the padding of the whole stands behind it.
  Scanner inner;
  const auto list = inner.scan(outline->members()[0].value);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->members()[1].value, "2");
}

TEST(Scan, FindsEscapedNames) {
  Scanner scanner;
  const auto outline = scanner.scan_copy(R"({"m\u006fdel":1,"\ud83d\ude00\"\\\/\b\f\n\r\t":2})");
  ASSERT_TRUE(outline);
  ASSERT_NE(outline->find("model"), nullptr);
  EXPECT_TRUE(outline->find("model")->key_escaped);
  EXPECT_EQ(outline->find("model")->value, "1");
  EXPECT_EQ(outline->find("mode"), nullptr);
  EXPECT_EQ(outline->find("models"), nullptr);
  EXPECT_EQ(outline->find(R"(m\u006fdel)"), nullptr);
  EXPECT_NE(outline->find("\U0001F600\"\\/\b\f\n\r\t"), nullptr);
}

TEST(Scan, TellsRepeatedNames) {
  Scanner scanner;
  const auto repeated = [&](std::string_view text, std::string_view key) {
    const auto outline = scanner.scan_copy(text);
    EXPECT_TRUE(outline) << text;
    return outline && outline->repeated(key);
  };
  EXPECT_FALSE(repeated(R"({"model":1,"Models":2,"o":{"model":3}})", "model"));
  EXPECT_TRUE(repeated(R"({"model":1,"model":2})", "model"));
  EXPECT_TRUE(repeated(R"({"model":1,"x":0,"MODEL":2})", "model"));
  EXPECT_TRUE(repeated(R"({"Model":1,"mOdel":2})", "model"));
  EXPECT_TRUE(repeated(R"({"model":1,"mod\u0065l":2})", "model"));
  EXPECT_TRUE(repeated(R"({"model":1,"mod\u0045l":2})", "model"));
  EXPECT_TRUE(repeated("{\"stream\":1,\"\u017ftream\":2}", "stream")) << "Go folds U+017F to s";
  EXPECT_TRUE(repeated(R"({"stream":1,"\u017ftream":2})", "stream"));
  EXPECT_TRUE(repeated("{\"tokens\":1,\"to\u212aens\":2}", "tokens")) << "and U+212A to k";
  EXPECT_FALSE(repeated("{\"stream\":1,\"\u00dftream\":2}", "stream"));
}

TEST(Scan, TellsAmbiguousNames) {
  Scanner scanner;
  const auto ambiguous = [&](std::string_view text) {
    const auto outline = scanner.scan_copy(text);
    return outline && outline->ambiguous("stream");
  };
  EXPECT_FALSE(ambiguous(R"({"model":1})"));
  EXPECT_FALSE(ambiguous(R"({"stream":1})"));
  EXPECT_FALSE(ambiguous(R"({"\u0073tream":1})")) << "an escape is only another spelling";
  EXPECT_TRUE(ambiguous(R"({"Stream":1})"));
  EXPECT_TRUE(ambiguous(R"({"\u0053tream":1})"));
  EXPECT_TRUE(ambiguous(R"({"stream":1,"stream":1})"));
  EXPECT_TRUE(ambiguous("{\"\u017ftream\":1}"));
}

TEST(Scan, NamesThePlaceOfAnError) {
  EXPECT_EQ(message_for(""), "invalid JSON at byte 0: the text is empty");
  EXPECT_EQ(message_for(" \n "), "invalid JSON at byte 3: the text is blank");
  EXPECT_EQ(message_for("[1,x]"), "invalid JSON at byte 3: expected a value");
  EXPECT_EQ(message_for("[1 2]"), "invalid JSON at byte 3: expected ',' or a closing bracket");
  EXPECT_EQ(message_for("{\"a\" 1}"), "invalid JSON at byte 5: expected ':'");
  EXPECT_EQ(message_for("{a:1}"), "invalid JSON at byte 1: expected a member name in quotes");
  EXPECT_EQ(message_for("[1]]"), "invalid JSON at byte 3: text after the value");
  EXPECT_EQ(message_for("[1,"), "invalid JSON at byte 3: unexpected end");
  EXPECT_EQ(message_for("[01]"), "invalid JSON at byte 1: malformed number");
  EXPECT_EQ(message_for("[\"ab\\x\"]"), "invalid JSON at byte 4: malformed escape");
  EXPECT_EQ(message_for("[\"ab\x01\"]"), "invalid JSON at byte 4: control character in a string");
  EXPECT_EQ(message_for("[\"ok\", \"ab"), "invalid JSON at byte 7: unclosed string");
  EXPECT_EQ(message_for("[\"\xc3\xa4\xff\"]"), "invalid JSON at byte 4: invalid UTF-8");
}

TEST(Scan, RefusesEveryControlCharacterInStringsAndOutside) {
  with_each_implementation([](const std::string& implementation) {
    Scanner scanner;
    for (int c = 0; c < 0x20; ++c) {
      const char byte = static_cast<char>(c);
      for (const std::size_t before : kShifts) {
        const std::string text =
            "[\"" + std::string(before, 'x') + std::string(1, byte) + std::string(9, 'y') + "\"]";
        ASSERT_FALSE(accepts(scanner, text)) << implementation << " " << c << " at " << before;
      }
      const bool space = byte == '\t' || byte == '\n' || byte == '\r';
      EXPECT_EQ(accepts(scanner, std::string("[1") + byte + "]"), space) << implementation << c;
      EXPECT_EQ(accepts(scanner, std::string("[") + byte + "]"), space) << implementation << c;
    }
    EXPECT_TRUE(accepts(scanner, "[\"\x7f\"]")) << "DEL is no control character of RFC 8259";
  });
}

TEST(Scan, RefusesInvalidUtf8Everywhere) {
  const std::string_view invalid[] = {"\x80",          // continuation alone
                                      "\xbf\xbf",      //
                                      "\xc3",          // truncated
                                      "\xe2\x82",      //
                                      "\xf0\x9f\x98",  //
                                      "\xc0\x80",      // overlong NUL
                                      "\xc0\xaf",
                                      "\xc1\xbf",                  // overlong slash, DEL
                                      "\xe0\x80\xaf",              //
                                      "\xe0\x9f\xbf",              //
                                      "\xf0\x80\x80\xaf",          //
                                      "\xf0\x8f\xbf\xbf",          //
                                      "\xed\xa0\x80",              // surrogates
                                      "\xed\xbf\xbf",              //
                                      "\xed\xa0\xbd\xed\xb8\x80",  // a pair of them (CESU-8)
                                      "\xf4\x90\x80\x80",          // beyond U+10FFFF
                                      "\xf5\x80\x80\x80",          //
                                      "\xf8\x88\x80\x80\x80",      // five and six bytes
                                      "\xfc\x84\x80\x80\x80\x80",  //
                                      "\xfe",
                                      "\xff",  //
                                      "\xc3\x28",
                                      "\xe2\x28\xa1",
                                      "\xf0\x28\x8c\xbc"};
  with_each_implementation([&](const std::string& implementation) {
    Scanner scanner;
    for (const std::string_view bytes : invalid) {
      for (const std::size_t before : kShifts) {
        const std::string filler(before, 'x');
        for (const std::string_view after : {"", "y", "\xc3\xa4"}) {
          const std::string inner = filler + std::string(bytes) + std::string(after);
          ASSERT_FALSE(accepts(scanner, "{\"k\":\"" + inner + "\"}")) << implementation << before;
          ASSERT_FALSE(accepts(scanner, "{\"" + inner + "\":0}")) << implementation << before;
          ASSERT_FALSE(accepts(scanner, "[0" + inner + "]")) << implementation << before;
        }
      }
    }
    for (const std::string_view valid :
         {"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
          "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
      EXPECT_TRUE(accepts(scanner, "[\"" + std::string(valid) + "\"]")) << implementation;
    }
  });
}

TEST(Scan, ChecksEveryEscape) {
  Scanner scanner;
  for (int c = 1; c < 0x80; ++c) {
    const bool known = std::strchr("\"\\/bfnrt", c) != nullptr;
    for (const std::size_t before : kShifts) {
      const std::string text =
          "[\"" + std::string(before, 'x') + "\\" + std::string(1, static_cast<char>(c)) + "z\"]";
      ASSERT_EQ(accepts(scanner, text), known) << text;
    }
  }
  for (const std::string_view good : {"\\u0000", "\\uABCD", "\\uabcd", "\\uD800", "\\\\u"}) {
    EXPECT_TRUE(accepts(scanner, "[\"" + std::string(good) + "\"]")) << good;
  }
  for (const std::string_view bad : {"\\u", "\\u1", "\\u12", "\\u123", "\\u123g", "\\U0041",
                                     "\\u 123", "\\u-123", "\\\\\\u00"}) {
    for (const std::size_t before : kShifts) {
      const std::string text = "[\"" + std::string(before, '!') + std::string(bad) + "\"]";
      ASSERT_FALSE(accepts(scanner, text)) << text;
    }
  }
}

TEST(Scan, TellsWhichStringsHaveEscapes) {
  Scanner scanner;
  const auto outline = scanner.scan_copy(R"({"a":"x","b":"\n","c":["\\"],"d\t":"y","e":"\"z"})");
  ASSERT_TRUE(outline);
  const auto members = outline->members();
  EXPECT_FALSE(members[0].value_escaped);
  EXPECT_TRUE(members[1].value_escaped);
  EXPECT_FALSE(members[2].value_escaped);
  EXPECT_TRUE(members[3].key_escaped);
  EXPECT_FALSE(members[3].value_escaped);
  EXPECT_TRUE(members[4].value_escaped);
  EXPECT_FALSE(members[4].key_escaped);
}

TEST(Scan, AcceptsNumbersOfAnySizeAndReadsThoseInRange) {
  Scanner scanner;
  const std::string hundred(100, '7');
  const std::string text = "[1e400,-1e400,1e-400," + hundred +
                           ",9223372036854775807,9223372036854775808,-9223372036854775808,"
                           "-9223372036854775809,18446744073709551615,18446744073709551616,"
                           "1.0,1e2,-0,0]";
  const auto outline = scanner.scan_copy(text);
  ASSERT_TRUE(outline) << outline.error().public_message;
  const auto numbers = outline->members();
  for (const std::size_t i : {0, 1, 2, 3, 9, 10, 11}) {
    EXPECT_FALSE(as_int(numbers[i])) << numbers[i].value;
    EXPECT_FALSE(as_uint(numbers[i])) << numbers[i].value;
  }
  EXPECT_EQ(numbers[3].value, hundred);
  EXPECT_EQ(as_int(numbers[4]), 9223372036854775807);
  EXPECT_FALSE(as_int(numbers[5]));
  EXPECT_EQ(as_uint(numbers[5]), 9223372036854775808u);
  EXPECT_EQ(as_int(numbers[6]), std::numeric_limits<std::int64_t>::min());
  EXPECT_FALSE(as_int(numbers[7]));
  EXPECT_EQ(as_uint(numbers[8]), 18446744073709551615u);
  EXPECT_EQ(as_int(numbers[12]), 0);
  EXPECT_EQ(as_int(numbers[13]), 0);
}

TEST(Scan, ReadsNoTypeAsAnother) {
  Scanner scanner;
  const auto outline = scanner.scan_copy(R"(["1",1,true,null,[1],{"a":1},"a\tb"])");
  ASSERT_TRUE(outline);
  const auto m = outline->members();
  EXPECT_EQ(as_string(m[0]), "1");
  EXPECT_EQ(as_plain_string(m[0]), "1");
  EXPECT_FALSE(as_int(m[0]));
  EXPECT_FALSE(as_string(m[1]));
  EXPECT_FALSE(as_plain_string(m[1]));
  EXPECT_FALSE(as_bool(m[1]));
  EXPECT_EQ(as_bool(m[2]), true);
  EXPECT_FALSE(as_bool(m[3]));
  EXPECT_FALSE(as_int(m[4]));
  EXPECT_FALSE(as_string(m[5]));
  EXPECT_EQ(as_string(m[6]), "a\tb");
  EXPECT_FALSE(as_plain_string(m[6])) << "it has an escape";
}

TEST(ScanLimits, RefuseWhatLiesBeyond) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(accepts(nested(256)));
  EXPECT_EQ(message_for(nested(257)), "invalid JSON at byte 256: nested too deeply");
  std::string objects = "1";
  for (int i = 0; i < 256; ++i) objects = "{\"a\":" + objects + "}";
  EXPECT_TRUE(accepts(objects));
  EXPECT_FALSE(accepts("[" + objects + "]"));

  Scanner flat({.max_depth = 0});
  EXPECT_TRUE(flat.scan_copy("1"));
  EXPECT_FALSE(flat.scan_copy("[]"));
  Scanner few({.max_children = 2});
  EXPECT_TRUE(few.scan_copy("[1,[2,3,4]]"));
  EXPECT_FALSE(few.scan_copy("[1,2,3]"));
  Scanner short_one({.max_tokens = 5});
  EXPECT_TRUE(short_one.scan_copy("[1,2]"));
  EXPECT_FALSE(short_one.scan_copy("[1,2,3]"));
}

// The beginning of a long text is looked at first, wherever it is cut.
TEST(ScanLimits, TokensOfALongTextAreCountedExactly) {
  Scanner scanner({.max_tokens = 100});
  for (const std::string_view piece :
       {"x", "\u00e9", "\u20ac", "\U0001f600", "\\\\", "\\\"", "[1,2]"}) {
    std::string text;
    for (int i = 0; i < 400; ++i) text += piece;
    for (std::size_t shift = 0; shift < 8; ++shift) {
      const std::string value = '"' + std::string(shift, 'y') + text + '"';
      // Brackets, quotes, values and commas: a string is one token.
      std::string list = "[" + value;
      for (int i = 0; i < 48; ++i) list += ",1";
      EXPECT_TRUE(scanner.scan_copy(list + "]")) << piece << shift;
      EXPECT_FALSE(scanner.scan_copy(list + ",1]")) << piece << shift;
      std::string late = "[1";
      for (int i = 0; i < 47; ++i) late += ",1";
      EXPECT_TRUE(scanner.scan_copy(late + "," + value + "]")) << piece << shift;
      EXPECT_FALSE(scanner.scan_copy(late + ",1," + value + "]")) << piece << shift;
    }
  }
  std::string many = "[1";
  for (int i = 0; i < 1000; ++i) many += ",1";
  const auto refused = scanner.scan_copy(many + "]");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().public_message, "invalid JSON at byte 100: too many values");
}

// faults.md F14. The bound is for a release build; others get ten times as much, which still
// tells linear from quadratic work.
#ifdef NDEBUG
constexpr std::clock_t kBombMillis = 10;
#else
constexpr std::clock_t kBombMillis = 100;
#endif

TEST(ScanLimits, BombsAreRefusedQuickly) {
  std::string keys = "{";
  for (int i = 0; i < 1'000'000; ++i) keys += "\"k" + std::to_string(i) + "\":1,";
  keys += "\"last\":1}";
  const std::string bombs[] = {std::string(100'000, '['), keys, "{\"a\":" + keys + "}"};
  Scanner scanner(kRequestLimits);
  for (const std::string& bomb : bombs) {
    const std::string buffer = bomb + std::string(kPadding, ' ');
    const std::clock_t start = std::clock();
    EXPECT_FALSE(scanner.scan(std::string_view(buffer).substr(0, bomb.size())));
    const std::clock_t millis = (std::clock() - start) * 1000 / CLOCKS_PER_SEC;
    EXPECT_LE(millis, kBombMillis) << bomb.substr(0, 10);
  }
}

TEST(Scan, ReadsNothingBehindTheTextButItsPadding) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t size = 4 * page;
  void* const memory =
      mmap(nullptr, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  char* const guard = static_cast<char*>(memory) + size;
  ASSERT_EQ(mprotect(guard, page, PROT_NONE), 0);
  with_each_implementation([&](const std::string& implementation) {
    Scanner scanner;
    for (const std::string_view text :
         {R"({"a":"b\n"})", "[12345678", "\"abc", "tru", "true", "123", "[\"\\u12", "\xf0\x9f"}) {
      for (const std::size_t before : kShifts) {
        const std::string shifted = std::string(before, ' ') + std::string(text);
        char* const start = guard - kPadding - shifted.size();
        std::memcpy(start, shifted.data(), shifted.size());
        std::memset(guard - kPadding, '9', kPadding);
        const bool expected = text.front() == '{' || text == "true" || text == "123";
        EXPECT_EQ(scanner.scan({start, shifted.size()}).has_value(), expected)
            << implementation << " " << text;
      }
    }
  });
  munmap(memory, size + page);
}

TEST(Scan, ServesLargeAndSmallTextsInTurn) {
  Scanner scanner;
  const std::string large = "[\"" + std::string(3'000'000, 'x') + "\"]";
  std::string many = "[0";
  for (int i = 0; i < 20'000; ++i) many += ",1";
  many += "]";
  for (int round = 0; round < 3; ++round) {
    const auto big = scanner.scan_copy(large);
    ASSERT_TRUE(big);
    EXPECT_EQ(big->members()[0].value.size(), 3'000'002u);
    const auto list = scanner.scan_copy(many);
    ASSERT_TRUE(list);
    EXPECT_EQ(list->members().size(), 20'001u);
    const auto small = scanner.scan_copy("{\"a\":1}");
    ASSERT_TRUE(small);
    EXPECT_EQ(small->members().size(), 1u);
    EXPECT_FALSE(scanner.scan_copy("{"));
  }
}

}  // namespace
}  // namespace gatehouse::json
