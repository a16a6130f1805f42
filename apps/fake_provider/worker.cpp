#include "worker.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace gatehouse::fake_provider {

namespace {

std::int64_t millis(core::MonotonicTime time) {
  return std::chrono::duration_cast<core::Millis>(time.time_since_epoch()).count();
}

core::Result<void> io_failure(const char* what) {
  return core::fail(core::Errc::io, std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

struct Worker::Connection {
  std::unique_ptr<net::Stream> stream;
  std::uint64_t number = 0;
  std::uint64_t id = 0;  // of the request being answered
  RequestReader reader;
  core::Cancellation cancellation;
  bool watched = false;
  std::string scratch;
  std::uint64_t delivered = 0;  // output tokens

  void stop() {
    stream->cancel();
    cancellation.request(core::Cancellation::Reason::shutdown);
  }
};

Worker::Worker(Shared& shared, Books& books, const core::Clock& clock)
    : shared_(shared), books_(books), planner_(shared, clock) {}

Worker::~Worker() {
  if (listener_ >= 0) ::close(listener_);
}

core::Result<std::unique_ptr<Worker>> Worker::create(Shared& shared, Books& books,
                                                     const core::Clock& clock,
                                                     const Listen& listen) {
  std::unique_ptr<Worker> worker(new Worker(shared, books, clock));
  auto loop = net::EventLoop::create(clock);
  if (!loop) return core::pass(loop);
  worker->loop_ = std::move(*loop);
  if (auto opened = worker->open(listen); !opened) return core::pass(opened);
  return worker;
}

core::Result<void> Worker::open(const Listen& listen) {
  tls_ = listen.tls;
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener_ < 0) return io_failure("socket");
  const int one = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(listen.port);
  if (::inet_pton(AF_INET, listen.address.c_str(), &address.sin_addr) != 1) {
    return core::fail(core::Errc::invalid_argument, "not an IPv4 address: " + listen.address);
  }
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, sizeof address) != 0) return io_failure("bind");
  if (::listen(listener_, 4096) != 0) return io_failure("listen");
  socklen_t length = sizeof address;
  if (::getsockname(listener_, generic, &length) != 0) return io_failure("getsockname");
  port_ = ntohs(address.sin_port);
  return loop_->add(listener_, *this);
}

void Worker::run() {
  loop_->run();
}

void Worker::stop() {
  loop_->post([this] { close_all(); });
}

void Worker::close_all() {
  if (stopping_) return;
  stopping_ = true;
  loop_->remove(listener_, *this);
  closing_.spawn(finish());
  // Cancelling resumes a connection, which may take it and others out of the set.
  const std::vector<Connection*> open(connections_.begin(), connections_.end());
  for (Connection* connection : open) {
    if (connections_.contains(connection)) connection->stop();
  }
}

core::Task<void> Worker::finish() {
  co_await tasks_.join();
  loop_->stop();
}

void Worker::on_ready(net::Readiness) {
  while (true) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return;
    }
    auto stream = net::Stream::adopt(*loop_, fd);
    if (stream) tasks_.spawn(serve(std::move(*stream)));
  }
}

core::Task<void> Worker::serve(std::unique_ptr<net::Stream> stream) {
  Connection connection;
  connection.stream = std::move(stream);
  connection.number = ++shared_.connections_opened;
  ++shared_.connections_open;
  connections_.insert(&connection);
  bool good = true;
  if (tls_) {
    const core::Result<void> done = co_await connection.stream->accept_tls(*tls_);
    good = done.has_value();
  }
  while (good && !stopping_) {
    good = co_await read_request(connection);
    if (!good) break;
    good = co_await answer(connection);
    connection.reader.next();
  }
  connections_.erase(&connection);
  --shared_.connections_open;
}

core::Task<bool> Worker::read_request(Connection& connection) {
  RequestReader& reader = connection.reader;
  bool told = false;
  while (true) {
    const core::Result<bool> head = reader.head();
    if (!head) {
      ++shared_.malformed;
      co_return false;
    }
    if (*head) {
      const auto behaviours = Planner::of_head(reader.request());
      if (behaviours && (behaviours->has("early") || behaviours->has("no-read"))) co_return true;
      const core::Result<bool> body = reader.body();
      if (!body) {
        ++shared_.malformed;
        co_return false;
      }
      if (*body) co_return true;
      if (reader.expects_continue() && !std::exchange(told, true)) {
        const std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
        const core::Result<void> sent = co_await connection.stream->write({&interim, 1});
        if (!sent) co_return false;
      }
    }
    const auto [begin, size] = reader.space();
    const std::span<char> space(begin, size);
    const core::Result<std::size_t> got = co_await connection.stream->read_some(space);
    if (!got || *got == 0) {
      if (!reader.idle()) ++shared_.malformed;
      co_return false;
    }
    reader.grown(*got);
  }
}

core::Task<bool> Worker::answer_control(Connection& connection) {
  const ControlAnswer answer = control(shared_, connection.reader.request());
  const std::string head = "HTTP/1.1 " + std::to_string(answer.status) +
                           " OK\r\ncontent-type: application/json\r\ncontent-length: " +
                           std::to_string(answer.body.size()) + "\r\n\r\n";
  const std::array<std::string_view, 2> pieces{head, answer.body};
  const core::Result<void> sent = co_await connection.stream->write(pieces);
  co_return sent&& connection.reader.request().keep_alive;
}

