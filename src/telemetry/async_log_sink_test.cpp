#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "gatehouse/telemetry/log_sinks.hpp"

namespace gatehouse::telemetry {
namespace {
using namespace std::chrono_literals;

class Pipe {
 public:
  /// A pipe that is full with the first write, or one of the usual size.
  explicit Pipe(bool narrow = false) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    read_ = ends[0];
    write_ = ends[1];
    if (narrow) ::fcntl(write_, F_SETPIPE_SZ, 4096);
  }
  ~Pipe() {
    close_reader();
    close_writer();
  }
  int writer() const { return write_; }
  void close_reader() { close(read_); }
  void close_writer() { close(write_); }
  /// What comes until `end` was seen, or until the writer is closed.
  std::string read_until(std::string_view end) const {
    std::string out;
    char buffer[4096];
    while (end.empty() || out.find(end) == std::string::npos) {
      const ssize_t got = ::read(read_, buffer, sizeof buffer);
      if (got <= 0) break;
      out.append(buffer, static_cast<std::size_t>(got));
    }
    return out;
  }

 private:
  static void close(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  int read_ = -1;
  int write_ = -1;
};

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(AsyncLogSink, WritesLinesInOrder) {
  Pipe pipe;
  {
    AsyncLogSink sink(pipe.writer());
    for (int i = 0; i < 100; ++i) sink.write("line " + std::to_string(i));
    EXPECT_EQ(sink.dropped(), 0u);
  }
  pipe.close_writer();
  std::string expected;
  for (int i = 0; i < 100; ++i) expected += "line " + std::to_string(i) + "\n";
  EXPECT_EQ(pipe.read_until(""), expected);
}

/// The sum of what the "log_lines_dropped" lines tell.
std::uint64_t told(std::string_view text) {
  constexpr std::string_view kCount = "\"log_lines_dropped\",\"count\":";
  std::uint64_t sum = 0;
  for (auto at = text.find(kCount); at != std::string_view::npos; at = text.find(kCount, at + 1)) {
    sum += std::stoull(std::string(text.substr(at + kCount.size(), 20)));
  }
  return sum;
}

TEST(AsyncLogSink, DropsAndCountsWhenNobodyReads) {
  Pipe pipe(true);
  const std::string line(99, 'x');
  std::uint64_t written = 10'000;
  std::uint64_t dropped = 0;
  std::string out;
  std::thread reader;
  {
    AsyncLogSink sink(pipe.writer(), {.buffer_bytes = 1000, .patience = 5s});
    for (std::uint64_t i = 0; i < written; ++i) sink.write(line);  // returns although it is full
    EXPECT_GT(sink.dropped(), written / 2);
    reader = std::thread([&] { out = pipe.read_until(""); });
    // The pipe moves again. A line that is accepted now goes out with the count of the others.
    do {
      dropped = sink.dropped();
      sink.write(line);
      ++written;
    } while (sink.dropped() != dropped);
  }
  pipe.close_writer();
  reader.join();
  EXPECT_EQ(told(out), dropped);
  EXPECT_EQ(count(out, line + "\n"), written - dropped);
}

TEST(AsyncLogSink, ABlockedReaderDoesNotHoldUpTheEnd) {
  Pipe pipe(true);
  AsyncLogSink sink(pipe.writer(), {.patience = 1ms});
  for (int i = 0; i < 1000; ++i) sink.write(std::string(100, 'x'));
}  // the destructor returns

TEST(AsyncLogSink, AReaderThatLeftIsCounted) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.close_reader();
  AsyncLogSink sink(pipe.writer(), {.patience = 5s});
  sink.write("lost");
  sink.flush(5s);
  sink.write("lost, too");
  EXPECT_EQ(sink.dropped(), 2u);
}

TEST(AsyncLogSink, ManyThreadsMayWrite) {
  Pipe pipe;
  {
    AsyncLogSink sink(pipe.writer());
    std::thread reader;
    std::vector<std::thread> writers;
    std::string out;
    reader = std::thread([&] { out = pipe.read_until(""); });
    for (int t = 0; t < 4; ++t) {
      writers.emplace_back([&sink, t] {
        for (int i = 0; i < 500; ++i) sink.write("<" + std::to_string(t) + ">");
      });
    }
    for (auto& writer : writers) writer.join();
    sink.flush(5s);
    pipe.close_writer();
    reader.join();
    for (int t = 0; t < 4; ++t) EXPECT_EQ(count(out, "<" + std::to_string(t) + ">\n"), 500u);
  }
}

}  // namespace
}  // namespace gatehouse::telemetry
