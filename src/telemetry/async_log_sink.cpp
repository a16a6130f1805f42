#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "gatehouse/core/text.hpp"
#include "gatehouse/telemetry/log_sinks.hpp"

namespace gatehouse::telemetry {

namespace {
/// POSIX: when poll() reports a pipe writable, this many bytes can be written without blocking.
constexpr std::size_t kPipeAtom = 4096;
/// How often a blocked writer looks whether it should give up.
constexpr int kPollMillis = 50;

std::string dropped_line(std::uint64_t count) {
  std::string line = R"({"level":"warning","event":"log_lines_dropped","count":)";
  core::append_number(line, count);
  return line + "}\n";
}
}  // namespace

AsyncLogSink::AsyncLogSink(int fd, Options options)
    : fd_(fd), options_(options), thread_([this] { run(); }) {}

AsyncLogSink::~AsyncLogSink() {
  flush(options_.patience);
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    give_up_.store(true);
  }
  wake_.notify_one();
  thread_.join();
}

void AsyncLogSink::write(std::string_view line) {
  bool was_empty = false;
  {
    const std::scoped_lock lock(mutex_);
    if (broken_ || pending_.size() + line.size() + 1 > options_.buffer_bytes) {
      ++dropped_;
      return;
    }
    was_empty = pending_.empty();
    pending_.append(line).push_back('\n');
  }
  if (was_empty) wake_.notify_one();
}

void AsyncLogSink::flush(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  written_.wait_for(lock, patience, [&] { return broken_ || (pending_.empty() && !writing_); });
}

std::uint64_t AsyncLogSink::dropped() const {
  const std::scoped_lock lock(mutex_);
  return dropped_;
}

void AsyncLogSink::run() {
  std::string batch;
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return stopping_ || !pending_.empty(); });
    if (pending_.empty()) return;
    batch.clear();
    std::swap(batch, pending_);
    if (dropped_ != reported_) batch += dropped_line(dropped_ - std::exchange(reported_, dropped_));
    writing_ = true;
    lock.unlock();
    const std::string_view left = write_out(batch);
    lock.lock();
    writing_ = false;
    if (!left.empty()) {
      broken_ = true;
      dropped_ += static_cast<std::uint64_t>(std::ranges::count(left, '\n') +
                                             std::ranges::count(pending_, '\n'));
      pending_.clear();
    }
    written_.notify_all();
    if (stopping_ && pending_.empty()) return;
  }
}

std::string_view AsyncLogSink::write_out(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd target{fd_, POLLOUT, 0};
    const int ready = ::poll(&target, 1, kPollMillis);
    if (ready == 0 || (ready < 0 && errno == EINTR)) {
      if (give_up_.load()) return bytes;
      continue;
    }
    if (ready < 0 || (target.revents & (POLLERR | POLLNVAL)) != 0) return bytes;
    const ssize_t written = ::write(fd_, bytes.data(), std::min(bytes.size(), kPipeAtom));
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (written < 0 && errno != EINTR && errno != EAGAIN) {
      return bytes;
    }
  }
  return bytes;
}

}  // namespace gatehouse::telemetry
