#include "stub/stub_provider.hpp"

#include <string>

#include "failure.hpp"
#include "gatehouse/json/scan.hpp"
#include "stub/memory_response.hpp"
#include "stub/stub_answer.hpp"
#include "stub/stub_render.hpp"

namespace gatehouse::providers::stub {
namespace {

constexpr ProviderPreset kPreset{.name = "stub",
                                 .base_url = "http://stub.invalid",
                                 .key_variable = {},
                                 .needs_key = false,
                                 .local = true,
                                 .default_models = "stub,stub-chat,stub-embedding"};

MemoryReply answer(WireFormat format, const StubRequest& request) {
  switch (format) {
    case WireFormat::openai_chat:
      return render_chat(request, make_answer(request));
    case WireFormat::openai_completions:
      return render_completion(request, make_answer(request));
    case WireFormat::openai_embeddings:
      return render_embeddings(request);
    case WireFormat::anthropic_messages:
      return render_messages(request, make_answer(request));
    case WireFormat::anthropic_count_tokens:
      return render_count(request);
  }
  return render_error(format, "unknown format");
}

MemoryReply answer(WireFormat format, std::string_view body) {
  json::Scanner scanner;
  auto outline = scanner.scan_copy(body);
  if (!outline) return render_error(format, outline.error().public_message);
  auto request = read_request(format, *outline);
  if (!request) return render_error(format, request.error().public_message);
  return answer(format, *request);
}

class StubProvider final : public Provider {
 public:
  std::string_view name() const noexcept override { return kPreset.name; }
  bool speaks(WireFormat) const noexcept override { return true; }
  WireFormat chat_format() const noexcept override { return WireFormat::openai_chat; }
  bool takes_stream_options() const noexcept override { return true; }
  void prepare(Target&) const override {}

  core::Task<std::expected<std::unique_ptr<net::ClientResponse>, net::ClientError>> send(
      net::HttpClient&, const Target&, OutboundCall call,
      core::CallContext& context) const override {
    if (context.cancellation.requested()) {
      co_return std::unexpected(
          net::ClientError{core::Error{core::Errc::cancelled, "the call was cancelled"},
                           net::SendProgress::not_sent});
    }
    if (context.before_first_byte) context.before_first_byte();
    std::string body;
    for (const std::string_view piece : call.body) body += piece;
    std::unique_ptr<net::ClientResponse> response =
        std::make_unique<MemoryResponse>(answer(call.format, body), context.cancellation);
    co_return std::move(response);
  }

  UpstreamFailure read_failure(int status, const net::HeaderList& headers, std::string_view body,
                               core::WallTime now) const override {
    return read_error_reply(status, headers, body, now);
  }
};

}  // namespace

const Provider& provider() noexcept {
  static const StubProvider instance;
  return instance;
}

const ProviderPreset& preset() noexcept {
  return kPreset;
}

}  // namespace gatehouse::providers::stub
