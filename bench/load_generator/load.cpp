#include "load.hpp"

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <stdexcept>

namespace gatehouse::load_generator {

namespace {

constexpr Nanos kReapEvery = Millis(100);

Nanos monotonic() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return std::chrono::seconds(time.tv_sec) + Nanos(time.tv_nsec);
}

std::string request_of(const Options& options) {
  return "POST " + options.path + " HTTP/1.1\r\nHost: " + options.address + ":" +
         std::to_string(options.port) + "\r\n" + options.header_lines +
         "Content-Length: " + std::to_string(options.body.size()) + "\r\n\r\n" + options.body;
}

}  // namespace

Load::Load(const Options& options) : options_(options), request_(request_of(options)) {
  address_.sin_family = AF_INET;
  address_.sin_port = htons(options.port);
  if (::inet_pton(AF_INET, options.address.c_str(), &address_.sin_addr) != 1) {
    throw std::runtime_error("not an IPv4 address: " + options.address);
  }
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) throw std::runtime_error("epoll_create1 failed");
  // The default slack of 50 us would be part of every latency of an open loop.
  ::prctl(PR_SET_TIMERSLACK, 1);
  for (std::size_t i = 0; i < options.connections; ++i) {
    connections_.push_back(std::make_unique<Connection>(i));
  }
}

Load::~Load() {
  connections_.clear();
  ::close(epoll_);
}

Nanos Load::now() const {
  return monotonic() - started_;
}

std::string Load::run() {
  started_ = monotonic();
  std::array<epoll_event, kEvents> events;
  Nanos time = now();
  while (!over(time)) {
    start_due(time);
    leave_due(time);
    const Nanos wait = wait_time(now());
    const timespec limit{wait.count() / 1'000'000'000, wait.count() % 1'000'000'000};
    const int ready = ::epoll_pwait2(epoll_, events.data(), kEvents, &limit, nullptr);
    if (ready < 0 && errno != EINTR) throw std::runtime_error("epoll_pwait2 failed");
    for (int i = 0; i < ready; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      on_events(*static_cast<Connection*>(event.data.ptr), event.events);
    }
    time = now();
    tally_.streams_open(busy_);
    if (time >= next_reap_) reap(time);
  }
  for (const auto& connection : connections_) {
    if (connection->busy()) tally_.failed(Failure::timeout, "not answered when the run ended");
  }
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    tally_.failed(Failure::timeout, "not sent when the run ended");
  }
  return tally_.to_json(time);
}

void Load::start_due(Nanos time) {
  start_connections(time);
  if (options_.rate > 0) start_arrivals(time);
}

void Load::start_connections(Nanos time) {
  const auto count = static_cast<std::int64_t>(connections_.size());
  while (started_connections_ < connections_.size() && sending(time)) {
    const auto index = static_cast<std::int64_t>(started_connections_);
    const Nanos due = Nanos(options_.ramp) * index / count;
    if (due > time) return;
    Connection& connection = *connections_[started_connections_++];
    if (options_.rate > 0) {
      if (!connection.open(address_, epoll_)) tally_.failed(Failure::connect, std::strerror(errno));
      idle_.push_back(&connection);
    } else {
      begin(connection, now());
    }
  }
}

void Load::start_arrivals(Nanos time) {
  while (true) {
    const Nanos due(
        static_cast<std::int64_t>(static_cast<double>(arrivals_) * 1e9 / options_.rate));
    if (due > time || due >= options_.duration) return;
    ++arrivals_;
    if (idle_.empty()) {
      waiting_.push_back(due);
      continue;
    }
    Connection* connection = idle_.back();
    idle_.pop_back();
    begin(*connection, due);
  }
}

Nanos Load::wait_time(Nanos time) const {
  Nanos due = next_reap_;
  if (started_connections_ < connections_.size()) {
    const auto count = static_cast<std::int64_t>(connections_.size());
    due = std::min(due,
                   Nanos(options_.ramp) * static_cast<std::int64_t>(started_connections_) / count);
  }
  if (options_.rate > 0 && sending(time)) {
    due = std::min(due, Nanos(static_cast<std::int64_t>(static_cast<double>(arrivals_) * 1e9 /
                                                        options_.rate)));
  }
  if (!due_.empty()) due = std::min(due, due_.top().at);
  return std::max(due - time, Nanos(0));
}

