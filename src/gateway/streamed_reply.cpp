#include "attempt.hpp"
#include "durable.hpp"
#include "gatehouse/core/text.hpp"
#include "gatehouse/net/sse.hpp"
#include "gatehouse/providers/codec.hpp"
#include "translating_relay.hpp"

namespace gatehouse::gateway {
namespace {

using Verdict = providers::StreamRelay::Verdict;

/// How long the end of an upstream's body is waited for after its last event, to keep the
/// connection.
constexpr core::Millis kTailPatience{250};

/// As much as an upstream may have sent before it knew that its client had left. One that sends as
/// fast as it is read would fill the whole grace.
constexpr std::uint64_t kOnItsWay = 64 * 1024;

/// No vocabulary has longer tokens, so a reply beyond this much text per allowed token comes from
/// an upstream that ignores the limit (faults.md E6).
constexpr std::uint64_t kMaxBytesPerToken = 128;
constexpr std::uint64_t kOutputSlack = 4096;

bool exceeds_output(const Wishes& wishes, std::uint64_t generated_bytes) {
  return wishes.max_output &&
         generated_bytes > *wishes.max_output * kMaxBytesPerToken + kOutputSlack;
}

std::unique_ptr<providers::StreamRelay> make_relay(const Attempt& attempt) {
  const Call& call = attempt.call;
  if (!attempt.translates()) {
    return providers::make_stream_relay(
        attempt.format, {.model = call.wishes.model, .hide_usage = !call.wishes.usage_on_stream},
        call.worker.replies);
  }
  const auto created =
      std::chrono::duration_cast<core::Seconds>(call.started_at.time_since_epoch()).count();
  return std::make_unique<TranslatingRelay>(
      *providers::chat_codec(attempt.format), *providers::chat_codec(call.inbound.format),
      providers::StreamEncodeOptions{.model = call.wishes.model,
                                     .include_usage = call.wishes.usage_on_stream,
                                     .fallback_id = "chatcmpl-" + call.id,
                                     .created = created});
}

/// One stream between the two sides: what was relayed and how it stands.
class Relayed {
 public:
  explicit Relayed(const Attempt& attempt) : relay_(make_relay(attempt)) {}

  /// Takes bytes from the upstream; what the client gets of them is appended to `pending`.
  core::Result<void> feed(std::string_view bytes) {
    bytes_ += bytes.size();
    return decoder_.feed(
        bytes, [this](const net::SseEvent& event) -> core::Result<void> { return take(event); });
  }

  core::Result<void> take(const net::SseEvent& event) {
    if (ended || failed) return {};
    const std::size_t before = pending.size();
    auto verdict = relay_->relay(event, pending);
    if (!verdict) return core::pass(verdict);
    ended = *verdict == Verdict::end;
    failed = *verdict == Verdict::error;
    // The client is told of an error in the gateway's own words.
    if (failed) pending.resize(before);
    return {};
  }

  /// Nobody takes what comes from here on.
  void stop_listening() { heard_ = bytes_; }
  bool listening() const { return !heard_; }
  /// Whether more has come than may have been on its way when the client left.
  bool sends_on() const { return heard_ && bytes_ > *heard_ + kOnItsWay; }

  std::uint64_t bytes() const { return bytes_; }
  const providers::StreamRelay& relay() const { return *relay_; }

  std::string pending;
  bool ended = false;   ///< the provider said that the reply is complete
  bool failed = false;  ///< the provider sent an error event

