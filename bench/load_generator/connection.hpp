#pragma once
/// One client connection with at most one request under way.

#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "departure.hpp"
#include "options.hpp"
#include "response_reader.hpp"

namespace gatehouse::load_generator {

class Connection {
 public:
  explicit Connection(std::size_t number) : index(number) {}
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Starts to connect, non-blocking, with TCP_NODELAY, and registers with `epoll`.
  bool open(const sockaddr_in& address, int epoll);
  bool is_open() const noexcept { return fd_ >= 0; }
  void close() noexcept;
  /// Ends the connection as the departure of its request says.
  void leave() noexcept;

  void begin(std::string_view request, Nanos intended, const Departure& departure);
  /// Writes what the socket takes; false when the connection failed.
  bool send_some();
  enum class Got : std::uint8_t { more, done, failed, leaves };
  /// Reads what is there; `to_the_end` when the peer has closed.
  Got receive(Nanos now, bool to_the_end);

  bool busy() const noexcept { return busy_; }
  void set_idle() noexcept { busy_ = false; }
  const ResponseReader& reader() const noexcept { return reader_; }
  const Departure& departure() const noexcept { return departure_; }
  std::uint64_t received() const noexcept { return received_; }  ///< bytes of the answer
  Nanos intended() const noexcept { return intended_; }
  Nanos first_byte() const noexcept { return first_byte_; }
  const std::size_t index;     ///< which of the run's connections it is
  std::uint64_t requests = 0;  ///< begun on this connection's behalf, reconnects included

 private:
  bool leaves_now() const noexcept;

  int fd_ = -1;
  bool busy_ = false;
  Departure departure_;
  std::uint64_t received_ = 0;
  std::string_view unsent_;
  Nanos intended_{};
  Nanos first_byte_{};
  ResponseReader reader_;
};

}  // namespace gatehouse::load_generator