void Load::begin(Connection& connection, Nanos intended) {
  ++busy_;
  tally_.begun();
  const RequestNumber number{connection.index, connection.requests};
  const Departure departure = draw_departure(options_.leave, options_.seed, number);
  connection.begin(request_, intended, departure);
  if (departure.moment == Departure::Moment::unanswered) {
    const auto silence = std::chrono::microseconds(departure.amount);
    due_.push({now() + silence, connection.index, connection.requests});
  }
  if (!connection.is_open() && !connection.open(address_, epoll_)) {
    fail(connection, Failure::connect, std::strerror(errno));
    return;
  }
  if (!connection.send_some()) fail(connection, Failure::cut, "while sending");
}

void Load::on_events(Connection& connection, std::uint32_t events) {
  if (!connection.is_open()) return;
  const bool closed = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  if (!connection.busy()) {
    if (closed) connection.close();
    return;
  }
  if ((events & EPOLLOUT) != 0 && !connection.send_some()) {
    fail(connection, Failure::cut, "while sending");
    return;
  }
  if ((events & EPOLLIN) == 0 && !closed) return;
  if (connection.departure().moment == Departure::Moment::unanswered) {
    leave(connection);
    return;
  }
  switch (connection.receive(now(), closed)) {
    case Connection::Got::more:
      return;
    case Connection::Got::done:
      finish(connection);
      return;
    case Connection::Got::leaves:
      leave(connection);
      return;
    case Connection::Got::failed: {
      const bool begun = connection.reader().begun();
      fail(connection, closed ? Failure::cut : Failure::malformed,
           begun ? connection.reader().tail() : "before the body");
      return;
    }
  }
}

void Load::finish(Connection& connection) {
  const ResponseReader& reader = connection.reader();
  tally_.status(reader.status());
  if (reader.status() != 200) {
    fail(connection, Failure::status,
         std::to_string(reader.status()) + " " + std::string(reader.tail()));
    return;
  }
  const bool frames_missing =
      options_.expected_frames != 0 && reader.frames() != options_.expected_frames;
  if (frames_missing || !reader.ends_with(options_.expected_end)) {
    fail(connection, Failure::content,
         std::to_string(reader.frames()) + " frames, end " + std::string(reader.tail()));
    return;
  }
  const Nanos intended = connection.intended();
  tally_.answered(now() - intended, connection.first_byte() - intended, reader.frames(),
                  reader.body_bytes(), intended >= options_.warm_up);
  if (!reader.keeps_alive()) connection.close();
  next(connection);
}

void Load::leave(Connection& connection) {
  const bool in_head = connection.reader().state() == ResponseReader::State::head;
  const Left how = connection.received() == 0 ? Left::unanswered
                   : in_head                  ? Left::head
                                              : Left::body;
  tally_.left(how);
  connection.leave();
  next(connection);
}

/// What begins here is due later, so that this ends.
void Load::leave_due(Nanos time) {
  while (!due_.empty() && due_.top().at <= time) {
    const Due due = due_.top();
    due_.pop();
    Connection& connection = *connections_[due.connection];
    if (connection.busy() && connection.requests == due.request) leave(connection);
  }
}

void Load::fail(Connection& connection, Failure failure, std::string_view detail) {
  tally_.failed(failure, detail);
  connection.close();
  if (failure != Failure::connect) {
    next(connection);
    return;
  }
  connection.set_idle();  // for good: what does not connect would be tried without end
  --busy_;
}

void Load::next(Connection& connection) {
  connection.set_idle();
  --busy_;
  const Nanos time = now();
  if (options_.rate > 0) {
    if (waiting_.empty()) {
      idle_.push_back(&connection);
      return;
    }
    const Nanos intended = waiting_.front();
    waiting_.pop_front();
    begin(connection, intended);
    return;
  }
  const bool spent = options_.per_connection != 0 && connection.requests >= options_.per_connection;
  if (sending(time) && !spent) begin(connection, time);
}

/// Fails what is overdue. Requests of an open loop are overdue from their intended time.
void Load::reap(Nanos time) {
  next_reap_ = time + kReapEvery;
  for (const auto& connection : connections_) {
    if (connection->busy() && time - connection->intended() > options_.timeout) {
      fail(*connection, Failure::timeout, connection->reader().tail());
    }
  }
}

bool Load::over(Nanos time) const {
  if (busy_ > 0 || !waiting_.empty()) return time > options_.duration + options_.timeout;
  const bool all_spent =
      options_.per_connection != 0 && started_connections_ == connections_.size();
  return !sending(time) || all_spent;
}

}  // namespace gatehouse::load_generator
