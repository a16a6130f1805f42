#pragma once
/// HTTP/1.1 client with a keep-alive pool per endpoint; one per thread.

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/core/call_context.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/core/task.hpp"
#include "gatehouse/net/event_loop.hpp"
#include "gatehouse/net/http_codec.hpp"

namespace gatehouse::net {

class TlsClientContext;
class Resolver;

/// Which addresses may be dialled (faults.md S8).
enum class AddressPolicy : std::uint8_t {
  any,          ///< trusted: from the operator's configuration file
  public_only,  ///< set over an API: private, loopback, link-local and mapped forms are refused
};

/// A parsed base URL. Immutable; shared by all threads.
struct Endpoint {
  bool tls = false;
  std::string host;  ///< lowercase name or IP literal without brackets
  std::uint16_t port = 0;
  std::string base_path;  ///< "" or "/v1": starts with '/', does not end with one
  std::string authority;  ///< value of the Host field
  AddressPolicy policy = AddressPolicy::any;
  std::string pool_key;  ///< same key = same pool of connections

  /// Accepts http and https only, no user info, no query, no fragment. With public_only: https
  /// only, and an IP literal must be public.
  static core::Result<Endpoint> parse(std::string_view base_url, AddressPolicy policy);
};

struct ClientTimeouts {
  core::Millis connect{3'000};       ///< name look-up and TCP; the same again for TLS
  core::Millis first_byte{600'000};  ///< from the request sent to the response head
  core::Millis idle{60'000};         ///< between two pieces of the body
};

struct ClientRequest {
  const Endpoint& endpoint;
  std::string_view method = "POST";
  std::string_view path;     ///< below the base path, with query
  std::string_view headers;  ///< serialised lines (HeaderBlock::text()), without Host and length
  std::span<const std::string_view> body;
  ClientTimeouts timeouts{};
};

/// The answer. Owns its connection: destroying it before the end of the body closes the
/// connection (which cancels the call upstream); after a clean end it goes back to the pool. The
/// cancellation of the call's context must outlive it.
class ClientResponse {
 public:
  virtual ~ClientResponse() = default;
  virtual const ResponseHead& head() const = 0;
  /// The next piece of the decoded body, empty at its clean end. The view is valid until the
  /// next call. A cut body is Errc::upstream_failed; silence Errc::upstream_timeout.
  virtual core::Task<core::Result<std::string_view>> read() = 0;
  /// Appends the rest of the body to `into`, at most `limit` bytes (else Errc::too_large); 64
  /// bytes of capacity beyond the end are kept for SIMD scanners.
  virtual core::Task<core::Result<void>> read_all(std::string& into, std::size_t limit) = 0;
};

struct ClientOptions {
  HttpLimits limits{};
  std::size_t max_idle_per_endpoint = 256;
  core::Millis idle_connection_lifetime{55'000};
};

/// Did any byte of the request possibly reach the upstream? Decides whether a retry may bill twice.
enum class SendProgress : std::uint8_t { not_sent, maybe_sent };

struct ClientError {
  core::Error error;
  SendProgress progress = SendProgress::not_sent;
};

class HttpClient {
 public:
  HttpClient(EventLoop& loop, Resolver& resolver, std::shared_ptr<TlsClientContext> tls,
             ClientOptions options);
  ~HttpClient();

  /// Sends the request and waits for the response head (1xx skipped, redirects not followed).
  /// A pooled connection that turns out dead within a second and before any response byte is
  /// replaced once by a fresh one. Cancellation and the context's deadline end every wait, with
  /// Errc::cancelled and Errc::deadline_exceeded; the other time-outs are
  /// Errc::upstream_timeout, a lack of descriptors Errc::unavailable, all else
  /// Errc::upstream_failed. Content codings other than identity are refused. What `request` views
  /// must live until the head is there.
  core::Task<std::expected<std::unique_ptr<ClientResponse>, ClientError>> send(
      ClientRequest request, core::CallContext& context);

  struct PoolCounts {
    std::size_t idle = 0;
    std::size_t busy = 0;
    std::uint64_t opened = 0;
  };
  PoolCounts counts() const noexcept;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace gatehouse::net
