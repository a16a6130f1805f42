#include "gatehouse/net/event_loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "file_descriptor.hpp"
#include "timer_wheel.hpp"

namespace gatehouse::net {

namespace {
constexpr std::size_t kEventsPerTurn = 256;
/// Sends that wait for each other at most: some hundred microseconds of work.
constexpr std::size_t kSendsTogether = 32;

Readiness edges_of(std::uint32_t events) noexcept {
  const bool broken = (events & (EPOLLHUP | EPOLLERR)) != 0;
  const bool hang_up = broken || (events & EPOLLRDHUP) != 0;
  return {.readable = hang_up || (events & EPOLLIN) != 0,
          .writable = broken || (events & EPOLLOUT) != 0,
          .hang_up = hang_up};
}
}  // namespace

struct EventLoop::State {
  State(const core::Clock& the_clock, FileDescriptor the_epoll, FileDescriptor the_wake)
      : clock(the_clock),
        epoll(std::move(the_epoll)),
        wake(std::move(the_wake)),
        now(the_clock.monotonic()),
        wheel(now) {}

  const core::Clock& clock;
  FileDescriptor epoll;
  FileDescriptor wake;
  core::MonotonicTime now;
  TimerWheel wheel;
  SendingPhase* first_send = nullptr;
  SendingPhase* last_send = nullptr;
  std::size_t sends_waiting = 0;
  bool sending = false;
  std::span<epoll_event> batch;  ///< events of this turn that were not handed out yet

  std::atomic<bool> stopping = false;
  std::atomic<bool> posted_flag = false;  ///< spares the mutex in turns without posted work
  std::mutex posted_mutex;
  std::vector<std::function<void()>> posted;
  std::vector<std::function<void()>> posted_running;

  void turn();
  int timeout_millis() const;
  void hand_out(std::span<epoll_event> events);
  void run_posted();
  void run_sends();
  void drain_wake() const noexcept;
  void signal() const noexcept;
};

core::Result<std::unique_ptr<EventLoop>> EventLoop::create(const core::Clock& clock) {
  FileDescriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return fail_errno("no event loop", "epoll_create1");
  FileDescriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return fail_errno("no event loop", "eventfd");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;  // the one registration without a sink
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event) != 0) {
    return fail_errno("no event loop", "epoll_ctl");
  }
  auto state = std::make_unique<State>(clock, std::move(epoll), std::move(wake));
  return std::unique_ptr<EventLoop>(new EventLoop(std::move(state)));
}

EventLoop::EventLoop(std::unique_ptr<State> state) : state_(std::move(state)) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() {
  while (!state_->stopping.load(std::memory_order_acquire)) state_->turn();
  state_->stopping.store(false, std::memory_order_release);
}

void EventLoop::stop() noexcept {
  state_->stopping.store(true, std::memory_order_release);
  state_->signal();
}

void EventLoop::post(std::function<void()> work) {
  // All under the lock: once it is free the work may run, and may be what ends the loop's life.
  const std::scoped_lock lock(state_->posted_mutex);
  const bool first = state_->posted.empty();
  state_->posted.push_back(std::move(work));
  state_->posted_flag.store(true, std::memory_order_release);
  if (first) state_->signal();
}

core::MonotonicTime EventLoop::now() const noexcept {
  return state_->now;
}
const core::Clock& EventLoop::clock() const noexcept {
  return state_->clock;
}

void EventLoop::arm(Timer& timer, core::MonotonicTime due) {
  state_->wheel.arm(timer, due);
}

core::Result<void> EventLoop::add(int fd, ReadinessSink& sink) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &sink;
  if (::epoll_ctl(state_->epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return fail_errno("the connection cannot be watched", "epoll_ctl");
  }
  return {};
}

void EventLoop::remove(int fd, ReadinessSink& sink) noexcept {
  epoll_event ignored{};
  ::epoll_ctl(state_->epoll.get(), EPOLL_CTL_DEL, fd, &ignored);
  // This turn's batch may still hold an event of the sink, whose memory may be reused.
  for (epoll_event& event : state_->batch) {
    if (event.data.ptr == &sink) event.events = 0;
  }
}

namespace {
/// Suspends until its timer runs out, or until cancel() moves the timer to the present: a
/// coroutine is never resumed from inside Cancellation::request(), whose owner it might destroy.
class Sleep {
 public:
  Sleep(EventLoop& loop, core::MonotonicTime due, core::Cancellation& cancellation)
      : loop_(loop),
        due_(due),
        timer_([this] { waiter_.resume(); }),
        callback_(cancellation, [this] { cancel(); }) {}

