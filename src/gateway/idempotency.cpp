#include "idempotency.hpp"

#include "durable.hpp"
#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/ledger/idempotency.hpp"

namespace gatehouse::gateway {
namespace {

using Kind = ledger::IdempotencyDecision::Kind;

/// A larger answer is not kept: its key says so instead of running twice.
constexpr std::size_t kMostKept = std::size_t{8} << 20;
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kEvents = "text/event-stream; charset=utf-8";

std::string fingerprint_of(const Inbound& inbound) {
  std::string text(inbound.route);
  text += '\n';
  text += inbound.path_model;
  text += '\n';
  text += crypto::sha256_hex(inbound.body);
  return crypto::sha256_hex(text);
}

std::string scope_of(const Call& call) {
  const std::string_view token = call.caller.token();
  return std::string(token.empty() ? call.snapshot->accounting.master_token : token);
}

Refusal refusal_for(Kind kind) {
  Refusal refusal{409,
                  "A call with this Idempotency-Key is under way.",
                  "idempotency_error",
                  "Idempotency-Key",
                  {}};
  if (kind == Kind::unknown) {
    refusal.message =
        "A call with this Idempotency-Key was cut off by the end of the server. It may have been "
        "billed and is not repeated.";
  } else if (kind == Kind::mismatch) {
    refusal.status = 422;
    refusal.message = "This Idempotency-Key was used for another request.";
  }
  return refusal;
}

}  // namespace

IdempotentCall::IdempotentCall(Call& call, ReplySink& sink, std::string_view key)
    : call_(call), sink_(sink), scope_(scope_of(call)), key_(key) {}

core::Task<Outcome> IdempotentCall::tell(Refusal refusal) {
  settle(call_, Outcome::refused, refusal.status, refusal.type, refusal.message);
  co_await Durable(call_);
  net::HeaderBlock headers;
  add_answer_headers(call_, headers);
  (void)co_await sink_.refuse(headers, refusal);
  co_return Outcome::refused;
}

core::Task<std::optional<Outcome>> IdempotentCall::begin() {
  const Accounting& accounting = call_.worker.tools.accounting;
  auto ask = [store = accounting.idempotency, scope = scope_, key = key_, call_id = call_.id,
              fingerprint = fingerprint_of(call_.inbound), now = call_.started_at] {
    return store->begin(
        {.scope = scope, .key = key, .fingerprint = fingerprint, .call_id = call_id}, now);
  };
  auto decision = co_await accounting.pool.run(call_.worker.tools.loop, std::move(ask));
  call_.fresh_outline.reset();
  if (!decision) {
    Refusal refusal = gateway::refusal_for(decision.error());
    refusal.param = "Idempotency-Key";
    const Outcome outcome = co_await tell(std::move(refusal));
    co_return outcome;
  }
  if (decision->kind == Kind::started) co_return std::nullopt;
  if (decision->kind == Kind::replay) {
    settle(call_, Outcome::answered, decision->answer.status);
    co_await Durable(call_);
    net::HeaderBlock headers;
    add_answer_headers(call_, headers);
    headers.add("idempotent-replayed", "true");
    const KeptAnswer kept{.status = decision->answer.status,
                          .content_type = decision->answer.headers,
                          .body = decision->answer.body};
    (void)co_await sink_.replay(headers, kept);
    co_return Outcome::answered;
  }
  Refusal refusal = refusal_for(decision->kind);
  const Outcome outcome = co_await tell(std::move(refusal));
  co_return outcome;
}

core::Task<void> IdempotentCall::store(int status, std::string_view content_type) {
  stored_ = true;
  if (body_.size() > kMostKept) {
    status = 409;
    content_type = kJson;
    body_ = R"({"error":{"message":"The answer to this Idempotency-Key was too large to be kept.",)"
            R"("type":"idempotency_error","param":"Idempotency-Key","code":"409"}})";
  }
  const Accounting& accounting = call_.worker.tools.accounting;
  ledger::StoredAnswer answer{
      .status = status, .headers = std::string(content_type), .body = body_};
  auto keep = [store = accounting.idempotency, scope = scope_, key = key_,
               kept = std::move(answer)] { return store->complete(scope, key, kept); };
  auto done = co_await accounting.pool.run(call_.worker.tools.loop, std::move(keep));
  call_.fresh_outline.reset();
  // A key that could not be stored stays under way, and then unknown: it never runs twice.
  (void)done;
}

core::Task<void> IdempotentCall::finish() {
  if (stored_) co_return;
  const Accounting& accounting = call_.worker.tools.accounting;
  if (!call_.reservation.dispatched) {
    auto free = [store = accounting.idempotency, scope = scope_, key = key_] {
      return store->abandon(scope, key);
    };
    auto done = co_await accounting.pool.run(call_.worker.tools.loop, std::move(free));
    (void)done;
    co_return;
  }
  body_ =
      R"({"error":{"message":"The call with this Idempotency-Key was interrupted. It was billed )"
      R"(for what it used and is not repeated.","type":"idempotency_error",)"
      R"("param":"Idempotency-Key","code":"409"}})";
  co_await store(409, kJson);
}

core::Task<core::Result<void>> IdempotentCall::respond(const net::HeaderBlock& headers,
                                                       std::span<const std::string_view> json) {
  for (const std::string_view piece : json) body_ += piece;
  co_await store(200, kJson);
  auto sent = co_await sink_.respond(headers, json);
  co_return sent;
}

core::Task<core::Result<void>> IdempotentCall::refuse(const net::HeaderBlock& headers,
                                                      const Refusal& refusal) {
  // Where nothing was sent to a provider, the client may try again with the same key.
  if (call_.reservation.dispatched) {
    body_ = envelope_of(refusal);
    co_await store(refusal.status, kJson);
  }
  auto sent = co_await sink_.refuse(headers, refusal);
  co_return sent;
}

core::Task<core::Result<void>> IdempotentCall::begin_stream(const net::HeaderBlock& headers) {
  auto begun = co_await sink_.begin_stream(headers);
  co_return begun;
}

core::Task<core::Result<void>> IdempotentCall::write(std::string_view events) {
  if (body_.size() <= kMostKept) body_ += events;
  auto written = co_await sink_.write(events);
  co_return written;
}

core::Task<core::Result<void>> IdempotentCall::end_stream() {
  co_await store(200, kEvents);
  auto ended = co_await sink_.end_stream();
  co_return ended;
}

core::Task<core::Result<void>> IdempotentCall::replay(const net::HeaderBlock& headers,
                                                      const KeptAnswer& answer) {
  auto sent = co_await sink_.replay(headers, answer);
  co_return sent;
}

}  // namespace gatehouse::gateway
