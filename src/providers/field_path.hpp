#pragma once
/// Names a member of a request in an error: "messages[2].content[0].type".

#include <cstddef>
#include <string>
#include <string_view>

#include "gatehouse/core/error.hpp"

namespace gatehouse::providers {

/// A step in a chain that lives on the stack of the decoder; costs nothing until it is printed.
class FieldPath {
 public:
  FieldPath() = default;
  FieldPath(const FieldPath& parent, std::string_view name) : parent_(&parent), name_(name) {}
  FieldPath(const FieldPath& parent, std::size_t index) : parent_(&parent), index_(index) {}

  FieldPath operator/(std::string_view name) const { return {*this, name}; }
  FieldPath operator[](std::size_t index) const { return {*this, index}; }

  std::string text() const;

  /// Errc::invalid_argument: "<path>: <what>".
  std::unexpected<core::Error> fail(std::string_view what) const;

 private:
  const FieldPath* parent_ = nullptr;
  std::string_view name_;
  std::size_t index_ = 0;
};

}  // namespace gatehouse::providers
