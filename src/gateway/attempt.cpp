#include "attempt.hpp"

#include "gatehouse/core/text.hpp"
#include "gatehouse/providers/codec.hpp"
#include "rate_limit_headers.hpp"

namespace gatehouse::gateway {
namespace {

using core::Errc;
using providers::FailureClass;
using providers::WireFormat;

constexpr std::size_t kMaxErrorBody = 256 * 1024;

models::FailureKind kind_of(const providers::UpstreamFailure& failure) {
  switch (failure.kind) {
    case FailureClass::bad_request:
      return failure.status == 404 ? models::FailureKind::not_found
                                   : models::FailureKind::bad_request;
    case FailureClass::authentication:
      return models::FailureKind::authentication;
    case FailureClass::rate_limited:
      return models::FailureKind::rate_limited;
    case FailureClass::timeout:
      return models::FailureKind::timeout;
    case FailureClass::overloaded:
      return models::FailureKind::overloaded;
    case FailureClass::server_error:
      return models::FailureKind::server_error;
    case FailureClass::connection:
      return models::FailureKind::connection;
    case FailureClass::garbage:
      return models::FailureKind::garbage;
    case FailureClass::content_policy:
      return models::FailureKind::content_policy;
    case FailureClass::context_window:
      return models::FailureKind::context_window;
  }
  return models::FailureKind::server_error;
}

/// What a provider says may repeat our credential.
Refusal refusal_of(const Attempt& attempt, const providers::UpstreamFailure& told) {
  Refusal refusal = refusal_for(told, attempt.deployment.provider);
  hide_secret(refusal.message, attempt.upstream.target.api_key);
  return refusal;
}

AttemptFailure own_refusal(Refusal refusal) {
  AttemptFailure failure;
  failure.failure.kind = models::FailureKind::bad_request;
  failure.failure.maybe_sent = false;
  failure.refusal = std::move(refusal);
  failure.counts = false;
  failure.translated = true;
  return failure;
}

/// A deployment whose own bounds are reached: the next one is tried.
AttemptFailure passed_over(Refusal refusal) {
  AttemptFailure failure;
  failure.failure.kind = models::FailureKind::rate_limited;
  failure.failure.maybe_sent = false;
  failure.refusal = std::move(refusal);
  failure.counts = false;
  failure.passed_over = true;
  return failure;
}

/// A model without a price is never silently free.
std::optional<Refusal> find_price(Attempt& attempt) {
  Call& call = attempt.call;
  call.upstream_model =
      models::upstream_model(attempt.deployment, call.match, call.upstream_scratch);
  call.prices = models::prices_for(*call.snapshot->table, attempt.deployment, call.upstream_model);
  if (call.prices != nullptr || attempt.deployment.allow_unpriced) return {};
  return bad_request("No price is known for model=" + core::printable(call.wishes.model) +
                         ". Set input_cost_per_token and output_cost_per_token in its "
                         "litellm_params, or allow_unpriced: true.",
                     "model");
}

/// OpenAI's newer models know the longer name alone, other vendors often only the older one.
std::string_view output_limit_member(const Attempt& attempt) {
  const bool newer =
      attempt.format == WireFormat::openai_chat && attempt.deployment.provider == "openai";
  return newer ? "max_completion_tokens" : "max_tokens";
}

/// The body in a format that the provider speaks.
std::optional<Refusal> encode_body(Attempt& attempt) {
  Call& call = attempt.call;
  // Some vendors refuse stream_options and tell the usage unasked.
  const bool stream_options = attempt.upstream.provider->takes_stream_options();
  if (!attempt.translates()) {
    const providers::RequestEditOptions options{
        .upstream_model = call.upstream_model,
        .ask_usage = call.wishes.stream && call.inbound.format != WireFormat::anthropic_messages &&
                     !call.wishes.usage_on_stream,
        .drop_stream_options = !stream_options,
        .output_limit = call.reservation.output_limit,
        .output_limit_member = output_limit_member(attempt)};
    auto edited = providers::edit_request(call.inbound.format, call.inbound.body, call.outline(),
                                          options, attempt.edited);
    if (!edited) return bad_request("litellm.BadRequestError: " + edited.error().public_message);
    return {};
  }
  const providers::ChatCodec* from = providers::chat_codec(call.inbound.format);
  const providers::ChatCodec* to = providers::chat_codec(attempt.format);
  if (from == nullptr || to == nullptr) {
    return bad_request("litellm.BadRequestError: provider " + attempt.deployment.provider +
                           " does not support " + std::string(call.inbound.route),
                       "model");
  }
  if (!call.conversation) {
    auto conversation = from->decode_request(call.inbound.body);
    if (!conversation) {
      return bad_request("litellm.BadRequestError: " + conversation.error().public_message);
    }
    call.conversation = std::move(*conversation);
  }
  // The provider is always asked for usage; the client's wish is the encoder's business.
  call.conversation->include_usage = true;
  if (call.reservation.output_limit) call.conversation->max_tokens = call.reservation.output_limit;
  const std::uint64_t bound = attempt.deployment.max_output_tokens;
  auto encoded = to->encode_request(
      *call.conversation,
      {.upstream_model = call.upstream_model,
       .drop_params = attempt.deployment.drop_params,
       .default_max_tokens = bound != 0 ? bound : providers::EncodeOptions{}.default_max_tokens,
       .stream_options = stream_options});
  if (!encoded) {
    return bad_request("litellm.UnsupportedParamsError: " + encoded.error().public_message);
  }
  attempt.encoded = std::move(encoded->body);
  attempt.encoded_piece = attempt.encoded;
  return {};
}

/// Request headers of the vendor's own protocol that clients may set.
void forward_client_headers(const Call& call, net::HeaderBlock& headers) {
  if (call.inbound.format != WireFormat::anthropic_messages &&
      call.inbound.format != WireFormat::anthropic_count_tokens) {
    return;
  }
  if (const auto beta = call.inbound.headers.find("anthropic-beta")) {
    headers.add("anthropic-beta", *beta);
  }
}

net::ClientTimeouts timeouts_of(const Attempt& attempt) {
  const Call& call = attempt.call;
  const models::Deployment& deployment = attempt.deployment;
  net::ClientTimeouts timeouts;
  core::Nanos first = deployment.timeout;
  if (call.wishes.stream) {
    if (deployment.stream_timeout.count() > 0) first = deployment.stream_timeout;
    if (call.wishes.stream_timeout) first = *call.wishes.stream_timeout;
  }
  if (first.count() > 0) timeouts.first_byte = std::chrono::ceil<core::Millis>(first);
  timeouts.idle = call.worker.limits.stream_idle;
  return timeouts;
}

core::Task<std::optional<AttemptFailure>> read_refusal(Attempt& attempt,
                                                       net::ClientResponse& response) {
  Call& call = attempt.call;
  const int status = response.head().status;
  std::string body;
  auto read = co_await response.read_all(body, kMaxErrorBody);
  if (!read && read.error().code == Errc::cancelled) {
    co_return failure_of(attempt, read.error(), true);
  }
  if (status < 400) {
    co_return garbage(attempt, status >= 300 ? "the upstream redirects, which is not followed"
                                             : "unexpected status " + std::to_string(status));
  }
  const providers::UpstreamFailure told = attempt.upstream.provider->read_failure(
      status, response.head().headers, body, call.worker.tools.loop.clock().wall());
  AttemptFailure failure;
  failure.failure.kind = kind_of(told);
  if (told.retry_after) failure.failure.retry_after = *told.retry_after;
  failure.refusal = refusal_of(attempt, told);
  co_return failure;
}

/// Whether the call goes on when its client has left, once it is under way.
bool finishes_abandoned(const Call& call) {
  switch (call.worker.limits.abandoned) {
    case AbandonedCalls::cancel:
      return false;
    case AbandonedCalls::finish_whole_replies:
      return !call.wishes.stream;
    case AbandonedCalls::finish_all:
      return true;
  }
  return false;
}

}  // namespace

Attempt::Attempt(Call& its_call, const models::Deployment& its_deployment)
    : call(its_call),
      deployment(its_deployment),
      upstream(its_call.snapshot->upstream_of(its_deployment)),
      grace([this] { cancellation.request(core::Cancellation::Reason::client_left); }),
      follow(its_call.inbound.cancellation, [this] { follow_request(); }),
      context{.deadline = its_call.deadline,
              .cancellation = cancellation,
              .call_id = its_call.id,
              .tenant = its_call.caller.tenant.view(),
              .before_first_byte = [this] { dispatch(call); }},
      format(upstream.provider->speaks(its_call.inbound.format) ? its_call.inbound.format
                                                                : upstream.provider->chat_format()),
      in_flight(*its_deployment.health) {
  if (deployment.timeout.count() > 0)
    context.deadline = context.limit(call.now(), deployment.timeout);
  call.deployment = &deployment;
}

void Attempt::follow_request() {
  const core::Cancellation::Reason reason = call.inbound.cancellation.reason();
  if (reason != core::Cancellation::Reason::client_left) {
    cancellation.request(reason);
    return;
  }
  follow.listen_on(call.inbound.cancellation, [this] { follow_request(); });
  abandon();
}

void Attempt::abandon() {
  if (under_way && finishes_abandoned(call)) return;
  const core::Millis patience = call.worker.limits.abandoned_grace;
  if (!under_way || patience.count() == 0) {
    cancellation.request(core::Cancellation::Reason::client_left);
  } else if (!grace.armed()) {
    call.worker.tools.loop.arm(grace, call.now() + patience);
  }
}

AttemptFailure failure_of(const Attempt& attempt, const core::Error& error, bool maybe_sent) {
  AttemptFailure failure;
  failure.failure.maybe_sent = maybe_sent;
  providers::UpstreamFailure told;
  told.message = error.public_message;
  switch (error.code) {
    case Errc::cancelled:
    case Errc::closed:
      failure.worked = maybe_sent;
      failure.final_ = true;
      failure.counts = false;
      failure.refusal = {499, "The client closed the connection", "None", "None", {}};
      if (attempt.call.inbound.cancellation.reason() == core::Cancellation::Reason::shutdown) {
        failure.refusal = {503, "The server is shutting down", "None", "None", {}};
      }
      return failure;
    case Errc::deadline_exceeded:
    case Errc::upstream_timeout: {
      const bool clients_limit = attempt.call.now() >= attempt.call.deadline;
      failure.final_ = clients_limit;
      failure.counts = !clients_limit;
      failure.worked = maybe_sent;
      failure.failure.kind = models::FailureKind::timeout;
      told.kind = FailureClass::timeout;
      told.status = clients_limit ? 408 : 504;
      break;
    }
    case Errc::protocol:
    case Errc::too_large:
      failure.failure.kind = models::FailureKind::garbage;
      told.kind = FailureClass::garbage;
      break;
    default:
      failure.failure.kind = models::FailureKind::connection;
      told.kind = FailureClass::connection;
      break;
  }
  failure.refusal = refusal_of(attempt, told);
  return failure;
}

AttemptFailure garbage(const Attempt& attempt, std::string message) {
  providers::UpstreamFailure told;
  told.kind = FailureClass::garbage;
  told.message = std::move(message);
  AttemptFailure failure;
  failure.failure.kind = models::FailureKind::garbage;
  failure.refusal = refusal_of(attempt, told);
  return failure;
}

void report_failure(const Attempt& attempt, const AttemptFailure& failure) {
  const models::Deployment& deployment = attempt.deployment;
  const core::MonotonicTime now = attempt.call.now();
  deployment.health->failed(failure.failure, now, deployment.cooldown);
  attempt.call.worker.tools.observer.attempt_failed(
      {.deployment = deployment.id.view(),
       .provider = deployment.provider,
       .group = deployment.group,
       .upstream_model = deployment.upstream_model,
       .failure = models::name_of(failure.failure.kind),
       .cooling = deployment.health->cooling_left(now)});
}

void settle_interrupted(Call& call) {
  settle(call, Outcome::interrupted, 499, "client_left", "the client closed the connection");
}

core::Task<std::optional<AttemptFailure>> run_attempt(Attempt& attempt, ReplySink& sink) {
  Call& call = attempt.call;
  if (auto refusal = find_price(attempt)) co_return own_refusal(std::move(*refusal));
  auto bounded = co_await charge_deployment(call, attempt.deployment);
  if (bounded) co_return passed_over(std::move(*bounded));
  if (auto refusal = encode_body(attempt)) co_return own_refusal(std::move(*refusal));
  net::HeaderBlock client_headers;
  forward_client_headers(call, client_headers);
  const std::span<const std::string_view> body =
      attempt.translates() ? std::span<const std::string_view>(&attempt.encoded_piece, 1)
                           : attempt.edited.pieces();
  const providers::OutboundCall outbound{.format = attempt.format,
                                         .body = body,
                                         .stream = call.wishes.stream,
                                         .client_headers = client_headers.text(),
                                         .timeouts = timeouts_of(attempt)};
  const core::Clock& clock = call.worker.tools.loop.clock();
  const core::MonotonicTime sent_at = clock.monotonic();
  attempt.under_way = true;
  auto sent = co_await attempt.upstream.provider->send(
      call.worker.tools.client, attempt.upstream.target, outbound, attempt.context);
  // Other calls have used the scanner meanwhile.
  call.fresh_outline.reset();
  const core::Nanos latency = clock.monotonic() - sent_at;
  call.upstream_duration += latency;
  if (!sent) {
    co_return failure_of(attempt, sent.error().error,
                         sent.error().progress == net::SendProgress::maybe_sent);
  }
  net::ClientResponse& response = **sent;
  note_rate_limits(response.head().headers, *attempt.deployment.health);
  if (response.head().status != 200) {
    auto refused = co_await read_refusal(attempt, response);
    co_return refused;
  }
  std::optional<AttemptFailure> failed;
  if (call.wishes.stream) {
    failed = co_await relay_stream(attempt, response, sink);
  } else {
    failed = co_await relay_whole(attempt, response, sink);
  }
  if (!failed) {
    attempt.deployment.health->succeeded(call.now(), latency);
    if (call.settings().strategy == models::Strategy::usage_based) {
      attempt.deployment.health->used(call.now(), call.usage.total());
    }
  }
  co_return failed;
}

}  // namespace gatehouse::gateway
