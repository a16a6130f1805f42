#include "gatehouse/limits/room.hpp"

#include <mutex>

#include "account_state.hpp"

namespace gatehouse::limits {

Room::~Room() {
  for (const Part& part : parts_) {
    const std::lock_guard lock(part.account->state_->mutex);
    Tally* tally = part.counter->of(part.start);
    if (tally != nullptr) tally->give_back(part.amount);
  }
}

}  // namespace gatehouse::limits
