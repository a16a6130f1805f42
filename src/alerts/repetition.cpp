#include "repetition.hpp"

#include <utility>

namespace gatehouse::alerts {

std::optional<std::uint64_t> Repetition::claim(std::string_view subject, core::WallTime now,
                                               core::WallTime until) {
  const std::lock_guard lock(mutex_);
  if (const auto found = told_.find(subject); found != told_.end()) {
    Told& told = found->second;
    if (now < told.until) {
      ++told.refused;
      ++refused_;
      return {};
    }
    told.until = until;
    return std::exchange(told.refused, 0);
  }
  remember(subject, until);
  return 0;
}

std::optional<std::uint64_t> Repetition::claim_unheard(std::string_view subject,
                                                       core::WallTime since, core::WallTime until) {
  const std::lock_guard lock(mutex_);
  if (const auto found = told_.find(subject); found != told_.end()) {
    Told& told = found->second;
    if (since < told.until) return {};
    told.until = until;
    return std::exchange(told.refused, 0);
  }
  remember(subject, until);
  return 0;
}

void Repetition::restore(std::string_view subject, core::WallTime until) {
  const std::lock_guard lock(mutex_);
  if (!told_.contains(subject)) remember(subject, until);
}

void Repetition::remember(std::string_view subject, core::WallTime until) {
  if (told_.size() >= most_) {
    told_.erase(order_.front());
    order_.pop_front();
  }
  order_.emplace_back(subject);
  told_.emplace(order_.back(), Told{until});
}

std::uint64_t Repetition::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

}  // namespace gatehouse::alerts
