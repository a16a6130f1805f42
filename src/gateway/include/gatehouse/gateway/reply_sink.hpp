#pragma once
/// Where an answer goes: implemented by each surface over its exchange.

#include <span>
#include <string_view>

#include "gatehouse/core/error.hpp"
#include "gatehouse/core/task.hpp"
#include "gatehouse/gateway/refusal.hpp"
#include "gatehouse/net/headers.hpp"

namespace gatehouse::gateway {

/// An answer of an earlier call with the same Idempotency-Key.
struct KeptAnswer {
  int status = 200;
  std::string_view content_type;
  std::string_view body;
};

/// Exactly one of respond(), refuse(), begin_stream() or replay() is called, once. Failures mean
/// that the client is gone.
class ReplySink {
 public:
  virtual ~ReplySink() = default;
  virtual core::Task<core::Result<void>> respond(const net::HeaderBlock& headers,
                                                 std::span<const std::string_view> json) = 0;
  virtual core::Task<core::Result<void>> refuse(const net::HeaderBlock& headers,
                                                const Refusal& refusal) = 0;
  virtual core::Task<core::Result<void>> begin_stream(const net::HeaderBlock& headers) = 0;
  virtual core::Task<core::Result<void>> write(std::string_view events) = 0;
  virtual core::Task<core::Result<void>> end_stream() = 0;
  virtual core::Task<core::Result<void>> replay(const net::HeaderBlock& headers,
                                                const KeptAnswer& answer) = 0;
};

}  // namespace gatehouse::gateway
