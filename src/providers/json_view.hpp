#pragma once
/// Walks a validated JSON text in place: no tree, no allocation, every value's own bytes at hand.

#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/core/error.hpp"
#include "gatehouse/json/scan.hpp"

namespace gatehouse::providers {

/// Validates `text` (RFC 8259, depth 256) and gives its root; views point into `text`.
/// Errc::invalid_argument otherwise.
core::Result<json::Member> parse_json(std::string_view text);

/// The root of a text that is known to be valid JSON of this kind.
json::Member whole_value(std::string_view text, json::Kind kind) noexcept;

/// The value that starts in `text`, which must be valid JSON up to the value's end. White space
/// before it is skipped.
json::Member first_value(std::string_view text);

/// The children of an object or array in order; empty for other kinds. Each step costs the bytes
/// of the child it leaves, so a loop over the members beats several look-ups.
class Children {
 public:
  explicit Children(const json::Member& parent);

  class Iterator {
   public:
    using value_type = json::Member;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;

    Iterator() = default;
    const json::Member& operator*() const noexcept { return current_; }
    const json::Member* operator->() const noexcept { return &current_; }
    Iterator& operator++();
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const noexcept { return done_; }

   private:
    friend class Children;
    void read();
    const char* at_ = nullptr;
    const char* end_ = nullptr;
    json::Member current_;
    bool object_ = false;
    bool done_ = true;
  };

  Iterator begin() const noexcept { return begin_; }
  std::default_sentinel_t end() const noexcept { return {}; }
  bool empty() const noexcept { return begin_.done_; }

 private:
  Iterator begin_;
};

/// True when the member's name, escapes resolved, is `name`.
bool key_is(const json::Member& member, std::string_view name);
/// The member's name, escapes resolved.
std::string key_of(const json::Member& member);

/// The first member of that name of an object.
std::optional<json::Member> find(const json::Member& object, std::string_view name);
/// … which is neither null.
std::optional<json::Member> find_set(const json::Member& object, std::string_view name);
/// The text of the member of that name; empty when absent or not a string.
std::string find_text(const json::Member& object, std::string_view name);

std::optional<double> as_double(const json::Member& member) noexcept;

inline bool is_null(const json::Member& member) noexcept {
  return member.kind == json::Kind::null;
}
inline bool is_object(const json::Member& member) noexcept {
  return member.kind == json::Kind::object;
}
inline bool is_array(const json::Member& member) noexcept {
  return member.kind == json::Kind::array;
}
inline bool is_string(const json::Member& member) noexcept {
  return member.kind == json::Kind::string;
}

/// Length of a string member's text with escapes counted as one byte each.
std::uint64_t text_length(const json::Member& member) noexcept;

}  // namespace gatehouse::providers
