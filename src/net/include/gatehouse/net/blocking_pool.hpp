#pragma once
/// Blocking work (SQL, files, password hashes) on a few threads, awaited from an event loop.

#include <coroutine>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "gatehouse/core/error.hpp"
#include "gatehouse/core/task.hpp"
#include "gatehouse/net/event_loop.hpp"

namespace gatehouse::net {

namespace detail {

/// One piece of work and the coroutine that waits for it. The coroutine may be destroyed while
/// the work is queued or runs: then nobody is resumed.
class BlockingJob {
 public:
  explicit BlockingJob(EventLoop& loop) : loop_(&loop) {}
  virtual ~BlockingJob() = default;
  BlockingJob(const BlockingJob&) = delete;
  BlockingJob& operator=(const BlockingJob&) = delete;

  virtual void work() noexcept = 0;  ///< on the pool's thread

  /// On the pool's thread, after work().
  static void announce(std::shared_ptr<BlockingJob> job);

  /// Awaiter, on the loop's thread.
  class Wait {
   public:
    explicit Wait(BlockingJob& job) noexcept : job_(job) {}
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait() { job_.abandon(); }
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept { job_.waiter_ = waiter; }
    void await_resume() const noexcept {}

   private:
    BlockingJob& job_;
  };

 private:
  void abandon() noexcept;

  std::mutex mutex_;
  EventLoop* loop_;                 ///< null once nobody waits; guarded by mutex_
  std::coroutine_handle<> waiter_;  ///< loop's thread only
};

template <class Work>
class BlockingJobOf final : public BlockingJob {
 public:
  using Outcome = std::invoke_result_t<Work&>;

  BlockingJobOf(EventLoop& loop, Work work) : BlockingJob(loop), work_(std::move(work)) {}
  void work() noexcept override {
    try {
      outcome_.emplace(work_());
    } catch (...) {
      bug_ = std::current_exception();
    }
  }
  Outcome take() {
    if (bug_) std::rethrow_exception(bug_);
    return std::move(*outcome_);  // NOLINT(bugprone-unchecked-optional-access): it has run
  }

 private:
  Work work_;
  std::optional<Outcome> outcome_;
  std::exception_ptr bug_;
};

}  // namespace detail

/// Thread-safe; shared by all loops. Destruction runs what is queued to its end.
class BlockingPool {
 public:
  explicit BlockingPool(std::size_t threads, std::size_t max_queued = 4'096);
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  /// Runs `work()`, which returns a core::Result and must not touch what belongs to the loop, on
  /// a thread of the pool and resumes on `loop`'s thread with its result; Errc::unavailable when
  /// too much is queued. An exception of the work is rethrown here. Work that has begun is not
  /// interrupted when the waiting coroutine is destroyed.
  template <class Work>
  core::Task<std::invoke_result_t<Work&>> run(EventLoop& loop, Work work) {
    auto job = std::make_shared<detail::BlockingJobOf<Work>>(loop, std::move(work));
    if (!submit(job)) {
      co_return core::fail(core::Errc::unavailable, "the server is busy",
                           "too many blocking operations are queued");
    }
    detail::BlockingJob::Wait wait(*job);
    co_await wait;
    co_return job->take();
  }

 private:
  struct State;
  bool submit(std::shared_ptr<detail::BlockingJob> job);
  std::unique_ptr<State> state_;
};

}  // namespace gatehouse::net
