#pragma once
/// Routes with typed path parameters.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gatehouse/core/error.hpp"

namespace gatehouse::net {

/// The path parameters of a match, percent-decoded, in order of the pattern.
class PathParameters {
 public:
  std::string_view text(std::size_t index) const { return values_.at(index); }
  core::Result<std::uint64_t> number(std::size_t index) const;
  std::size_t size() const noexcept { return values_.size(); }

 private:
  friend class Router;
  std::vector<std::string> values_;
};

/// Maps method and path to a caller-chosen number. Patterns: "/v1/models/{id}" (one segment),
/// "/v1/models/{id...}" (the rest, at least one character; may contain '/'). Literals win over
/// parameters; exact paths are found by one hash look-up. Immutable after build; thread-safe.
class Router {
 public:
  /// Terminates on a duplicate or malformed pattern: a bug.
  void add(std::string_view method, std::string_view pattern, std::size_t route);

  struct Match {
    std::size_t route;
    PathParameters parameters;
  };
  struct MethodNotAllowed {
    std::string allow;  ///< value of the Allow field
  };
  struct NotFound {};
  std::variant<Match, MethodNotAllowed, NotFound> match(std::string_view method,
                                                        std::string_view path) const;

  struct Entry {
    std::string method;
    std::string pattern;
    std::size_t route;
  };
  /// Every route, for the generated authorisation matrix and the API description.
  std::span<const Entry> entries() const noexcept { return entries_; }

 private:
  std::vector<Entry> entries_;
  struct Index;
  std::shared_ptr<Index> index_;
};

/// Percent-decoding (RFC 3986) of a query value or path segment; `plus_as_space` for queries.
core::Result<std::string> percent_decode(std::string_view text, bool plus_as_space);
/// First value of `name` in a query string, decoded.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace gatehouse::net
