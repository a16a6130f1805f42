#pragma once
/// Loads that are under way, and the writes that they may have missed.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "gatehouse/tenancy/database_directory.hpp"

namespace gatehouse::tenancy {

/// Thread-safe. A load reads a snapshot of the database; a write that commits meanwhile names what
/// it touched, and a load that used any of it must not publish what it has read.
class Flights {
 public:
  /// One load. Begins before the read transaction.
  class Flight {
   public:
    explicit Flight(Flights& flights);
    ~Flight();
    Flight(const Flight&) = delete;
    Flight& operator=(const Flight&) = delete;

    /// Runs `publish()` unless a write since the beginning touched something of `used`; says
    /// whether it ran. Writers wait meanwhile.
    template <class Publish>
    bool publish(const Changes& used, Publish publish) {
      const std::scoped_lock lock(flights_.mutex_);
      if (missed(used)) return false;
      publish();
      return true;
    }

   private:
    friend class Flights;
    bool missed(const Changes& used) const;
    Flights& flights_;
    std::vector<std::shared_ptr<const Changes>> changes_;  // guarded by flights_.mutex_
  };

  /// Tells all flights of a write, then runs `forget()` before any of them can publish.
  template <class Forget>
  void announce(const Changes& changes, Forget forget) {
    const std::scoped_lock lock(mutex_);
    if (!running_.empty()) {
      const auto shared = std::make_shared<const Changes>(changes);
      for (Flight* flight : running_) flight->changes_.push_back(shared);
    }
    forget();
  }

 private:
  std::mutex mutex_;
  std::unordered_set<Flight*> running_;
};

/// Lets one thread at a time do what is named by a text; the others wait for it. Thread-safe.
class OneAtATime {
 public:
  class Turn {
   public:
    /// Waits while another has the name.
    Turn(OneAtATime& all, std::string name);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    OneAtATime& all_;
    std::string name_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  std::unordered_set<std::string> running_;
};

}  // namespace gatehouse::tenancy
