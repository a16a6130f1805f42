#include "gatehouse/core/cancellation.hpp"

namespace gatehouse::core {

void Cancellation::request(Reason reason) {
  if (requested() || reason == Reason::none) return;
  reason_ = reason;
  // A callback may destroy others, so take one at a time from the head; and itself, when it
  // resumes the coroutine that holds it, so run what it was.
  while (CancelCallback* callback = head_) {
    callback->unlink();
    const std::function<void()> function = std::move(callback->function_);
    function();
  }
}

CancelCallback::CancelCallback(Cancellation& cancellation, std::function<void()> function)
    : function_(std::move(function)) {
  if (cancellation.requested()) {
    function_();
    return;
  }
  owner_ = &cancellation;
  next_ = cancellation.head_;
  if (next_ != nullptr) next_->previous_ = this;
  cancellation.head_ = this;
}

void CancelCallback::unlink() noexcept {
  if (owner_ == nullptr) return;
  if (previous_ != nullptr) {
    previous_->next_ = next_;
  } else {
    owner_->head_ = next_;
  }
  if (next_ != nullptr) next_->previous_ = previous_;
  owner_ = nullptr;
  next_ = previous_ = nullptr;
}

}  // namespace gatehouse::core
