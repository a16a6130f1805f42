#include "attempt.hpp"
#include "durable.hpp"
#include "gatehouse/providers/codec.hpp"

namespace gatehouse::gateway {
namespace {

using providers::WireFormat;

/// The reply for the client: the upstream's bytes with the client's name for the model, or a
/// translation.
struct ClientReply {
  std::string_view pieces[3];
  std::size_t count = 0;
  std::string text;  // a translation, or the model's name in JSON

  std::span<const std::string_view> view() const { return {pieces, count}; }
};

/// A reply that cannot be used is billed like any other.
AttemptFailure nonsense(const Attempt& attempt, std::string message, std::string_view body) {
  AttemptFailure failure = garbage(attempt, std::move(message));
  failure.worked = true;
  failure.generated_bytes = body.size();
  return failure;
}

std::optional<AttemptFailure> translate(const Attempt& attempt, std::string_view body,
                                        ClientReply& out, std::optional<core::TokenUsage>& usage) {
  const Call& call = attempt.call;
  auto reply = providers::chat_codec(attempt.format)->decode_reply(body);
  if (!reply) return nonsense(attempt, reply.error().public_message, body);
  usage = reply->usage;
  reply->model = call.wishes.model;
  if (reply->id.empty()) reply->id = "chatcmpl-" + call.id;
  if (reply->created == 0) {
    reply->created =
        std::chrono::duration_cast<core::Seconds>(call.started_at.time_since_epoch()).count();
  }
  out.text = providers::chat_codec(call.inbound.format)->encode_reply(*reply);
  out.pieces[0] = out.text;
  out.count = 1;
  return {};
}

void rename_model(const Call& call, std::string_view body, const json::Outline& outline,
                  ClientReply& out) {
  out.pieces[0] = body;
  out.count = 1;
  const json::Member* model = outline.find("model");
  if (model == nullptr || model->kind != json::Kind::string) return;
  out.text = json::quoted(call.wishes.model);
  if (model->value == out.text) return;
  const auto at = static_cast<std::size_t>(model->value.data() - body.data());
  out.pieces[0] = body.substr(0, at);
  out.pieces[1] = out.text;
  out.pieces[2] = body.substr(at + model->value.size());
  out.count = 3;
}

/// Text that the provider generated, for an estimate: the whole body is an upper bound that is
/// near the truth for long answers.
std::uint64_t generated_bytes(WireFormat format, std::string_view body) {
  return format == WireFormat::openai_embeddings ? 0 : body.size();
}

}  // namespace

core::Task<std::optional<AttemptFailure>> relay_whole(Attempt& attempt,
                                                      net::ClientResponse& response,
                                                      ReplySink& sink) {
  Call& call = attempt.call;
  const core::Clock& clock = call.worker.tools.loop.clock();
  const core::MonotonicTime reading_since = clock.monotonic();
  std::string body;
  auto read = co_await response.read_all(body, call.worker.limits.max_reply_bytes);
  call.upstream_duration += clock.monotonic() - reading_since;
  if (!read) {
    AttemptFailure failed = failure_of(attempt, read.error(), true);
    failed.worked = true;
    // Of a reply beyond all bounds the length tells nothing.
    if (read.error().code != core::Errc::too_large) failed.generated_bytes = body.size();
    co_return failed;
  }

  auto outline = call.worker.replies.scan(body);
  if (!outline || outline->kind() != json::Kind::object) {
    co_return nonsense(attempt, "the reply is not a JSON object", body);
  }
  ClientReply reply;
  std::optional<core::TokenUsage> usage;
  if (attempt.translates()) {
    if (auto failed = translate(attempt, body, reply, usage)) {
      take_usage(call, usage, body.size());
      co_return failed;
    }
  } else {
    usage = providers::read_usage(attempt.format, *outline);
    rename_model(call, body, *outline, reply);
  }
  if (call.inbound.format != WireFormat::anthropic_count_tokens) {
    take_usage(call, usage, generated_bytes(attempt.format, body));
  }

  if (const json::Member* id = outline->find("id"); id != nullptr) {
    call.response_id = json::as_string(*id).value_or(std::string());
  }
  settle(call, Outcome::answered, 200);
  co_await Durable(call);
  // After the settlement, so that the key's spend includes this call.
  net::HeaderBlock headers;
  add_answer_headers(call, headers);
  headers.add("x-litellm-response-cost", call.cost.to_usd());
  add_provider_headers(response.head().headers, headers);
  // A client that is gone changes nothing: the call is paid for and recorded.
  (void)co_await sink.respond(headers, reply.view());
  co_return std::nullopt;
}

}  // namespace gatehouse::gateway
