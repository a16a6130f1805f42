#include "gatehouse/core/secret.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <new>
#include <ostream>
#include <sstream>

namespace gatehouse::core {
namespace {

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) { out << value; };

static_assert(Streamable<std::string>, "the concept works");
static_assert(!Streamable<Secret>);
static_assert(fmt::is_formattable<std::string>::value);
static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_convertible_v<Secret, const char*>);
static_assert(!std::is_convertible_v<Secret, bool>);
static_assert(!std::is_convertible_v<std::string, Secret>, "made on purpose, not by accident");

TEST(Secret, RevealsItsTextOnRequest) {
  const Secret secret("sk-0123456789abcd");
  EXPECT_EQ(secret.reveal(), "sk-0123456789abcd");
  EXPECT_FALSE(secret.empty());
  EXPECT_TRUE(Secret().empty());
}

TEST(Secret, ShowsAMask) {
  EXPECT_EQ(Secret("sk-0123456789abcd").masked(), "sk-...abcd");
  EXPECT_EQ(Secret("0123456789abcdef").masked(), "...cdef");
  for (const std::string_view short_text : {"", "a", "sk-12345678"}) {
    EXPECT_EQ(Secret(std::string(short_text)).masked(), "***")
        << "four bytes of it would be too many";
  }
}

TEST(Secret, MatchesItselfAlone) {
  const std::string text = "sk-0123456789abcdef";
  const Secret secret(text);
  EXPECT_TRUE(secret.matches(text));
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string other = text;
      other[i] = static_cast<char>(other[i] ^ (1 << bit));
      ASSERT_FALSE(secret.matches(other)) << i << " " << bit;
    }
  }
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(secret.matches(text.substr(0, size)));
  }
  EXPECT_FALSE(secret.matches(text + "0"));
  EXPECT_FALSE(secret.matches(text + text)) << "its repetition";
  EXPECT_FALSE(secret.matches(std::string(text.size(), '\0')));
}

TEST(Secret, NothingMatchesAnEmptyOne) {
  const Secret none;
  EXPECT_FALSE(none.matches(""));
  EXPECT_FALSE(none.matches("x"));
  EXPECT_FALSE(none.matches(std::string_view("\0", 1)));
}

TEST(Secret, CopiesAndMoves) {
  for (const std::string& text : {std::string("short"), std::string(100, 'x')}) {
    Secret first(text);
    Secret copy(first);
    EXPECT_EQ(copy.reveal(), text);
    Secret moved(std::move(first));
    EXPECT_EQ(moved.reveal(), text);
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): the promise under test
    Secret assigned("other");
    assigned = copy;
    EXPECT_EQ(assigned.reveal(), text);
    assigned = std::move(moved);
    EXPECT_EQ(assigned.reveal(), text);
    EXPECT_TRUE(moved.empty());  // NOLINT(bugprone-use-after-move)
    Secret& alias = assigned;
    assigned = alias;
    EXPECT_EQ(assigned.reveal(), text);
    assigned = std::move(alias);
    EXPECT_EQ(assigned.reveal(), text);
  }
}

/// True when `needle` lies in the bytes of an object that was destroyed or moved from.
bool remains(const void* storage, std::size_t size, std::string_view needle) {
  return std::string_view(static_cast<const char*>(storage), size).find(needle) !=
         std::string_view::npos;
}

TEST(Secret, LeavesNothingInItsOwnBytes) {
  constexpr std::string_view kText = "tiny-secret";  // inside the string object itself
  alignas(Secret) std::array<char, sizeof(Secret)> storage{};
  auto* secret = ::new (storage.data()) Secret(std::string(kText));
  ASSERT_TRUE(remains(storage.data(), storage.size(), kText));
  const Secret taken(std::move(*secret));
  EXPECT_FALSE(remains(storage.data(), storage.size(), kText)) << "after a move";
  *secret = taken;
  ASSERT_TRUE(remains(storage.data(), storage.size(), kText));
  secret->~Secret();
  EXPECT_FALSE(remains(storage.data(), storage.size(), kText)) << "after destruction";
}

}  // namespace
}  // namespace gatehouse::core
