#pragma once
/// Single-threaded cancellation with a reason and stack-allocated callbacks.

#include <cstdint>
#include <functional>
#include <utility>

namespace gatehouse::core {

class CancelCallback;

/// One request's cancellation state. Lives as long as the request; one thread; pinned.
class Cancellation {
 public:
  enum class Reason : std::uint8_t { none, client_left, deadline, shutdown };

  Cancellation() = default;
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;

  bool requested() const noexcept { return reason_ != Reason::none; }
  Reason reason() const noexcept { return reason_; }

  /// First reason wins, but a shutdown outranks a client that has left: what goes on without it
  /// ends then, too. Runs every registered callback once, most recent first.
  void request(Reason reason);

  /// Makes the object ready for the next request on the same connection. No callbacks may remain.
  void reset() noexcept { reason_ = Reason::none; }

 private:
  friend class CancelCallback;
  CancelCallback* head_ = nullptr;
  Reason reason_ = Reason::none;
};

/// Registers `function` for the lifetime of this object; runs it at once when cancellation was
/// requested already.
class CancelCallback {
 public:
  CancelCallback(Cancellation& cancellation, std::function<void()> function);
  ~CancelCallback() { unlink(); }
  CancelCallback(const CancelCallback&) = delete;
  CancelCallback& operator=(const CancelCallback&) = delete;

  /// For a callback that has run and let something go on: `function` hears of a reason that
  /// outranks the present one.
  void listen_on(Cancellation& cancellation, std::function<void()> function);

 private:
  friend class Cancellation;
  void link(Cancellation& cancellation) noexcept;
  void unlink() noexcept;

  CancelCallback* next_ = nullptr;
  CancelCallback** link_to_this_ = nullptr;  ///< null: in no list
  std::function<void()> function_;
};

}  // namespace gatehouse::core
