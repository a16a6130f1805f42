#pragma once
/// Who may use one of a few connections now.

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "gatehouse/core/clock.hpp"

namespace gatehouse::database::sqlite {

/// Hands out the places 0..count-1, each to one thread at a time. Thread-safe.
class Places {
 public:
  explicit Places(std::size_t count) : owners_(count) {}

  struct Grant {
    std::size_t place;
    bool again;  ///< the thread had it already; nothing to release
  };
  /// The place that this thread has, or a free one; nothing when none came free in time.
  std::optional<Grant> take(core::Millis wait) {
    const std::thread::id self = std::this_thread::get_id();
    std::unique_lock lock(mutex_);
    if (const auto mine = find(self)) return Grant{*mine, true};
    std::optional<std::size_t> place;
    freed_.wait_for(lock, wait, [&] { return (place = find({})).has_value(); });
    if (!place) return std::nullopt;
    owners_[*place] = self;
    return Grant{*place, false};
  }
  void release(std::size_t place) {
    {
      const std::scoped_lock lock(mutex_);
      owners_[place] = std::thread::id();
    }
    freed_.notify_one();
  }

 private:
  std::optional<std::size_t> find(std::thread::id owner) const {
    for (std::size_t i = 0; i < owners_.size(); ++i) {
      if (owners_[i] == owner) return i;
    }
    return std::nullopt;
  }

  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::thread::id> owners_;  // the default id: free
};

/// Releases a place at the end of a scope.
class PlaceGuard {
 public:
  PlaceGuard(Places& places, std::size_t place) : places_(places), place_(place) {}
  ~PlaceGuard() { places_.release(place_); }
  PlaceGuard(const PlaceGuard&) = delete;
  PlaceGuard& operator=(const PlaceGuard&) = delete;

 private:
  Places& places_;
  std::size_t place_;
};

}  // namespace gatehouse::database::sqlite
