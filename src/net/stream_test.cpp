#include "gatehouse/net/stream.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include "loop_test_support.hpp"
#include "socket_test_support.hpp"

namespace gatehouse::net {
namespace {

using core::Errc;
using core::Millis;
using core::Result;
using core::Task;
using testing::Peer;
using testing::tcp_pair;

using Pieces = std::vector<std::string_view>;

class StreamTest : public testing::LoopTest {
 protected:
  StreamTest() {
    auto [ours, theirs] = tcp_pair();
    fd_ = ours;
    stream_ = Stream::adopt(loop(), ours).value();
    peer_ = std::make_unique<Peer>(theirs);
  }

  /// Makes the kernel take little of what the peer does not read.
  void limit_send_buffer() const {
    const int small = 128 * 1024;
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  }

  int fd_ = -1;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Peer> peer_;
};

Task<void> read_into(Stream* stream, std::string* into, Errc* error) {
  std::array<char, 64> buffer;
  for (;;) {
    const Result<std::size_t> got = co_await stream->read_some(buffer);
    if (!got) {
      *error = got.error().code;
      co_return;
    }
    if (*got == 0) co_return;
    into->append(buffer.data(), *got);
  }
}

Task<void> write_all(Stream* stream, std::string_view text, Errc* error) {
  const Result<void> written = co_await stream->write(std::span(&text, 1));
  *error = written ? Errc::internal : written.error().code;
}

constexpr Errc kNone = Errc::internal;

TEST_F(StreamTest, ReadsWhatArrivesUntilAnOrderlyEnd) {
  peer_->send("hello ");
  loop().post([&] {
    peer_->send("world");
    peer_->shutdown_send();
  });
  std::string text;
  Errc error = kNone;
  run(read_into(stream_.get(), &text, &error));
  EXPECT_EQ(text, "hello world");
  EXPECT_EQ(error, kNone);
}

TEST_F(StreamTest, BytesBeforeAndInTheSameTurnAsTheEndAreAllRead) {
  // Longer than the reader's buffer, and not a multiple of it: the last read is short while the
  // end is known already.
  const std::string sent(64 * 7 + 13, 'x');
  peer_->send(sent);
  peer_->shutdown_send();
  std::string text;
  Errc error = kNone;
  run(read_into(stream_.get(), &text, &error));
  EXPECT_EQ(text, sent);
  EXPECT_EQ(error, kNone);
}

TEST_F(StreamTest, EndIsReportedAgainOnEveryRead) {
  peer_->shutdown_send();
  std::string text;
  Errc error = kNone;
  run(read_into(stream_.get(), &text, &error));
  run(read_into(stream_.get(), &text, &error));
  EXPECT_EQ(error, kNone);
}

TEST_F(StreamTest, HalfClosedPeerStillReceives) {
  peer_->shutdown_send();
  std::string text;
  Errc error = kNone;
  run(read_into(stream_.get(), &text, &error));
  run(write_all(stream_.get(), "answer", &error));
  EXPECT_EQ(error, kNone);
  EXPECT_EQ(peer_->receive(6), "answer");
}

TEST_F(StreamTest, ResetOfThePeerIsClosed) {
  loop().post([&] { peer_->reset(); });
  std::string text;
  Errc error = kNone;
  run(read_into(stream_.get(), &text, &error));
  EXPECT_EQ(error, Errc::closed);
}

TEST_F(StreamTest, WriteAfterTheResetOfThePeerIsClosedAndRaisesNoSignal) {
  peer_->reset();
  std::string text;
  Errc error = kNone;
  run(read_into(stream_.get(), &text, &error));
  EXPECT_EQ(error, Errc::closed);
  run(write_all(stream_.get(), "x", &error));
  EXPECT_EQ(error, Errc::closed);
}

Task<void> write_pieces(Stream* stream, const Pieces* pieces) {
  const Result<void> written = co_await stream->write(*pieces);
  EXPECT_TRUE(written.has_value());
}

TEST_F(StreamTest, PiecesAreWrittenInOrderEmptyOnesSkipped) {
  std::vector<std::string> texts;
  Pieces pieces;
  std::string expected;
  for (int i = 0; i < 300; ++i) texts.push_back(i % 3 == 0 ? "" : std::to_string(i) + ",");
  for (const std::string& text : texts) {
    pieces.push_back(text);
    expected += text;
  }
  run(write_pieces(stream_.get(), &pieces));
  EXPECT_EQ(peer_->receive(expected.size()), expected);
}

TEST_F(StreamTest, WriteOfNothingEndsAtOnce) {
  const Pieces pieces{"", ""};
  run(write_pieces(stream_.get(), &pieces));
}

Task<void> write_then_flag(Stream* stream, const std::string* text, bool* done) {
  const std::array<std::string_view, 3> pieces{std::string_view(*text).substr(0, 1'000),
                                               std::string_view(*text).substr(1'000, 70'000),
                                               std::string_view(*text).substr(71'000)};
  const Result<void> written = co_await stream->write(pieces);
  EXPECT_TRUE(written.has_value());
  *done = true;
}

TEST_F(StreamTest, SlowPeerSuspendsTheWriterUntilItReads) {
  limit_send_buffer();
  std::string text;
  for (int i = 0; text.size() < 1'500'000; ++i) text += std::to_string(i);
  bool done = false;
  std::string received;
  std::function<void()> drain = [&] {
    received += peer_->receive_available();
    if (received.size() < text.size()) loop().post(drain);
  };
  Timer start([&] {
    EXPECT_FALSE(done);  // this much does not fit into the kernel's buffers
    drain();
  });
  loop().arm(start, clock_.monotonic() + Millis(12));
  run(write_then_flag(stream_.get(), &text, &done));
  received += peer_->receive(text.size() - received.size());
  EXPECT_TRUE(done);
  EXPECT_TRUE(received == text);
}

TEST_F(StreamTest, ReadDeadlineEndsTheWaitAndLaterReadsWork) {
  std::string text;
  Errc error = kNone;
  const auto due = clock_.monotonic() + Millis(8);
  stream_->set_read_deadline(due);
  run(read_into(stream_.get(), &text, &error));
  EXPECT_EQ(error, Errc::deadline_exceeded);
  EXPECT_GE(clock_.monotonic(), due);
  stream_->clear_deadlines();
  peer_->send("late");
  peer_->shutdown_send();
  error = kNone;
  run(read_into(stream_.get(), &text, &error));
  EXPECT_EQ(error, kNone);
  EXPECT_EQ(text, "late");
}

TEST_F(StreamTest, DeadlineMayMoveWhileAReaderWaits) {
  std::string text;
  Errc error = kNone;
  stream_->set_read_deadline(clock_.monotonic() + std::chrono::hours(1));
  loop().post([&] { stream_->set_read_deadline(loop().now() + Millis(4)); });
  run(read_into(stream_.get(), &text, &error));
  EXPECT_EQ(error, Errc::deadline_exceeded);
}

TEST_F(StreamTest, EarlierDeadlineThatMovedLaterDoesNotEndTheWait) {
  std::string text;
  Errc error = kNone;
  stream_->set_read_deadline(clock_.monotonic() + Millis(4));
  Timer sender([&] {
    peer_->send("x");
    peer_->shutdown_send();
  });
  loop().post([&] { stream_->set_read_deadline(loop().now() + std::chrono::hours(1)); });
  loop().arm(sender, clock_.monotonic() + Millis(20));
  run(read_into(stream_.get(), &text, &error));
  EXPECT_EQ(error, kNone);
  EXPECT_EQ(text, "x");
}

TEST_F(StreamTest, DeadlineInThePastStillLetsReadyBytesThrough) {
  peer_->send("ready");
  Errc error = kNone;
  run(write_all(stream_.get(), "turn", &error));  // lets the edge arrive
  stream_->set_read_deadline(clock_.monotonic() - Millis(1));
  std::string text;
  run(read_into(stream_.get(), &text, &error));
  EXPECT_EQ(text, "ready");
  EXPECT_EQ(error, Errc::deadline_exceeded);
}

TEST_F(StreamTest, WriteDeadlineEndsAWaitForASlowPeer) {
  limit_send_buffer();
  const std::string text(1'500'000, 'x');
  Errc error = kNone;
  stream_->set_write_deadline(clock_.monotonic() + Millis(12));
  run(write_all(stream_.get(), text, &error));
  EXPECT_EQ(error, Errc::deadline_exceeded);
}

TEST_F(StreamTest, CancelEndsAPresentReadOutsideOfTheCall) {
  std::string text;
  Errc error = kNone;
  loop().post([&] {
    stream_->cancel();
    EXPECT_EQ(error, kNone);
  });
  run(read_into(stream_.get(), &text, &error));
  EXPECT_EQ(error, Errc::cancelled);
  error = kNone;
  run(read_into(stream_.get(), &text, &error));  // and every future one
  EXPECT_EQ(error, Errc::cancelled);
  run(write_all(stream_.get(), "x", &error));
  EXPECT_EQ(error, Errc::cancelled);
}

TEST_F(StreamTest, CancelEndsAPresentWrite) {
  limit_send_buffer();
  const std::string text(1'500'000, 'x');
  Errc error = kNone;
  loop().post([&] { stream_->cancel(); });
  run(write_all(stream_.get(), text, &error));
  EXPECT_EQ(error, Errc::cancelled);
}

TEST_F(StreamTest, HangUpIsCalledOnceWhenThePeerCloses) {
  int calls = 0;
  stream_->watch_hang_up([&] {
    ++calls;
    loop().stop();
  });
  loop().post([&] { peer_->close(); });
  loop().run();
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(stream_->reusable());
}

TEST_F(StreamTest, HangUpIsCalledWhenThePeerResets) {
  int calls = 0;
  stream_->watch_hang_up([&] {
    ++calls;
    loop().stop();
  });
  loop().post([&] { peer_->reset(); });
  loop().run();
  EXPECT_EQ(calls, 1);
}

TEST_F(StreamTest, HangUpThatCameBeforeTheWatchIsReportedFromTheLoop) {
  peer_->close();
  loop().post([&] { loop().post([&] { loop().stop(); }); });
  loop().run();
  int calls = 0;
  stream_->watch_hang_up([&] {
    ++calls;
    loop().stop();
  });
  EXPECT_EQ(calls, 0);
  loop().run();
  EXPECT_EQ(calls, 1);
}

TEST_F(StreamTest, PipelinedBytesAreNoHangUpAndStayUnread) {
  int calls = 0;
  stream_->watch_hang_up([&] { ++calls; });
  loop().post([&] {
    peer_->send("next");
    loop().post([&] { loop().post([&] { loop().stop(); }); });
  });
  loop().run();
  EXPECT_EQ(calls, 0);
  EXPECT_FALSE(stream_->reusable());
  peer_->shutdown_send();
  stream_->watch_hang_up(nullptr);
  std::string text;
  Errc error = kNone;
  run(read_into(stream_.get(), &text, &error));
  EXPECT_EQ(text, "next");
}

TEST_F(StreamTest, HangUpCallbackMayDestroyTheStream) {
  stream_->watch_hang_up([&] {
    stream_.reset();
    loop().stop();
  });
  loop().post([&] { peer_->close(); });
  loop().run();
  EXPECT_EQ(stream_, nullptr);
}

Task<void> read_and_destroy(std::unique_ptr<Stream>* stream) {
  std::array<char, 8> buffer;
  const Result<std::size_t> got = co_await (*stream)->read_some(buffer);
  EXPECT_TRUE(got.has_value());
  stream->reset();
}

TEST_F(StreamTest, ReaderMayDestroyTheStreamWhenResumed) {
  loop().post([&] { peer_->send("x"); });
  run(read_and_destroy(&stream_));
  EXPECT_EQ(stream_, nullptr);
}

/// Starts a task and destroys it, suspended or not, at the end of its scope.
struct Started {
  struct promise_type {
    Started get_return_object() {
      return Started{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
  explicit Started(std::coroutine_handle<promise_type> the_handle) : handle(the_handle) {}
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;
  ~Started() { handle.destroy(); }
  std::coroutine_handle<promise_type> handle;
};
Started start(Task<void> task) {
  co_await std::move(task);
}

TEST_F(StreamTest, DestroyingASuspendedReadLeavesTheStreamUsable) {
  std::string lost;
  std::string text;
  Errc error = kNone;
  {
    const Started suspended = start(read_into(stream_.get(), &lost, &error));
    EXPECT_FALSE(suspended.handle.done());
  }
  peer_->send("x");
  peer_->shutdown_send();
  run(read_into(stream_.get(), &text, &error));
  EXPECT_EQ(lost, "");
  EXPECT_EQ(text, "x");
}

TEST_F(StreamTest, FreshAndExactlyDrainedStreamsAreReusable) {
  EXPECT_TRUE(stream_->reusable());
  const auto exact = [](Stream* stream) -> Task<void> {
    std::array<char, 4> buffer;
    const Result<std::size_t> got = co_await stream->read_some(buffer);
    EXPECT_EQ(got.value_or(0), 4U);
    EXPECT_TRUE(stream->reusable());
  };
  peer_->send("four");
  run(exact(stream_.get()));
  peer_->send("more");
  run(exact(stream_.get()));
}

TEST_F(StreamTest, UnreadBytesMakeAStreamNotReusable) {
  const auto half = [](Stream* stream) -> Task<void> {
    std::array<char, 2> buffer;
    const Result<std::size_t> got = co_await stream->read_some(buffer);
    EXPECT_EQ(got.value_or(0), 2U);
    EXPECT_FALSE(stream->reusable());
  };
  peer_->send("four");
  run(half(stream_.get()));
}

TEST_F(StreamTest, AbortOnCloseSendsAReset) {
  stream_->abort_on_close();
  stream_.reset();
  EXPECT_EQ(peer_->receive_error(), ECONNRESET);
}

TEST_F(StreamTest, ShutdownSendEndsOurSideOnly) {
  stream_->shutdown_send();
  EXPECT_EQ(peer_->receive(1), "");
  peer_->send("still open");
  peer_->shutdown_send();
  std::string text;
  Errc error = kNone;
  run(read_into(stream_.get(), &text, &error));
  EXPECT_EQ(text, "still open");
}

TEST_F(StreamTest, PeerAddressIsNumericWithoutPort) {
  EXPECT_EQ(stream_->peer_address(), "127.0.0.1");
}

Task<void> connect_to(EventLoop* loop, std::uint16_t port, Errc* error) {
  auto stream = Stream::adopt(*loop, testing::start_connect(port)).value();
  const Result<void> connected = co_await stream->finish_connect();
  *error = connected ? kNone : connected.error().code;
}

TEST_F(StreamTest, FinishConnectSucceedsAndFailsWithTheSocketsError) {
  std::uint16_t port = 0;
  {
    const testing::Listener listener;
    port = listener.port();
    Errc error = Errc::io;
    run(connect_to(&loop(), port, &error));
    EXPECT_EQ(error, kNone);
  }
  Errc error = kNone;
  run(connect_to(&loop(), port, &error));
  EXPECT_EQ(error, Errc::io);
}

TEST_F(StreamTest, AdoptOfABadDescriptorIsAnErrorValue) {
  const auto adopted = Stream::adopt(loop(), -1);
  ASSERT_FALSE(adopted.has_value());
  EXPECT_EQ(adopted.error().code, Errc::io);
}

}  // namespace
}  // namespace gatehouse::net
