#pragma once
/// The port to a vendor.

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/core/call_context.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/core/secret.hpp"
#include "gatehouse/core/task.hpp"
#include "gatehouse/net/http_client.hpp"
#include "gatehouse/providers/wire_format.hpp"

namespace gatehouse::providers {

/// What a deployment needs to know to be called. Immutable; shared by all threads.
struct Target {
  net::Endpoint endpoint;
  core::Secret api_key;
  std::vector<std::pair<std::string, std::string>> extra_headers;
  core::Secret header_block;  ///< prebuilt by Provider::prepare: all constant header lines
};

/// One call, already in a format that the vendor speaks.
struct OutboundCall {
  WireFormat format;
  std::span<const std::string_view> body;
  bool stream = false;
  std::string_view client_headers = {};  ///< lines to hand on (anthropic-beta, …), serialised
  net::ClientTimeouts timeouts;
};

/// How an upstream's refusal is to be treated.
enum class FailureClass : std::uint8_t {
  bad_request,     ///< the client's mistake: 400, 404, 413, 422; never hurts the deployment
  authentication,  ///< our credential is wrong: 401, 403
  rate_limited,    ///< 429
  timeout,         ///< 408, 504 or none in time
  overloaded,      ///< 503, 529
  server_error,    ///< other 5xx
  connection,      ///< no answer
  garbage,         ///< an answer that is not HTTP, JSON or the format
  content_policy,  ///< refused by the vendor's own filter
  context_window,  ///< the prompt is longer than the model's window
};
std::string_view name_of(FailureClass kind) noexcept;

struct UpstreamFailure {
  FailureClass kind = FailureClass::server_error;
  int status = 502;     ///< upstream's status, or ours when it gave none
  std::string message;  ///< vendor's own words, printable and bounded
  std::string type;     ///< vendor's error type
  std::string code;     ///< vendor's error code
  std::optional<std::string> param;
  std::optional<core::Seconds> retry_after;  ///< from the header, 0..60 s; a date is resolved
};

class Provider {
 public:
  virtual ~Provider() = default;
  virtual std::string_view name() const noexcept = 0;

  /// True when the vendor takes this format as it is.
  virtual bool speaks(WireFormat format) const noexcept = 0;
  /// The chat format to translate into when it does not.
  virtual WireFormat chat_format() const noexcept = 0;

  /// True when a stream tells its usage only if `stream_options.include_usage` asks for it. False
  /// for vendors that tell it anyway and refuse the member.
  virtual bool takes_stream_options() const noexcept = 0;

  /// Builds the constant header lines of a target once; send() needs them. Names that HTTP does
  /// not allow, framing fields and tracing fields among `extra_headers` are left out.
  virtual void prepare(Target& target) const = 0;

  /// Sends the call; returns at the response head, whatever its status.
  virtual core::Task<std::expected<std::unique_ptr<net::ClientResponse>, net::ClientError>> send(
      net::HttpClient& client, const Target& target, OutboundCall call,
      core::CallContext& context) const = 0;

  /// Reads a refusal: status >= 400 and its body (bounded by the caller).
  virtual UpstreamFailure read_failure(int status, const net::HeaderList& headers,
                                       std::string_view body, core::WallTime now) const = 0;
};

/// A vendor by the name used in `provider/model` ("openai", "anthropic", "groq", "stub", …);
/// null when unknown. Static lifetime, thread-safe.
const Provider* find_provider(std::string_view name) noexcept;

/// What is known of a vendor before any configuration.
struct ProviderPreset {
  std::string_view name;
  std::string_view base_url = {};      ///< default; empty when the deployment must give one
  std::string_view key_variable = {};  ///< environment variable of the key (product.md, decision 6)
  /// Environment variable of the base URL, empty when there is none. OLLAMA_HOST may lack the
  /// scheme ("127.0.0.1:11434").
  std::string_view base_variable = {};
  bool needs_key = true;
  bool local = false;                    ///< a server on the operator's own machine
  std::string_view default_models = {};  ///< comma list offered when only the key is known
};
std::span<const ProviderPreset> provider_presets() noexcept;

}  // namespace gatehouse::providers
