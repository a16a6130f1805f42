#pragma once
/// One thread's event loop over epoll: readiness, timers, posted work. See docs/adr/0003.
///
/// Everything here belongs to the loop's own thread, except post() and stop().

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>

#include "gatehouse/core/cancellation.hpp"
#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/core/task.hpp"

namespace gatehouse::net {

/// A callback at a point in time, at the loop's granularity of 4 ms, never early. Intrusive and
/// pinned; arming and disarming are O(1) and allocate nothing. The callback may destroy the timer
/// as its last step.
class Timer {
 public:
  explicit Timer(std::function<void()> on_expiry) : on_expiry_(std::move(on_expiry)) {}
  ~Timer() { disarm(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void disarm() noexcept;
  bool armed() const noexcept { return wheel_slot_ != nullptr; }

 private:
  friend class TimerWheel;
  std::function<void()> on_expiry_;
  core::MonotonicTime due_{};
  Timer* next_ = nullptr;
  Timer* previous_ = nullptr;
  struct TimerSlot* wheel_slot_ = nullptr;
};

/// Edges that one wait reported for a descriptor.
struct Readiness {
  bool readable = false;  ///< something to read, the end of the stream and errors included
  bool writable = false;  ///< room to write, errors included
  bool hang_up = false;   ///< the peer closed its side or the connection, or it failed
};

/// Receives readiness edges of one file descriptor.
class ReadinessSink {
 public:
  virtual ~ReadinessSink() = default;
  /// May destroy the sink, and any other, after removing it from the loop.
  virtual void on_ready(Readiness edges) = 0;
};

class EventLoop {
 public:
  static core::Result<std::unique_ptr<EventLoop>> create(const core::Clock& clock);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Runs until stop(). Binds the loop to the calling thread.
  void run();
  /// Thread-safe, async-signal-safe.
  void stop() noexcept;
  /// Runs `work` on the loop's thread in a later turn. Thread-safe.
  void post(std::function<void()> work);

  /// Monotonic time read once per turn: cheap, and the same for all that happens in one turn.
  core::MonotonicTime now() const noexcept;
  const core::Clock& clock() const noexcept;

  void arm(Timer& timer, core::MonotonicTime due);

  /// Suspends until `due`, or returns Errc::cancelled as soon as cancellation is requested.
  core::Task<core::Result<void>> sleep_until(core::MonotonicTime due,
                                             core::Cancellation& cancellation);

  /// Registers `fd`, edge-triggered for reading and writing; what is ready already is reported in
  /// the next turn. The sink must outlive the registration. `remove` before closing the
  /// descriptor; afterwards the sink hears nothing, not even of the turn under way.
  core::Result<void> add(int fd, ReadinessSink& sink);
  void remove(int fd, ReadinessSink& sink) noexcept;

 private:
  friend class SendingPhase;
  struct State;
  explicit EventLoop(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Awaiter: resumes when the loop sends, which is after each few events and at the end of each
/// turn; at once while it does. Sends that follow each other closely find their receivers awake:
/// waking a thread of another core costs more than all else that a send does. A named local of the
/// waiting coroutine.
class SendingPhase {
 public:
  explicit SendingPhase(EventLoop& loop) noexcept : loop_(loop) {}
  ~SendingPhase() { unlink(); }
  SendingPhase(const SendingPhase&) = delete;
  SendingPhase& operator=(const SendingPhase&) = delete;

  bool await_ready() const noexcept;
  void await_suspend(std::coroutine_handle<> handle) noexcept;
  void await_resume() const noexcept {}

 private:
  friend class EventLoop;
  void unlink() noexcept;

  EventLoop& loop_;
  std::coroutine_handle<> handle_;
  SendingPhase* next_ = nullptr;
  SendingPhase* previous_ = nullptr;
  bool linked_ = false;
};

}  // namespace gatehouse::net
