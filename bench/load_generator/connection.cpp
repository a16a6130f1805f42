#include "connection.hpp"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace gatehouse::load_generator {

bool Connection::open(const sockaddr_in& address, int epoll) {
  close();
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return false;
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(fd_, generic, sizeof address) != 0 && errno != EINPROGRESS) return false;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = this;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd_, &event) == 0;
}

void Connection::close() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void Connection::leave() noexcept {
  // Without this, an end with unread bytes is a reset, one without is orderly.
  const linger at_once{1, 0};
  if (departure_.reset) ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void Connection::begin(std::string_view request, Nanos intended, const Departure& departure) {
  busy_ = true;
  ++requests;
  unsent_ = request;
  intended_ = intended;
  first_byte_ = Nanos(0);
  departure_ = departure;
  received_ = 0;
  reader_.reset();
}

bool Connection::send_some() {
  while (!unsent_.empty()) {
    const ssize_t sent = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == ENOTCONN || errno == EINPROGRESS;
    unsent_.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

Connection::Got Connection::receive(Nanos now, bool to_the_end) {
  static thread_local std::vector<char> buffer(256 * 1024);
  while (true) {
    const std::size_t room =
        departure_.moment == Departure::Moment::bytes
            ? std::min<std::uint64_t>(buffer.size(), departure_.amount - received_)
            : buffer.size();
    const ssize_t got = ::recv(fd_, buffer.data(), room, 0);
    if (got < 0) return errno == EAGAIN ? Got::more : Got::failed;
    if (got == 0) {
      reader_.closed();
    } else {
      received_ += static_cast<std::uint64_t>(got);
      reader_.feed({buffer.data(), static_cast<std::size_t>(got)});
    }
    if (first_byte_.count() == 0 && reader_.begun()) first_byte_ = now;
    if (reader_.state() == ResponseReader::State::done) return Got::done;
    if (reader_.state() == ResponseReader::State::malformed) return Got::failed;
    if (leaves_now()) return Got::leaves;
    if (!to_the_end && static_cast<std::size_t>(got) < room) return Got::more;
  }
}

bool Connection::leaves_now() const noexcept {
  switch (departure_.moment) {
    case Departure::Moment::bytes:
      return received_ >= departure_.amount;
    case Departure::Moment::events:
      return reader_.frames() >= departure_.amount;
    case Departure::Moment::never:
    case Departure::Moment::unanswered:
      break;
  }
  return false;
}

}  // namespace gatehouse::load_generator
