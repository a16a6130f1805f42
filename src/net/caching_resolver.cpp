#include "caching_resolver.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

namespace gatehouse::net {

namespace {
using Answer = core::Result<std::vector<SocketAddress>>;

/// A coroutine that waits for an answer. `loop` is guarded by the resolver's mutex and null once
/// nobody waits; the rest belongs to the loop's thread.
struct Waiting {
  EventLoop* loop = nullptr;
  std::coroutine_handle<> handle;
  std::optional<Answer> answer;
};

struct Cached {
  Answer answer;
  core::MonotonicTime expires;
};

void set_port(std::vector<SocketAddress>& addresses, std::uint16_t port) {
  for (SocketAddress& address : addresses) {
    if (address.storage.ss_family == AF_INET) {
      reinterpret_cast<sockaddr_in&>(address.storage).sin_port = htons(port);
    } else if (address.storage.ss_family == AF_INET6) {
      reinterpret_cast<sockaddr_in6&>(address.storage).sin6_port = htons(port);
    }
  }
}
}  // namespace

struct CachingResolver::State {
  State(Lookup the_lookup, Options the_options)
      : lookup(std::move(the_lookup)), options(the_options) {}

  const Lookup lookup;
  const Options options;
  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  std::unordered_map<std::string, Cached> cache;
  struct Wanted {
    std::vector<std::shared_ptr<Waiting>> waiting;  ///< may be empty: all left
    const core::Clock* clock;
  };
  std::map<std::string, Wanted> wanted;  ///< queued or being looked up
  std::deque<std::string> queue;
  struct Worker {
    std::thread thread;
    bool busy = false;
  };
  std::deque<Worker> workers;  ///< references stay valid

  std::optional<Answer> cached(const std::string& host, core::MonotonicTime now);
  /// False when too much is queued, or when no thread can be started.
  static bool want(const std::shared_ptr<State>& self, const std::string& host,
                   const std::shared_ptr<Waiting>& waiting);
  void forget(const std::string& host, const std::shared_ptr<Waiting>& waiting);

