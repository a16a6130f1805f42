#pragma once
/// Calls with an Idempotency-Key: one call and one answer for each key (faults.md F7-F12).

#include <optional>
#include <string>
#include <string_view>

#include "call.hpp"
#include "gatehouse/gateway/reply_sink.hpp"

namespace gatehouse::gateway {

/// Hands an answer on and keeps a copy, which is stored before the answer's end is sent.
class IdempotentCall final : public ReplySink {
 public:
  IdempotentCall(Call& call, ReplySink& sink, std::string_view key);

  /// Empty when the call is to be run through this sink, and then finish() be awaited. Otherwise
  /// the client has its answer: an earlier one, or a refusal.
  core::Task<std::optional<Outcome>> begin();
  /// What was not stored is freed, or, when it may have been billed, closed.
  core::Task<void> finish();

  core::Task<core::Result<void>> respond(const net::HeaderBlock& headers,
                                         std::span<const std::string_view> json) override;
  core::Task<core::Result<void>> refuse(const net::HeaderBlock& headers,
                                        const Refusal& refusal) override;
  core::Task<core::Result<void>> begin_stream(const net::HeaderBlock& headers) override;
  core::Task<core::Result<void>> write(std::string_view events) override;
  core::Task<core::Result<void>> end_stream() override;
  core::Task<core::Result<void>> replay(const net::HeaderBlock& headers,
                                        const KeptAnswer& answer) override;

 private:
  core::Task<void> store(int status, std::string_view content_type);
  core::Task<Outcome> tell(Refusal refusal);

  Call& call_;
  ReplySink& sink_;
  const std::string scope_;
  const std::string key_;
  std::string body_;
  bool stored_ = false;
};

}  // namespace gatehouse::gateway