core::Task<bool> Worker::answer(Connection& connection) {
  const Request& request = connection.reader.request();
  if (request.target.starts_with("/__") && !request.target.starts_with("/__b/") &&
      !request.target.starts_with("/__redirected")) {
    const bool control_kept = co_await answer_control(connection);
    co_return control_kept;
  }
  connection.id = shared_.next_id++;
  connection.delivered = 0;
  ++shared_.in_flight;
  books_.record(connection.id, connection.number, request);
  const std::shared_ptr<const Plan> plan = planner_.plan(request);
  const Reply& reply = plan->reply;
  BillEntry entry;
  entry.id = connection.id;
  entry.model = plan->model;
  entry.surface = plan->surface;
  entry.stream = reply.stream;
  entry.status = reply.status;
  entry.received_ms = millis(loop_->now());
  entry.connection = connection.number;

  const core::Result<void> played = co_await play(connection, reply);

  entry.aborted = !played.has_value();
  if (reply.status == 200) {
    entry.usage = reply.usage;
    if (reply.stream || entry.aborted) {
      const std::uint64_t delivered = connection.delivered + reply.usage.reasoning;
      entry.usage.completion = connection.delivered == 0 ? 0 : delivered;
    }
    entry.cost_nano_usd = cost_of(entry.usage);
  }
  entry.ended_ms = millis(loop_->now());
  books_.bill(std::move(entry));
  --shared_.in_flight;
  if (!played) co_return false;
  const bool keep = request.keep_alive;
  const bool open = co_await end(connection, reply.ending);
  co_return open&& keep;
}

core::Task<core::Result<void>> Worker::play(Connection& connection, const Reply& reply) {
  const core::MonotonicTime start = loop_->now();
  for (const Step& step : reply.steps) {
    for (std::uint64_t i = 0; i < step.repeat; ++i) {
      const Micros at = step.at + step.every * static_cast<std::int64_t>(i);
      if (at.count() > 0 && start + at > loop_->now()) {
        const bool in_time = co_await wait_until(connection, start + at);
        if (!in_time) co_return core::fail(core::Errc::closed, "the client left");
      }
      core::Result<void> sent = co_await write_step(connection, reply, step);
      if (!sent) co_return sent;
      connection.delivered += step.tokens;
    }
  }
  if (reply.ending == Ending::hang && reply.status == 0) {
    const bool in_time = co_await wait_until(connection, start + std::chrono::hours(1));
    if (!in_time) co_return core::fail(core::Errc::closed, "the client left");
  }
  co_return core::Result<void>();
}

core::Task<core::Result<void>> Worker::write_step(Connection& connection, const Reply& reply,
                                                  const Step& step) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string& out = connection.scratch;
  out.assign(reply.bytes, step.begin, step.size);
  // A cut may go through the middle of an id.
  const std::size_t earliest = step.begin < kIdSlot.size() ? 0 : step.begin - kIdSlot.size() + 1;
  auto slot = std::ranges::lower_bound(reply.id_slots, earliest);
  for (; slot != reply.id_slots.end() && *slot < step.begin + step.size; ++slot) {
    std::uint64_t id = connection.id;
    for (std::size_t digit = kIdSlot.size(); digit-- > 0; id /= 16) {
      const std::size_t position = *slot + digit;
      if (position < step.begin || position >= step.begin + step.size) continue;
      out[position - step.begin] = kDigits[id % 16];
    }
  }
  const std::string_view piece = out;
  core::Result<void> sent = co_await connection.stream->write({&piece, 1});
  co_return sent;
}

core::Task<bool> Worker::wait_until(Connection& connection, core::MonotonicTime due) {
  if (!std::exchange(connection.watched, true)) {
    Connection* watched = &connection;
    connection.stream->watch_hang_up(
        [watched] { watched->cancellation.request(core::Cancellation::Reason::client_left); });
  }
  const core::Result<void> slept = co_await loop_->sleep_until(due, connection.cancellation);
  if (slept && connection.watched) {
    connection.watched = false;
    connection.stream->watch_hang_up(nullptr);
  }
  co_return slept.has_value();
}

core::Task<bool> Worker::end(Connection& connection, Ending ending) {
  switch (ending) {
    case Ending::keep_alive:
      co_return true;
    case Ending::reset:
      connection.stream->abort_on_close();
      co_return false;
    case Ending::close:
    case Ending::half_close:
      connection.stream->shutdown_send();
      break;
    case Ending::hang:
      break;
  }
  co_await linger(connection);
  co_return false;
}

/// Reads and drops until the peer closes, so that closing does not destroy what it has not read.
core::Task<void> Worker::linger(Connection& connection) {
  std::array<char, 4096> dropped;
  while (true) {
    const core::Result<std::size_t> got = co_await connection.stream->read_some(dropped);
    if (!got || *got == 0) co_return;
  }
}

}  // namespace gatehouse::fake_provider
