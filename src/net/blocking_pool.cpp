#include "gatehouse/net/blocking_pool.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <thread>
#include <vector>

namespace gatehouse::net {

void detail::BlockingJob::announce(std::shared_ptr<BlockingJob> job) {
  // Under the lock: whoever waits keeps the loop alive, and cannot leave meanwhile.
  BlockingJob& done = *job;
  const std::scoped_lock lock(done.mutex_);
  if (done.loop_ == nullptr) return;
  done.loop_->post([job = std::move(job)] {
    if (job->waiter_) std::exchange(job->waiter_, {}).resume();
  });
}

void detail::BlockingJob::abandon() noexcept {
  const std::scoped_lock lock(mutex_);
  loop_ = nullptr;
  waiter_ = {};
}

struct BlockingPool::State {
  std::size_t max_queued = 0;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::shared_ptr<detail::BlockingJob>> queue;
  bool stopping = false;
  std::vector<std::thread> threads;

  void serve() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      std::shared_ptr<detail::BlockingJob> job = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      job->work();
      detail::BlockingJob::announce(std::move(job));
      lock.lock();
    }
  }
};

BlockingPool::BlockingPool(std::size_t threads, std::size_t max_queued)
    : state_(std::make_unique<State>()) {
  state_->max_queued = max_queued;
  for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i) {
    state_->threads.emplace_back([state = state_.get()] { state->serve(); });
  }
}

BlockingPool::~BlockingPool() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

bool BlockingPool::submit(std::shared_ptr<detail::BlockingJob> job) {
  {
    const std::scoped_lock lock(state_->mutex);
    if (state_->queue.size() >= state_->max_queued) return false;
    state_->queue.push_back(std::move(job));
  }
  state_->changed.notify_one();
  return true;
}

}  // namespace gatehouse::net
