#pragma once
/// How hard it is tried to deliver an alert.

#include <cstdint>

#include "gatehouse/core/clock.hpp"

namespace gatehouse::alerts {

struct DeliveryPolicy {
  core::Millis timeout{5'000};  ///< of one try, the answer's head included
  std::uint32_t tries = 6;
  core::Millis first_pause{500};  ///< doubled with each try, half of it by chance
  core::Millis longest_pause{30'000};
  core::Millis longest_retry_after{300'000};  ///< a longer Retry-After counts as this
  /// An alert that these tries did not deliver lets others pass and is tried once after a rest,
  /// which is doubled each time, until it is too old.
  core::Seconds first_rest{60};
  core::Seconds longest_rest{3'600};
  core::Seconds give_up_after{86'400};
};

}  // namespace gatehouse::alerts
