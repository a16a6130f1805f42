#pragma once
/// Where log lines go.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gatehouse/telemetry/log.hpp"

namespace gatehouse::telemetry {

/// Hands lines to a thread that writes them to a file descriptor. When nobody reads the other end
/// and the buffer is full, new lines are dropped and counted, and the server goes on (faults.md
/// H7); a "log_lines_dropped" line says so once there is room again.
class AsyncLogSink final : public LogSink {
 public:
  struct Options {
    std::size_t buffer_bytes = std::size_t{4} << 20;
    /// How long the destructor waits for a blocked reader before it drops what is left.
    std::chrono::milliseconds patience{1000};
  };

  /// `fd` must stay open for the sink's life; it is neither closed nor made non-blocking.
  explicit AsyncLogSink(int fd) : AsyncLogSink(fd, Options()) {}
  AsyncLogSink(int fd, Options options);
  ~AsyncLogSink() override;

  void write(std::string_view line) override;
  /// Waits until everything accepted so far is written or `patience` is over.
  void flush(std::chrono::milliseconds patience);
  /// Lines lost since the start.
  std::uint64_t dropped() const;

 private:
  void run();
  std::string_view write_out(std::string_view bytes);  // returns what could not be written

  const int fd_;
  const Options options_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;     // lines are there, or it is time to stop
  std::condition_variable written_;  // a batch has gone out
  std::string pending_;
  std::uint64_t dropped_ = 0;
  std::uint64_t reported_ = 0;  // dropped lines that a line has told of
  bool writing_ = false;
  bool stopping_ = false;
  bool broken_ = false;  // the reader is gone: everything is dropped
  std::atomic<bool> give_up_ = false;
  std::thread thread_;
};

/// Keeps lines for tests.
class MemoryLogSink final : public LogSink {
 public:
  void write(std::string_view line) override {
    const std::scoped_lock lock(mutex_);
    lines_.emplace_back(line);
  }
  std::vector<std::string> lines() const {
    const std::scoped_lock lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace gatehouse::telemetry