 private:
  std::unique_ptr<providers::StreamRelay> relay_;
  net::SseDecoder decoder_;
  std::uint64_t bytes_ = 0;
  std::optional<std::uint64_t> heard_;  ///< of them, when the client left
};

void take_stream_usage(Attempt& attempt, const Relayed& relayed) {
  take_usage(attempt.call, relayed.relay().usage(), relayed.relay().generated_bytes());
  if (!relayed.relay().usage_is_reported()) {
    attempt.call.usage_source = core::UsageSource::estimated;
  }
  attempt.call.response_id = relayed.relay().response_id();
}

/// The next bytes, decoded. An error when the reply cannot go on.
core::Task<core::Result<void>> advance(Attempt& attempt, net::ClientResponse& response,
                                       Relayed& relayed) {
  Call& call = attempt.call;
  auto piece = co_await response.read();
  if (!piece) co_return core::pass(piece);
  if (piece->empty()) {
    co_return core::fail(core::Errc::upstream_failed, "the stream ended before it was complete");
  }
  auto fed = relayed.feed(*piece);
  if (!fed) co_return fed;
  if (relayed.failed) {
    co_return core::fail(core::Errc::upstream_failed,
                         core::printable(relayed.relay().error_message(), 1000));
  }
  if (relayed.bytes() > call.worker.limits.max_stream_bytes) {
    co_return core::fail(core::Errc::too_large, "the stream exceeds the size limit");
  }
  if (exceeds_output(call.wishes, relayed.relay().generated_bytes())) {
    co_return core::fail(core::Errc::too_large, "the stream exceeds the output limit");
  }
  co_return core::Result<void>();
}

core::Task<core::Result<void>> begin(Attempt& attempt, net::ClientResponse& response,
                                     ReplySink& sink) {
  Call& call = attempt.call;
  net::HeaderBlock headers;
  add_answer_headers(call, headers);
  add_provider_headers(response.head().headers, headers);
  call.first_token_at = call.worker.tools.loop.clock().monotonic();
  auto begun = co_await sink.begin_stream(headers);
  co_return begun;
}

/// The client has seen nothing: another try may follow.
AttemptFailure failed_unseen(const Attempt& attempt, const core::Error& error,
                             const Relayed& relayed) {
  AttemptFailure failure = failure_of(attempt, error, true);
  failure.usage = relayed.relay().usage();
  failure.generated_bytes = relayed.relay().generated_bytes();
  // A provider that answers with an error alone did not work.
  failure.worked = !relayed.failed || failure.usage || failure.generated_bytes != 0;
  return failure;
}

/// The client has seen a part: it is told, without a false end of the stream.
core::Task<void> break_off(Attempt& attempt, const core::Error& error, Relayed& relayed,
                           ReplySink& sink) {
  Call& call = attempt.call;
  AttemptFailure failure = failure_of(attempt, error, true);
  take_stream_usage(attempt, relayed);
  if (failure.counts) {
    report_failure(attempt, failure);
  }
  if (!relayed.listening() ||
      call.inbound.cancellation.reason() == core::Cancellation::Reason::client_left) {
    settle_interrupted(call);
    co_return;
  }
  settle(call, Outcome::failed, 200, "stream_broken", failure.refusal.message);
  co_await Durable(call);
  append_error_event(call.inbound.format, failure.refusal, relayed.pending);
  auto written = co_await sink.write(relayed.pending);
  if (written) (void)co_await sink.end_stream();
}

/// Reads the tail behind the last event, so that the connection can be used again.
core::Task<void> read_tail(Attempt& attempt, net::ClientResponse& response) {
  net::Timer patience(
      [&attempt] { attempt.cancellation.request(core::Cancellation::Reason::deadline); });
  attempt.call.worker.tools.loop.arm(patience, attempt.call.now() + kTailPatience);
  for (int i = 0; i < 8; ++i) {
    auto rest = co_await response.read();
    if (!rest || rest->empty()) co_return;
  }
}

bool is_event_stream(const net::ResponseHead& head) {
  const auto type = head.headers.find("content-type");
  return type && core::istarts_with(*type, "text/event-stream");
}

}  // namespace

core::Task<std::optional<AttemptFailure>> relay_stream(Attempt& attempt,
                                                       net::ClientResponse& response,
                                                       ReplySink& sink) {
  Call& call = attempt.call;
  if (!is_event_stream(response.head())) {
    AttemptFailure failure = garbage(attempt, "a stream was asked for, but the reply is none");
    failure.worked = true;
    co_return failure;
  }
  Relayed relayed(attempt);
  bool begun = false;
  while (!relayed.ended) {
    auto advanced = co_await advance(attempt, response, relayed);
    if (!advanced) {
      if (!begun) {
        co_return failed_unseen(attempt, advanced.error(), relayed);
      }
      co_await break_off(attempt, advanced.error(), relayed, sink);
      co_return std::nullopt;
    }
    if (!relayed.listening()) relayed.pending.clear();
    if (attempt.grace.armed() && relayed.sends_on()) {
      attempt.cancellation.request(core::Cancellation::Reason::client_left);
    }
    if (relayed.pending.empty() || (relayed.ended && begun)) continue;
    core::Result<void> sent;
    if (!begun) {
      sent = co_await begin(attempt, response, sink);
      begun = true;
    }
    if (sent && !relayed.ended) {
      sent = co_await sink.write(relayed.pending);
      relayed.pending.clear();
    }
    if (sent) continue;
    relayed.stop_listening();
    attempt.abandon();
  }
  take_stream_usage(attempt, relayed);
  if (!relayed.listening()) {
    settle_interrupted(call);
  } else {
    settle(call, Outcome::answered, 200);
    co_await Durable(call);
    if (!begun) (void)co_await begin(attempt, response, sink);
    auto written = co_await sink.write(relayed.pending);
    if (written) (void)co_await sink.end_stream();
  }
  co_await read_tail(attempt, response);
  co_return std::nullopt;
}

}  // namespace gatehouse::gateway
