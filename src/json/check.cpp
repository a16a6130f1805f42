#include <algorithm>
#include <charconv>
#include <deque>
#include <functional>
#include <vector>

#include "escape.hpp"
#include "gatehouse/json/scan.hpp"
#include "syntax.hpp"

namespace gatehouse::json {

namespace {

/// DOM parsers read the exponent into 32 bits, also that of a zero.
constexpr std::size_t kMostExponentDigits = 9;

/// Goes once over a text that is known to be JSON.
class DomCheck {
 public:
  explicit DomCheck(std::string_view text) : text_(text) {}

  /// nullptr when a DOM holds the text as it is; else what it would change, at offset().
  const char* run();
  std::size_t offset() const noexcept { return at_; }

 private:
  struct Name {
    std::size_t hash;
    std::string_view text;
    std::size_t offset;
  };
  struct Scope {
    bool object;
    std::size_t first_name;
  };

  const char* string();
  const char* number();
  const char* close_object();
  void add_name(std::string_view inner, bool escaped);

  std::string_view text_;
  std::size_t at_ = 0;
  bool name_next_ = false;  // in an object, before a member name
  std::vector<Scope> scopes_;
  std::vector<Name> names_;
  std::deque<std::string> decoded_;
};

const char* DomCheck::run() {
  for (; at_ < text_.size(); ++at_) {
    const char* problem = nullptr;
    switch (text_[at_]) {
      case '{':
      case '[':
        scopes_.push_back({text_[at_] == '{', names_.size()});
        name_next_ = scopes_.back().object;
        break;
      case '}':
        problem = close_object();
        [[fallthrough]];
      case ']':
        scopes_.pop_back();
        name_next_ = false;
        break;
      case ',':
        name_next_ = scopes_.back().object;
        break;
      case '"':
        problem = string();
        break;
      default:
        if (text_[at_] == '-' || syntax::is_digit(text_[at_])) problem = number();
        break;
    }
    if (problem != nullptr) return problem;
  }
  return nullptr;
}

/// Leaves at_ on the closing quote.
const char* DomCheck::string() {
  const char* const begin = text_.data() + at_ + 1;
  const char* const limit = text_.data() + text_.size();
  const char* close = syntax::find_special(begin, limit);
  const bool escaped = *close != '"';
  while (*close != '"') close = syntax::find_special(close + 2, limit);
  const std::string_view inner(begin, static_cast<std::size_t>(close - begin));
  if (escaped) {
    const char* const stop = inner.data() + inner.size();
    const char* slash = syntax::find_backslash(inner.data(), stop);
    while (slash != stop) {
      EscapeReader reader({slash, static_cast<std::size_t>(stop - slash)});
      reader.next();
      if (reader.lone_surrogate()) {
        at_ = static_cast<std::size_t>(slash - text_.data());
        return "lone surrogate";
      }
      slash = syntax::find_backslash(reader.rest().data(), stop);
    }
  }
  if (name_next_) {
    add_name(inner, escaped);
    name_next_ = false;
  }
  at_ = static_cast<std::size_t>(close - text_.data());
  return nullptr;
}

void DomCheck::add_name(std::string_view inner, bool escaped) {
  std::string_view name = inner;
  if (escaped) name = decoded_.emplace_back(unescape(inner));
  names_.push_back({std::hash<std::string_view>{}(name), name, at_});
}

/// Leaves at_ on the last byte of the number.
const char* DomCheck::number() {
  const char* const begin = text_.data() + at_;
  const char* const end = syntax::number_end(begin, text_.data() + text_.size());
  const auto size = static_cast<std::size_t>(end - begin);
  const std::string_view digits(begin, size);
  const bool integer = digits.find_first_of(".eE") == std::string_view::npos;
  bool fits = false;
  if (integer) {
    std::int64_t negative = 0;
    std::uint64_t positive = 0;
    fits = std::from_chars(begin, end, negative).ec == std::errc{} ||
           std::from_chars(begin, end, positive).ec == std::errc{};
  } else {
    double real = 0;
    const std::size_t exponent = digits.find_first_of("eE");
    const std::size_t first = digits.find_first_not_of("eE+-", exponent);
    fits = std::from_chars(begin, end, real).ec == std::errc{} &&
           (exponent == std::string_view::npos || size - first <= kMostExponentDigits);
  }
  if (!fits) return "number out of range";
  at_ += size - 1;
  return nullptr;
}

const char* DomCheck::close_object() {
  const auto first = names_.begin() + static_cast<std::ptrdiff_t>(scopes_.back().first_name);
  std::sort(first, names_.end(), [](const Name& a, const Name& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.text < b.text;
  });
  const auto twice = std::adjacent_find(first, names_.end(), [](const Name& a, const Name& b) {
    return a.hash == b.hash && a.text == b.text;
  });
  if (twice != names_.end()) {
    at_ = std::max(twice->offset, (twice + 1)->offset);
    return "member repeated";
  }
  names_.erase(first, names_.end());
  return nullptr;
}

}  // namespace

core::Result<void> check(std::string_view text) {
  thread_local Scanner scanner(kRequestLimits);
  if (core::Result<Outline> outline = scanner.scan_copy(text); !outline) return core::pass(outline);
  DomCheck dom(text);
  if (const char* problem = dom.run()) {
    return core::fail(core::Errc::invalid_argument,
                      "invalid JSON at byte " + std::to_string(dom.offset()) + ": " + problem);
  }
  return {};
}

}  // namespace gatehouse::json
