#pragma once
/// Merge patches (RFC 7396) with types: absent keeps, null clears, a value replaces.

#include <cstdint>
#include <optional>
#include <utility>

namespace gatehouse::tenancy {

/// One field of a patch. `Patch<T>{}` keeps, `Patch<T>::clear()` clears, `Patch<T>(value)` sets.
template <class T>
class Patch {
 public:
  Patch() = default;
  Patch(T value) : state_(State::value), value_(std::move(value)) {}  // NOLINT: a literal
  static Patch clear() {
    Patch patch;
    patch.state_ = State::clear;
    return patch;
  }

  bool absent() const noexcept { return state_ == State::absent; }
  bool clears() const noexcept { return state_ == State::clear; }
  bool has_value() const noexcept { return state_ == State::value; }
  /// Only when has_value().
  const T& value() const {
    return *value_;  // NOLINT(bugprone-unchecked-optional-access): the caller has asked
  }

  void apply(std::optional<T>& field) const {
    if (clears()) field.reset();
    if (has_value()) field = value_;
  }
  /// For fields that always have a value: null means `empty`.
  void apply(T& field, const T& empty = T{}) const {
    if (clears()) field = empty;
    if (value_) field = *value_;
  }
  /// What the field becomes when it is `present` now.
  std::optional<T> over(std::optional<T> present) const {
    apply(present);
    return present;
  }

 private:
  enum class State : std::uint8_t { absent, clear, value } state_ = State::absent;
  std::optional<T> value_;
};

}  // namespace gatehouse::tenancy
