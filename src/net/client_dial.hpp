#pragma once
/// From an endpoint to a connected, verified stream.

#include <memory>

#include "gatehouse/core/call_context.hpp"
#include "gatehouse/net/http_client.hpp"
#include "gatehouse/net/resolver.hpp"
#include "gatehouse/net/stream.hpp"
#include "gatehouse/net/tls.hpp"

namespace gatehouse::net {

struct Dialer {
  EventLoop& loop;
  Resolver& resolver;
  TlsClientContext* tls;  ///< null: endpoints with TLS are refused
};

/// Resolves, checks and tries the addresses in order, all within `timeout`; a TLS handshake may
/// take the same time again. With AddressPolicy::public_only one address that is not public
/// refuses the endpoint, and only checked addresses are dialled.
core::Task<core::Result<std::unique_ptr<Stream>>> dial(Dialer dialer, const Endpoint& endpoint,
                                                       core::Nanos timeout,
                                                       core::CallContext& context);

/// The client's view of a stream's or the resolver's error: cancelled and deadline_exceeded for
/// the request's own end, else upstream_timeout, upstream_failed or unavailable.
core::Error upstream_error(core::Error error, core::MonotonicTime deadline,
                           core::MonotonicTime now);

}  // namespace gatehouse::net