  bool await_ready() const noexcept { return cancelled_; }
  void await_suspend(std::coroutine_handle<> waiter) {
    waiter_ = waiter;
    loop_.arm(timer_, due_);
  }
  bool await_resume() const noexcept { return !cancelled_; }

 private:
  void cancel() {
    cancelled_ = true;
    if (waiter_) loop_.arm(timer_, loop_.now());
  }

  EventLoop& loop_;
  core::MonotonicTime due_;
  bool cancelled_ = false;
  std::coroutine_handle<> waiter_;
  Timer timer_;
  core::CancelCallback callback_;
};
}  // namespace

core::Task<core::Result<void>> EventLoop::sleep_until(core::MonotonicTime due,
                                                      core::Cancellation& cancellation) {
  Sleep sleep(*this, due, cancellation);
  const bool slept = co_await sleep;
  if (!slept) co_return core::fail(core::Errc::cancelled, "cancelled");
  co_return core::Result<void>();
}

void EventLoop::State::turn() {
  std::array<epoll_event, kEventsPerTurn> events;
  const int count =
      ::epoll_wait(epoll.get(), events.data(), static_cast<int>(kEventsPerTurn), timeout_millis());
  if (count < 0 && errno != EINTR) std::abort();  // a bad descriptor: the loop itself is broken
  now = clock.monotonic();
  if (count > 0) hand_out(std::span(events).first(static_cast<std::size_t>(count)));
  if (posted_flag.load(std::memory_order_acquire)) run_posted();
  wheel.fire(now);
  run_sends();
}

int EventLoop::State::timeout_millis() const {
  if (sends_waiting > 0) return 0;
  const std::optional<core::MonotonicTime> next = wheel.next_call();
  if (!next) return -1;
  const core::Nanos left = *next - clock.monotonic();
  if (left <= core::Nanos(0)) return 0;
  const auto millis = std::chrono::ceil<core::Millis>(left).count();
  return static_cast<int>(std::min<std::int64_t>(millis, std::numeric_limits<int>::max()));
}

void EventLoop::State::hand_out(std::span<epoll_event> events) {
  batch = events;
  while (!batch.empty()) {
    const epoll_event event = batch.front();
    batch = batch.subspan(1);
    if (event.data.ptr == nullptr) {
      drain_wake();
    } else if (event.events != 0) {
      static_cast<ReadinessSink*>(event.data.ptr)->on_ready(edges_of(event.events));
      if (sends_waiting >= kSendsTogether) run_sends();
    }
  }
}

void EventLoop::State::run_posted() {
  {
    const std::scoped_lock lock(posted_mutex);
    posted_running.swap(posted);
    posted_flag.store(false, std::memory_order_relaxed);
  }
  for (std::function<void()>& work : posted_running) work();
  posted_running.clear();
}

void EventLoop::State::run_sends() {
  sending = true;
  while (first_send != nullptr) {
    const std::coroutine_handle<> waiter = first_send->handle_;
    first_send->unlink();
    waiter.resume();
  }
  sending = false;
}

void EventLoop::State::drain_wake() const noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake.get(), &count, sizeof count);
}

void EventLoop::State::signal() const noexcept {
  const int saved = errno;  // stop() may run in a signal handler
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t put = ::write(wake.get(), &one, sizeof one);
  errno = saved;
}

bool SendingPhase::await_ready() const noexcept {
  return loop_.state_->sending;
}

void SendingPhase::await_suspend(std::coroutine_handle<> handle) noexcept {
  EventLoop::State& loop = *loop_.state_;
  handle_ = handle;
  linked_ = true;
  previous_ = loop.last_send;
  (previous_ != nullptr ? previous_->next_ : loop.first_send) = this;
  loop.last_send = this;
  ++loop.sends_waiting;
}

void SendingPhase::unlink() noexcept {
  if (!linked_) return;
  EventLoop::State& loop = *loop_.state_;
  linked_ = false;
  (previous_ != nullptr ? previous_->next_ : loop.first_send) = next_;
  (next_ != nullptr ? next_->previous_ : loop.last_send) = previous_;
  --loop.sends_waiting;
}

}  // namespace gatehouse::net
