#include "gatehouse/alerts/alert.hpp"

#include <array>

namespace gatehouse::alerts {
namespace {

constexpr std::array<std::string_view, kAlertTypes> kNames{"budget_alerts", "cooldown_deployment",
                                                           "llm_too_slow", "db_exceptions"};

}  // namespace

std::string_view name_of(AlertType type) noexcept {
  return kNames[static_cast<std::size_t>(type)];
}

std::optional<AlertType> alert_type_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<AlertType>(i);
  }
  return {};
}

}  // namespace gatehouse::alerts
