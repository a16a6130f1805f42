#include "gatehouse/core/money.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <vector>

namespace gatehouse::core {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

std::int64_t nano(std::string_view usd) {
  const auto money = Money::from_usd(usd);
  EXPECT_TRUE(money) << usd;
  return money ? money->nano_usd() : -1;
}

TEST(Money, ParsesDecimalUsd) {
  EXPECT_EQ(nano("0"), 0);
  EXPECT_EQ(nano("-0"), 0);
  EXPECT_EQ(nano("3"), 3'000'000'000);
  EXPECT_EQ(nano("+3"), 3'000'000'000);
  EXPECT_EQ(nano("-0.0000125"), -12'500);
  EXPECT_EQ(nano("1e-3"), 1'000'000);
  EXPECT_EQ(nano("1.5E+2"), 150'000'000'000);
  EXPECT_EQ(nano(".5"), 500'000'000);
  EXPECT_EQ(nano("5."), 5'000'000'000);
  EXPECT_EQ(nano("007.10"), 7'100'000'000);
  EXPECT_EQ(nano("0e999999999999"), 0);
  EXPECT_EQ(nano("1e-999999999999"), 0);
  EXPECT_EQ(nano("0." + std::string(100, '0') + "1e101"), 1'000'000'000);
  EXPECT_EQ(nano("1" + std::string(100, '0') + "e-100"), 1'000'000'000);
}

TEST(Money, RefusesWhatIsNoDecimal) {
  for (const std::string_view text :
       {"",    " ",         "1 ",    " 1",    "-",   "+",   ".",     "e1",
        "1e",  "1e+",       "1e1.5", "1.2.3", "--1", "+-1", "nan",   "NaN",
        "inf", "-Infinity", "0x10",  "1_000", "1,5", "$1",  "1e1e1", "١"}) {
    const auto money = Money::from_usd(text);
    EXPECT_FALSE(money) << text;
    if (!money) {
      EXPECT_EQ(money.error().code, Errc::invalid_argument);
    }
  }
  EXPECT_FALSE(Money::from_usd(std::string(129, '0')));
}

TEST(Money, RoundsHalfToEvenOnce) {
  EXPECT_EQ(nano("0.0000000005"), 0);
  EXPECT_EQ(nano("0.0000000015"), 2);
  EXPECT_EQ(nano("0.0000000025"), 2);
  EXPECT_EQ(nano("-0.0000000025"), -2);
  EXPECT_EQ(nano("-0.0000000035"), -4);
  EXPECT_EQ(nano("0.00000000249"), 2);
  EXPECT_EQ(nano("0.00000000251"), 3);
  EXPECT_EQ(nano("0.0000000025" + std::string(60, '0') + "1"), 3) << "no tie, 60 digits later";
  EXPECT_EQ(nano("0.0000000005" + std::string(60, '0')), 0) << "still a tie";
  EXPECT_EQ(nano("5e-10"), 0);
  EXPECT_EQ(nano("5000000000000000000000000000000001e-43"), 1);
  EXPECT_EQ(nano("9.9e-39"), 0);
}

TEST(Money, RefusesWhatLiesBeyond64Bits) {
  EXPECT_EQ(nano("9223372036.854775807"), kMost);
  EXPECT_EQ(nano("-9223372036.854775808"), kLeast);
  EXPECT_EQ(nano("9223372036.8547758074"), kMost);
  for (const std::string_view text :
       {"9223372036.854775808", "9223372036.8547758075", "-9223372036.854775809", "1e10", "-1e10",
        "1e29", "1e30", "1e400", "340282366920938463463374607431768211456",
        "99999999999999999999999999999999999999999999999999", "1e999999999999999999999999"}) {
    EXPECT_FALSE(Money::from_usd(text)) << text;
  }
}

TEST(Money, WritesTheShortestDecimal) {
  EXPECT_EQ(Money().to_usd(), "0");
  EXPECT_EQ(Money::nano_usd(12'500).to_usd(), "0.0000125");
  EXPECT_EQ(Money::nano_usd(3'000'000'000).to_usd(), "3");
  EXPECT_EQ(Money::nano_usd(-1).to_usd(), "-0.000000001");
  EXPECT_EQ(Money::nano_usd(10'000'000'001).to_usd(), "10.000000001");
  EXPECT_EQ(Money::nano_usd(kMost).to_usd(), "9223372036.854775807");
  EXPECT_EQ(Money::nano_usd(kLeast).to_usd(), "-9223372036.854775808");
}

/// Amounts near every power of two and ten and near the ends, and random ones.
std::vector<std::int64_t> amounts() {
  std::vector<std::int64_t> found{0, kMost, kMost - 1, kLeast, kLeast + 1};
  for (std::int64_t power = 1; power > 0 && power < kMost / 2; power *= 2) {
    for (const std::int64_t delta : {-1, 0, 1}) {
      found.push_back(power + delta);
      found.push_back(-power + delta);
    }
  }
  for (std::int64_t power = 1; power <= 1'000'000'000'000'000'000 && power > 0; power *= 10) {
    found.push_back(power);
    found.push_back(-power);
    if (power == 1'000'000'000'000'000'000) break;
  }
  std::mt19937_64 random(1);
  for (int i = 0; i < 500; ++i) found.push_back(static_cast<std::int64_t>(random()));
  return found;
}

TEST(Money, TextRoundTrips) {
  for (const std::int64_t amount : amounts()) {
    const Money money = Money::nano_usd(amount);
    const auto back = Money::from_usd(money.to_usd());
    ASSERT_TRUE(back) << amount;
    ASSERT_EQ(*back, money);
  }
}

// faults.md G9.
TEST(Money, SumsAreExactOrRefused) {
  const auto all = amounts();
  for (const std::int64_t a : all) {
    for (const std::int64_t b : all) {
      const auto sum = Money::nano_usd(a).plus(Money::nano_usd(b));
      const auto difference = Money::nano_usd(a).minus(Money::nano_usd(b));
      const __int128 wide_sum = __int128{a} + b;
      const __int128 wide_difference = __int128{a} - b;
      ASSERT_EQ(sum.has_value(), wide_sum >= kLeast && wide_sum <= kMost) << a << " " << b;
      ASSERT_EQ(difference.has_value(), wide_difference >= kLeast && wide_difference <= kMost);
      if (sum) {
        ASSERT_TRUE(sum->nano_usd() == wide_sum);
      }
      if (difference) {
        ASSERT_TRUE(difference->nano_usd() == wide_difference);
      }
    }
  }
}

Price price(std::string_view text) {
  const auto parsed = Price::from_usd_per_unit(text);
  EXPECT_TRUE(parsed) << text << (parsed ? "" : parsed.error().public_message);
  return parsed.value_or(Price{});
}

TEST(Price, IsReducedToTheSmallestPowerOfTen) {
  EXPECT_EQ(price("2.4414e-07").numerator(), 244'140);
  EXPECT_EQ(price("2.4414e-07").denominator(), 1);
  EXPECT_EQ(price("1.5e-13").numerator(), 15);
  EXPECT_EQ(price("1.5e-13").denominator(), 100);
  EXPECT_EQ(price("1.500e-13"), price("0.00000000000015"));
  EXPECT_EQ(price("1e-12").numerator(), 1);
  EXPECT_EQ(price("30").numerator(), 30'000'000'000'000);
  EXPECT_EQ(price("1e-30").denominator(), 1'000'000'000'000'000'000);
  EXPECT_TRUE(price("0").is_zero());
  EXPECT_TRUE(price("-0.0").is_zero());
  EXPECT_TRUE(price("0e5").is_zero());
  EXPECT_EQ(price("0.000"), Price{});
}

TEST(Price, RefusesWhatItCannotHold) {
  for (const std::string_view text :
       {"-1e-6", "nan", "inf", "", "1e-31", "1e400", "9223372036854775808e-12", "9223373",
        "1.00000000000000000001", "0.00000100000000000000000000000000000000000000001"}) {
    EXPECT_FALSE(Price::from_usd_per_unit(text)) << text;
  }
  EXPECT_EQ(price("9223372.036854775807").numerator(), kMost);
}

// Decimal text by shifting points in strings: shares nothing with the arithmetic under test.

/// "2.4414e-07" as "0.00000024414": no exponent, no superfluous zeros.
std::string plain_decimal(std::string text) {
  int exponent = 0;
  if (const auto e = text.find_first_of("eE"); e != std::string::npos) {
    exponent = std::stoi(text.substr(e + 1));
    text.resize(e);
  }
  auto point = static_cast<int>(std::min(text.find('.'), text.size()));
  std::erase(text, '.');
  point += exponent;
  if (point <= 0) {
    text.insert(0, static_cast<std::size_t>(1 - point), '0');
    point = 1;
  }
  while (static_cast<int>(text.size()) < point) text += '0';
  text.insert(static_cast<std::size_t>(point), ".");
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  const auto first = std::min(text.find_first_not_of('0'), text.find('.') - 1);
  return first < text.size() ? text.substr(first) : "0";
}

std::string plain_decimal(const Price& value) {
  const auto zeros = static_cast<int>(std::to_string(value.denominator()).size()) - 1;
  return plain_decimal(std::to_string(value.numerator()) + "e-" + std::to_string(zeros + 12));
}

TEST(Price, TheReferenceWorks) {
  EXPECT_EQ(plain_decimal("2.4414e-07"), "0.00000024414");
  EXPECT_EQ(plain_decimal("12.50e1"), "125");
  EXPECT_EQ(plain_decimal("0.0"), "0");
  EXPECT_EQ(plain_decimal("0"), "0");
  EXPECT_EQ(plain_decimal("10"), "10");
  EXPECT_EQ(plain_decimal("007.5"), "7.5");
  EXPECT_EQ(plain_decimal("5e-324").size(), 2u + 324u);
}

/// The number behind every key of the price map that speaks of cost.
std::set<std::string> listed_prices(std::size_t& count) {
  std::ifstream file(GATEHOUSE_TEST_DATA "/prices/model_prices_and_context_window.json");
  const std::string map{std::istreambuf_iterator<char>(file), {}};
  std::set<std::string> found;
  count = 0;
  for (auto at = map.find("cost"); at != std::string::npos; at = map.find("cost", at + 1)) {
    auto value = map.find('"', at);
    value = map.find_first_not_of(" :\n", value + 1);
    const auto end = map.find_first_not_of("0123456789.eE+-", value);
    if (end == value || end == std::string::npos) continue;
    found.insert(map.substr(value, end - value));
    ++count;
  }
  return found;
}

TEST(Price, HoldsEveryListedPriceExactly) {
  std::size_t count = 0;
  const auto texts = listed_prices(count);
  EXPECT_GT(count, 8'000u);
  ASSERT_GT(texts.size(), 500u);
  for (const std::string& text : texts) {
    const auto parsed = Price::from_usd_per_unit(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(plain_decimal(*parsed), plain_decimal(text));
  }
}

TEST(CostSum, AddsExactlyAndRoundsOnce) {
  CostSum sum;
  ASSERT_TRUE(sum.add(1'000, price("2.5e-06")));
  ASSERT_TRUE(sum.add(500, price("1e-05")));
  EXPECT_EQ(sum.total()->nano_usd(), 7'500'000);

  // Three thirds of a nano: rounding each would give 0 or 3.
  CostSum thirds;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(thirds.add(1, price("0.0000000004")));
  EXPECT_EQ(thirds.total()->nano_usd(), 1) << "1.2 nano";

  CostSum tie;
  ASSERT_TRUE(tie.add(1, price("0.0000000005")));
  EXPECT_EQ(tie.total()->nano_usd(), 0);
  ASSERT_TRUE(tie.add(1, price("0.000000001")));
  EXPECT_EQ(tie.total()->nano_usd(), 2) << "1.5 to the even 2";
  ASSERT_TRUE(tie.add(1, price("1e-30")));
  EXPECT_EQ(tie.total()->nano_usd(), 2);

  CostSum near_tie;
  ASSERT_TRUE(near_tie.add(1, price("4.999999999999999e-10")));
  EXPECT_EQ(near_tie.total()->nano_usd(), 0);
  ASSERT_TRUE(near_tie.add(1, price("1e-25")));
  EXPECT_EQ(near_tie.total()->nano_usd(), 0) << "a tie";
  ASSERT_TRUE(near_tie.add(1, price("1e-30")));
  EXPECT_EQ(near_tie.total()->nano_usd(), 1);
}

TEST(CostSum, OfNothingIsNothing) {
  CostSum sum;
  EXPECT_EQ(sum.total()->nano_usd(), 0);
  ASSERT_TRUE(sum.add(0, price("1")));
  ASSERT_TRUE(sum.add(~std::uint64_t{0}, Price{}));
  EXPECT_EQ(sum.total()->nano_usd(), 0);
}

TEST(CostSum, RefusesOverflowAndKeepsWhatItHad) {
  CostSum sum;
  ASSERT_TRUE(sum.add(3, price("1")));
  const std::uint64_t many = ~std::uint64_t{0};
  ASSERT_TRUE(sum.add(many, price("9223372.036854775807"))) << "fits the 128 bits";
  EXPECT_FALSE(sum.total()) << "but not Money";
  EXPECT_FALSE(sum.add(1, price("1e-30"))) << "a common denominator does not fit";

  CostSum kept;
  ASSERT_TRUE(kept.add(2, price("1e-20")));
  ASSERT_TRUE(kept.add(1, price("7")));
  EXPECT_FALSE(kept.add(many, price("9223372")));
  EXPECT_EQ(kept.total()->nano_usd(), 7'000'000'000);
}

TEST(CostSum, AgreesWithLongDivisionOnListedPrices) {
  std::size_t count = 0;
  const auto texts = listed_prices(count);
  const std::vector<std::string> list(texts.begin(), texts.end());
  std::mt19937_64 random(3);
  for (int round = 0; round < 300; ++round) {
    CostSum sum;
    // In units of 1e-24 USD, which all listed prices are multiples of.
    unsigned __int128 reference = 0;
    for (int i = 0; i < 4; ++i) {
      const Price one = price(list[random() % list.size()]);
      const std::uint64_t units = random() % 200'000;
      ASSERT_TRUE(sum.add(units, one));
      const auto scale = static_cast<std::uint64_t>(1'000'000'000'000 / one.denominator());
      ASSERT_EQ(1'000'000'000'000 % one.denominator(), 0);
      reference += static_cast<unsigned __int128>(one.numerator()) * scale * units;
    }
    const unsigned __int128 nanos_unit = 1'000'000'000'000'000;
    auto expected = static_cast<std::int64_t>(reference / nanos_unit);
    const auto rest = static_cast<std::uint64_t>(reference % nanos_unit);
    if (rest > 500'000'000'000'000 || (rest == 500'000'000'000'000 && expected % 2 != 0)) {
      ++expected;
    }
    ASSERT_EQ(sum.total()->nano_usd(), expected);
  }
}

}  // namespace
}  // namespace gatehouse::core
