#pragma once
/// What a request, a model name or a script asks the fake provider to do.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/core/error.hpp"

namespace gatehouse::fake_provider {

/// A list such as "ttfb=100;tps=50;usage=absent". Arguments may be percent-encoded. The names
/// and their meanings are in docs of `--behaviours`, printed from behaviour_help().
class Behaviours {
 public:
  /// Errc::invalid_argument on a name that does not exist.
  static core::Result<Behaviours> parse(std::string_view list);

  void merge(const Behaviours& other);
  bool empty() const noexcept { return items_.empty(); }
  bool has(std::string_view name) const noexcept { return find(name) != nullptr; }
  /// The argument, empty when absent.
  std::string_view text(std::string_view name) const noexcept;
  std::uint64_t number(std::string_view name, std::uint64_t fallback) const noexcept;

 private:
  const std::string* find(std::string_view name) const noexcept;
  std::vector<std::pair<std::string, std::string>> items_;
};

/// The list behind "fake/" in a model name, empty for other models.
std::string_view behaviours_of_model(std::string_view model) noexcept;

/// One line per behaviour, for `--behaviours`.
std::string behaviour_help();

}  // namespace gatehouse::fake_provider
