#pragma once
/// The client's connections by endpoint: idle ones newest first, closed ones found by their edges.

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "gatehouse/net/http_client.hpp"
#include "gatehouse/net/stream.hpp"

namespace gatehouse::net {

struct ConnectionHome;

/// One connection to an endpoint. Made and ended by its pool only.
struct PooledConnection {
  std::unique_ptr<Stream> stream;
  ConnectionHome* home = nullptr;
  core::MonotonicTime idle_since{};
  bool idle = false;
};

/// One thread. Costs no system call to take or to give back.
class ConnectionPool {
 public:
  ConnectionPool(EventLoop& loop, const ClientOptions& options);
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  /// The connection that was used last and can carry a request, or null.
  std::unique_ptr<PooledConnection> take(const Endpoint& endpoint);
  /// Counts a fresh connection as busy.
  std::unique_ptr<PooledConnection> adopt(const Endpoint& endpoint, std::unique_ptr<Stream> stream);
  /// Ends a connection's use. It is kept when `reusable` and if it can be.
  void give_back(std::unique_ptr<PooledConnection> connection, bool reusable);

  /// Closes what is idle and keeps nothing from now on.
  void close() noexcept;
  HttpClient::PoolCounts counts() const noexcept { return counts_; }

 private:
  void on_hang_up(PooledConnection* connection);
  void sweep();

  EventLoop& loop_;
  std::size_t max_idle_;
  core::Nanos lifetime_;
  bool closed_ = false;
  HttpClient::PoolCounts counts_;
  std::unordered_map<std::string, ConnectionHome> homes_;
  Timer sweeper_;
};

/// The connections of one pool key.
struct ConnectionHome {
  std::vector<std::unique_ptr<PooledConnection>> idle;  ///< oldest first
  std::size_t busy = 0;
};

}  // namespace gatehouse::net
