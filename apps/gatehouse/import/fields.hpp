#pragma once
/// Columns of LiteLLM's tables as values of ours. What cannot be understood is an error that names
/// the column: then the row is not carried over.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/core/money.hpp"
#include "insertion.hpp"
#include "source.hpp"

namespace gatehouse::app::import {

/// Reads columns of one row; the first failure stays. Check failure() at the end.
class Fields {
 public:
  explicit Fields(const SourceRow& row) : row_(row) {}

  std::optional<std::string> text(std::string_view column) const;
  std::optional<core::Money> money(std::string_view column);   ///< not negative
  core::Money spend(std::string_view column = "spend");        ///< zero for NULL
  std::optional<std::int64_t> count(std::string_view column);  ///< not negative
  std::optional<core::WallTime> time(std::string_view column);
  bool boolean(std::string_view column);  ///< false for NULL
  /// An array as a JSON list of texts.
  std::string texts(std::string_view column);
  std::vector<std::string> list(std::string_view column);
  /// A JSON object, "{}" for NULL.
  std::string object(std::string_view column);
  std::optional<std::string> duration(std::string_view column);

  void fail(std::string_view column, std::string_view why);
  const std::optional<std::string>& failure() const noexcept { return failure_; }
  /// The failure's text; empty when there is none.
  std::string problem() const { return failure_.value_or(""); }

 private:
  const SourceRow& row_;
  std::optional<std::string> failure_;
};

/// A LiteLLM metadata object taken apart: what has a column of its own here, and the rest.
struct Metadata {
  std::string rest = "{}";
  std::string tags = "[]";
  std::string model_rpm_limit = "{}";
  std::string model_tpm_limit = "{}";
  std::optional<core::Money> soft_budget;
  std::optional<core::Money> temp_budget_increase;
  std::optional<core::WallTime> temp_budget_expiry;
  bool service_account = false;
};
core::Result<Metadata> split_metadata(std::string_view json);

/// {"gpt-4o": {"budget_limit" | "max_budget": 5, "time_period" | "budget_duration": "1d"}} in the
/// form of our column.
core::Result<std::string> convert_model_budgets(std::string_view json);

/// Adds the columns that every table with bounds has, from columns of the same meaning.
void add_terms(Insertion& out, Fields& in, const Metadata& metadata);
/// created_at_ns … updated_by.
void add_provenance(Insertion& out, Fields& in, core::WallTime now);
/// A JSON object of those columns that are kept and not acted upon.
std::string extra_of(const SourceRow& row, const std::vector<std::string_view>& columns);

}  // namespace gatehouse::app::import
