#pragma once
/// Lists and maps of records as JSON text, as the database holds them.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/error.hpp"
#include "gatehouse/core/limit_set.hpp"

namespace gatehouse::tenancy {

using TextList = std::vector<std::string>;
using TextMap = std::map<std::string, std::string>;
using CountMap = std::map<std::string, std::uint64_t>;
using BudgetList = std::vector<core::BudgetLimit>;
using BudgetMap = std::map<std::string, core::BudgetLimit>;

std::string to_json(const TextList& list);
std::string to_json(const TextMap& map);
std::string to_json(const CountMap& map);
std::string to_json(const BudgetList& list);
std::string to_json(const BudgetMap& map);

/// The inverse. What the text does not hold is left out: it was written by to_json().
void from_json(std::string_view text, TextList& list);
void from_json(std::string_view text, TextMap& map);
void from_json(std::string_view text, CountMap& map);
void from_json(std::string_view text, BudgetList& list);
void from_json(std::string_view text, BudgetMap& map);

/// Errc::invalid_argument unless `text` is a JSON object of at most 1 MiB; `name` is the field.
core::Result<void> check_object(std::string_view text, std::string_view name);

/// `base` with the members of `patch` set; null removes one. Both are objects.
core::Result<std::string> merge_objects(std::string_view base, std::string_view patch,
                                        std::string_view name);

/// {"a":"…","b":"…"}: the names of the members alone, for the audit log.
std::string without_values(std::string_view object);

}  // namespace gatehouse::tenancy
