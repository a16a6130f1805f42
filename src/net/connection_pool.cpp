#include "connection_pool.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::net {

ConnectionPool::ConnectionPool(EventLoop& loop, const ClientOptions& options)
    : loop_(loop),
      max_idle_(options.max_idle_per_endpoint),
      lifetime_(options.idle_connection_lifetime),
      sweeper_([this] { sweep(); }) {}

ConnectionPool::~ConnectionPool() = default;

std::unique_ptr<PooledConnection> ConnectionPool::take(const Endpoint& endpoint) {
  const auto found = homes_.find(endpoint.pool_key);
  if (found == homes_.end()) return nullptr;
  ConnectionHome& home = found->second;
  while (!home.idle.empty()) {
    std::unique_ptr<PooledConnection> connection = std::move(home.idle.back());
    home.idle.pop_back();
    --counts_.idle;
    if (!connection->stream->reusable()) continue;
    connection->idle = false;
    ++home.busy;
    ++counts_.busy;
    return connection;
  }
  return nullptr;
}

std::unique_ptr<PooledConnection> ConnectionPool::adopt(const Endpoint& endpoint,
                                                        std::unique_ptr<Stream> stream) {
  auto connection = std::make_unique<PooledConnection>();
  connection->stream = std::move(stream);
  connection->home = &homes_[endpoint.pool_key];
  ++connection->home->busy;
  ++counts_.busy;
  ++counts_.opened;
  // One watch for the connection's whole life: hang-ups of a busy one are seen by its user.
  connection->stream->watch_hang_up([this, watched = connection.get()] { on_hang_up(watched); });
  return connection;
}

void ConnectionPool::give_back(std::unique_ptr<PooledConnection> connection, bool reusable) {
  ConnectionHome& home = *connection->home;
  --home.busy;
  --counts_.busy;
  if (!reusable || closed_ || max_idle_ == 0 || !connection->stream->reusable()) return;
  if (home.idle.size() >= max_idle_) {
    home.idle.erase(home.idle.begin());
    --counts_.idle;
  }
  connection->idle = true;
  connection->idle_since = loop_.now();
  connection->stream->clear_deadlines();
  home.idle.push_back(std::move(connection));
  ++counts_.idle;
  if (!sweeper_.armed()) loop_.arm(sweeper_, loop_.now() + lifetime_);
}

void ConnectionPool::on_hang_up(PooledConnection* connection) {
  if (!connection->idle) return;
  auto& idle = connection->home->idle;
  const auto found = std::find_if(idle.begin(), idle.end(), [connection](const auto& entry) {
    return entry.get() == connection;
  });
  if (found == idle.end()) return;
  idle.erase(found);
  --counts_.idle;
}

void ConnectionPool::sweep() {
  core::MonotonicTime oldest = core::MonotonicTime::max();
  for (auto entry = homes_.begin(); entry != homes_.end();) {
    auto& idle = entry->second.idle;
    const auto keep = std::find_if(idle.begin(), idle.end(), [this](const auto& connection) {
      return connection->idle_since + lifetime_ > loop_.now();
    });
    counts_.idle -= static_cast<std::size_t>(keep - idle.begin());
    idle.erase(idle.begin(), keep);
    if (!idle.empty()) oldest = std::min(oldest, idle.front()->idle_since);
    entry = idle.empty() && entry->second.busy == 0 ? homes_.erase(entry) : std::next(entry);
  }
  if (counts_.idle > 0) loop_.arm(sweeper_, oldest + lifetime_);
}

void ConnectionPool::close() noexcept {
  closed_ = true;
  sweeper_.disarm();
  for (auto& [key, home] : homes_) home.idle.clear();
  counts_.idle = 0;
}

}  // namespace gatehouse::net
