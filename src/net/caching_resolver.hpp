#pragma once
/// Resolver over a blocking look-up: worker threads, one look-up per name at a time, a cache.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gatehouse/net/resolver.hpp"

namespace gatehouse::net {

/// Thread-safe. Threads start with the first look-up. The clocks of the loops that ask must outlive
/// the resolver. Destruction does not wait for look-ups that
/// are under way: their threads end by themselves.
class CachingResolver final : public Resolver {
 public:
  /// Blocks; called on worker threads. Addresses with any port.
  using Lookup = std::function<core::Result<std::vector<SocketAddress>>(const std::string& host)>;

  struct Options {
    std::size_t threads = 4;
    std::size_t max_queued = 1'024;
    std::size_t max_cached = 4'096;
    std::size_t max_addresses = 16;
    core::Millis lifetime{30'000};
    core::Millis failure_lifetime{2'000};
  };

  CachingResolver(Lookup lookup, Options options);
  ~CachingResolver() override;

  core::Task<core::Result<std::vector<SocketAddress>>> resolve(
      EventLoop& loop, const std::string& host, std::uint16_t port, core::MonotonicTime deadline,
      core::Cancellation& cancellation) override;

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace gatehouse::net
