#pragma once
/// What a ModelTable holds.

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gatehouse/models/model_table.hpp"

namespace gatehouse::models {

/// Lets a map of strings be searched by view.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};
template <class T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

/// A model_name with one '*'.
struct WildcardRoute {
  std::string prefix;
  std::string suffix;
  std::uint32_t group = 0;

  std::size_t literal_size() const noexcept { return prefix.size() + suffix.size(); }
  /// True when `name` matches with at least one character for the '*', which goes to `rest`.
  bool matches(std::string_view name, std::string_view& rest) const noexcept;
};

struct ModelTable::State {
  RouterSettings settings;
  std::shared_ptr<const PriceBook> prices;
  std::string price_version;
  std::vector<Deployment> deployments;
  std::vector<ModelGroup> groups;
  TextMap<std::uint32_t> deployment_by_id;
  TextMap<std::uint32_t> exact;          // model_name → group
  TextMap<std::string> aliases;          // alias → model_name or a name that a wildcard matches
  std::vector<WildcardRoute> wildcards;  // most specific first
  std::vector<VisibleModel> visible;

  /// The group of a name that is no alias.
  ModelMatch find(std::string_view name) const noexcept;
};

}  // namespace gatehouse::models
