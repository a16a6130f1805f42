#include "connection.hpp"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

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

void Connection::begin(std::string_view request, Nanos intended) {
  busy_ = true;
  ++requests;
  unsent_ = request;
  intended_ = intended;
  first_byte_ = Nanos(0);
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
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got < 0) return errno == EAGAIN ? Got::more : Got::failed;
    if (got == 0) {
      reader_.closed();
    } else {
      reader_.feed({buffer.data(), static_cast<std::size_t>(got)});
    }
    if (first_byte_.count() == 0 && reader_.begun()) first_byte_ = now;
    if (reader_.state() == ResponseReader::State::done) return Got::done;
    if (reader_.state() == ResponseReader::State::malformed) return Got::failed;
    if (!to_the_end && static_cast<std::size_t>(got) < buffer.size()) return Got::more;
  }
}

}  // namespace gatehouse::load_generator
