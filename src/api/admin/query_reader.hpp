#pragma once
/// Typed reads of a query string.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/field_errors.hpp"
#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/money.hpp"

namespace gatehouse::api::admin {

/// Absent parameters give nothing, wrong ones are findings. The query must outlive the reader.
class QueryReader {
 public:
  QueryReader(std::string_view query, FieldErrors& errors) : query_(query), errors_(&errors) {}

  struct Bounds {
    std::uint64_t least = 0;
    std::uint64_t most = UINT64_MAX;
  };

  std::optional<std::string> text(std::string_view name) const;
  /// Every value of a repeated parameter, in order.
  std::vector<std::string> texts(std::string_view name) const;
  std::string required_text(std::string_view name);
  bool flag(std::string_view name, bool otherwise);
  std::uint64_t count(std::string_view name, std::uint64_t otherwise, Bounds bounds);
  std::optional<core::Money> money(std::string_view name);
  /// A date or a date with a time.
  std::optional<core::WallTime> time(std::string_view name);
  /// One of `choices`; nothing when absent.
  std::optional<std::string> choice(std::string_view name,
                                    const std::vector<std::string_view>& choices);

 private:
  void report(std::string_view name, std::string_view type, std::string message,
              std::string_view input);

  std::string_view query_;
  FieldErrors* errors_;
};

}  // namespace gatehouse::api::admin
