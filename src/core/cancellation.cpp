#include "gatehouse/core/cancellation.hpp"

namespace gatehouse::core {

void Cancellation::request(Reason reason) {
  if (reason == Reason::none) return;
  const bool outranks = reason_ == Reason::client_left && reason == Reason::shutdown;
  if (requested() && !outranks) return;
  reason_ = reason;
  // A list of their own: one that listens on is for the next reason.
  CancelCallback* due = std::exchange(head_, nullptr);
  if (due != nullptr) due->link_to_this_ = &due;
  // A callback may destroy others, so take one at a time from the head; and itself, when it
  // resumes the coroutine that holds it, so run what it was.
  while (CancelCallback* callback = due) {
    callback->unlink();
    const std::function<void()> function = std::move(callback->function_);
    function();
  }
}

CancelCallback::CancelCallback(Cancellation& cancellation, std::function<void()> function) {
  if (cancellation.requested()) {
    function();
  } else {
    listen_on(cancellation, std::move(function));
  }
}

void CancelCallback::listen_on(Cancellation& cancellation, std::function<void()> function) {
  unlink();
  function_ = std::move(function);
  link(cancellation);
}

void CancelCallback::link(Cancellation& cancellation) noexcept {
  next_ = cancellation.head_;
  if (next_ != nullptr) next_->link_to_this_ = &next_;
  cancellation.head_ = this;
  link_to_this_ = &cancellation.head_;
}

void CancelCallback::unlink() noexcept {
  if (link_to_this_ == nullptr) return;
  *link_to_this_ = next_;
  if (next_ != nullptr) next_->link_to_this_ = link_to_this_;
  next_ = nullptr;
  link_to_this_ = nullptr;
}

}  // namespace gatehouse::core