 private:
  static bool start_workers(const std::shared_ptr<State>& self);
  void serve(Worker& worker);
  void finish(const std::string& host, Answer answer);
  void remember(const std::string& host, const Answer& answer, core::MonotonicTime now);
};

CachingResolver::CachingResolver(Lookup lookup, Options options)
    : state_(std::make_shared<State>(std::move(lookup), options)) {}

CachingResolver::~CachingResolver() {
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  state_->changed.notify_all();
  for (State::Worker& worker : state_->workers) {
    // getaddrinfo cannot be interrupted and may take half a minute. Its thread keeps the state.
    if (worker.busy) {
      worker.thread.detach();
      continue;
    }
    std::thread thread = std::move(worker.thread);
    lock.unlock();
    thread.join();
    lock.lock();
  }
}

bool CachingResolver::State::start_workers(const std::shared_ptr<State>& self) {
  while (self->workers.size() < self->options.threads) {
    Worker& worker = self->workers.emplace_back();
    try {
      worker.thread = std::thread([self, &worker] { self->serve(worker); });
    } catch (const std::system_error&) {
      self->workers.pop_back();
      break;
    }
  }
  return !self->workers.empty();
}

void CachingResolver::State::serve(Worker& worker) {
  std::unique_lock lock(mutex);
  for (;;) {
    changed.wait(lock, [this] { return stopping || !queue.empty(); });
    if (stopping) return;
    const std::string host = std::move(queue.front());
    queue.pop_front();
    worker.busy = true;
    lock.unlock();
    Answer answer = lookup(host);
    lock.lock();
    worker.busy = false;
    if (stopping) return;  // the clocks and loops may be gone
    finish(host, std::move(answer));
  }
}

/// Under the mutex: whoever waits keeps its loop alive, and cannot leave meanwhile.
void CachingResolver::State::finish(const std::string& host, Answer answer) {
  if (answer && answer->size() > options.max_addresses) answer->resize(options.max_addresses);
  const auto found = wanted.find(host);
  remember(host, answer, found->second.clock->monotonic());
  for (const std::shared_ptr<Waiting>& waiting : found->second.waiting) {
    waiting->loop->post([waiting, answer] {
      waiting->answer = answer;
      if (waiting->handle) std::exchange(waiting->handle, {}).resume();
    });
  }
  wanted.erase(found);
}

std::optional<Answer> CachingResolver::State::cached(const std::string& host,
                                                     core::MonotonicTime now) {
  const std::scoped_lock lock(mutex);
  const auto found = cache.find(host);
  if (found == cache.end() || found->second.expires <= now) return std::nullopt;
  return found->second.answer;
}

void CachingResolver::State::remember(const std::string& host, const Answer& answer,
                                      core::MonotonicTime now) {
  if (cache.size() >= options.max_cached) {
    std::erase_if(cache, [now](const auto& entry) { return entry.second.expires <= now; });
    if (cache.size() >= options.max_cached) cache.clear();
  }
  const core::Millis lifetime = answer ? options.lifetime : options.failure_lifetime;
  cache.insert_or_assign(host, Cached{answer, now + lifetime});
}

bool CachingResolver::State::want(const std::shared_ptr<State>& self, const std::string& host,
                                  const std::shared_ptr<Waiting>& waiting) {
  const std::scoped_lock lock(self->mutex);
  const auto found = self->wanted.find(host);
  if (found != self->wanted.end()) {
    found->second.waiting.push_back(waiting);
    return true;
  }
  if (self->queue.size() >= self->options.max_queued || !start_workers(self)) return false;
  self->wanted.emplace(host, Wanted{{waiting}, &waiting->loop->clock()});
  self->queue.push_back(host);
  self->changed.notify_one();
  return true;
}

void CachingResolver::State::forget(const std::string& host,
                                    const std::shared_ptr<Waiting>& waiting) {
  const std::scoped_lock lock(mutex);
  const auto found = wanted.find(host);
  if (found != wanted.end()) std::erase(found->second.waiting, waiting);
}

namespace {
/// Waits for the answer, the deadline or the cancellation, whichever is first.
class AnswerWait {
 public:
  AnswerWait(CachingResolver::State& state, EventLoop& loop, const std::string& host,
             std::shared_ptr<Waiting> waiting, core::MonotonicTime deadline,
             core::Cancellation& cancellation)
      : state_(state),
        loop_(loop),
        host_(host),
        waiting_(std::move(waiting)),
        deadline_(deadline),
        timer_([this] { expire(); }),
        callback_(cancellation, [this] { loop_.arm(timer_, loop_.now()); }) {}
  AnswerWait(const AnswerWait&) = delete;
  AnswerWait& operator=(const AnswerWait&) = delete;
  ~AnswerWait() {
    waiting_->handle = {};
    state_.forget(host_, waiting_);
  }

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    waiting_->handle = handle;
    if (!timer_.armed()) loop_.arm(timer_, deadline_);
  }
  void await_resume() const noexcept {}

 private:
  void expire() {
    if (waiting_->handle) std::exchange(waiting_->handle, {}).resume();
  }

  CachingResolver::State& state_;
  EventLoop& loop_;
  const std::string& host_;
  std::shared_ptr<Waiting> waiting_;
  core::MonotonicTime deadline_;
  Timer timer_;
  core::CancelCallback callback_;
};
}  // namespace

core::Task<Answer> CachingResolver::resolve(EventLoop& loop, const std::string& host,
                                            std::uint16_t port, core::MonotonicTime deadline,
                                            core::Cancellation& cancellation) {
  if (cancellation.requested()) co_return core::fail(core::Errc::cancelled, "cancelled");
  const auto literal = parse_ip_literal(host, port);
  if (literal) co_return std::vector{*literal};

  const std::shared_ptr<State> state = state_;
  std::optional<Answer> answer = state->cached(host, loop.now());
  if (!answer) {
    auto waiting = std::make_shared<Waiting>();
    waiting->loop = &loop;
    if (!State::want(state, host, waiting)) {
      co_return core::fail(core::Errc::unavailable, "too many name look-ups are queued");
    }
    {
      AnswerWait wait(*state, loop, host, waiting, deadline, cancellation);
      co_await wait;
    }
    answer = std::move(waiting->answer);
    if (!answer && cancellation.requested()) {
      co_return core::fail(core::Errc::cancelled, "cancelled");
    }
    if (!answer) {
      co_return core::fail(core::Errc::upstream_timeout, "the name look-up took too long", host);
    }
  }
  if (*answer) set_port(**answer, port);
  co_return std::move(*answer);
}

}  // namespace gatehouse::net
