#include "flights.hpp"

#include <algorithm>

namespace gatehouse::tenancy {
namespace {

bool meet(const std::vector<std::string>& used, const std::vector<std::string>& changed) {
  return std::ranges::any_of(
      used, [&](const std::string& id) { return std::ranges::find(changed, id) != changed.end(); });
}

}  // namespace

Flights::Flight::Flight(Flights& flights) : flights_(flights) {
  const std::scoped_lock lock(flights_.mutex_);
  flights_.running_.insert(this);
}

Flights::Flight::~Flight() {
  const std::scoped_lock lock(flights_.mutex_);
  flights_.running_.erase(this);
}

bool Flights::Flight::missed(const Changes& used) const {
  return std::ranges::any_of(changes_, [&](const std::shared_ptr<const Changes>& changes) {
    return meet(used.keys, changes->keys) || meet(used.teams, changes->teams) ||
           meet(used.users, changes->users) || meet(used.organizations, changes->organizations) ||
           meet(used.budgets, changes->budgets) || meet(used.end_users, changes->end_users) ||
           meet(used.tags, changes->tags);
  });
}

OneAtATime::Turn::Turn(OneAtATime& all, std::string name) : all_(all), name_(std::move(name)) {
  std::unique_lock lock(all_.mutex_);
  all_.left_.wait(lock, [&] { return !all_.running_.contains(name_); });
  all_.running_.insert(name_);
}

OneAtATime::Turn::~Turn() {
  {
    const std::scoped_lock lock(all_.mutex_);
    all_.running_.erase(name_);
  }
  all_.left_.notify_all();
}

}  // namespace gatehouse::tenancy
