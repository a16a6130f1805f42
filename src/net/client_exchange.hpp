#pragma once
/// One request and its answer on one connection.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connection_pool.hpp"
#include "gatehouse/core/call_context.hpp"
#include "gatehouse/net/http_client.hpp"

namespace gatehouse::net {

/// Storage of one exchange, reused by later ones.
struct ExchangeScratch {
  static constexpr std::size_t kBufferBytes = 16 * 1024;

  explicit ExchangeScratch(const HttpLimits& limits) : parser(limits), decoder(limits) {}

  std::string request_head;
  std::vector<std::string_view> pieces;
  std::unique_ptr<char[]> buffer;
  std::size_t capacity = 0;
  std::unique_ptr<char[]> body_buffer;  ///< used when the head leaves little room in `buffer`
  ResponseParser parser;
  ChunkedDecoder decoder;
};

/// What a client's exchanges share; they may outlive the client itself. One thread.
class ClientShared {
 public:
  ClientShared(EventLoop& the_loop, const ClientOptions& options);

  std::unique_ptr<ExchangeScratch> take_scratch();
  void give_back(std::unique_ptr<ExchangeScratch> scratch);

  EventLoop& loop;
  const HttpLimits limits;
  ConnectionPool pool;

 private:
  std::vector<std::unique_ptr<ExchangeScratch>> spare_;
};

class ClientExchange final : public ClientResponse {
 public:
  ClientExchange(std::shared_ptr<ClientShared> shared, std::unique_ptr<PooledConnection> connection,
                 const ClientTimeouts& timeouts, core::CallContext& context);
  ~ClientExchange() override;

  /// Sends the request and reads the head of its answer.
  core::Task<core::Result<void>> perform(ClientRequest request);
  /// After a failed perform(): the connection was closed at once and nothing was received.
  bool found_stale() const noexcept { return stale_; }

  const ResponseHead& head() const override { return scratch_->parser.head(); }
  core::Task<core::Result<std::string_view>> read() override;
  core::Task<core::Result<void>> read_all(std::string& into, std::size_t limit) override;

 private:
  struct Sending {
    core::Result<void> outcome;
    bool done = false;
  };

  std::size_t lay_out(const ClientRequest& request);
  core::Task<core::Result<void>> exchange_beside(bool to_head);
  static core::Task<void> send_beside(ClientExchange* self, Sending* sending);
  core::Task<core::Result<void>> read_head(bool to_head);
  core::Result<HeadState> parse_head(bool to_head);
  core::Result<void> accept_head();
  void make_room();

  core::Result<std::string_view> decode();
  core::Task<core::Result<void>> receive_body();
  core::Task<core::Result<void>> receive_rest(std::string& into);

  core::MonotonicTime limit(core::Nanos own) const;
  std::unexpected<core::Error> fail_call(core::Error error);
  std::unexpected<core::Error> fail_upstream(std::string_view public_message,
                                             std::string_view detail);
  void release(bool reusable);
  Stream& stream() noexcept { return *connection_->stream; }

  std::shared_ptr<ClientShared> shared_;
  std::unique_ptr<PooledConnection> connection_;  ///< null once the answer was received, or failed
  std::unique_ptr<ExchangeScratch> scratch_;
  ClientTimeouts timeouts_;
  core::MonotonicTime deadline_;
  core::MonotonicTime sent_at_{};
  std::optional<core::CancelCallback> on_cancel_;
  std::optional<core::Error> failure_;

  std::size_t begin_ = 0;  ///< unparsed head bytes in the buffer
  std::size_t end_ = 0;
  bool received_any_ = false;
  bool request_complete_ = true;
  bool stale_ = false;
  unsigned interim_heads_ = 0;

  std::string_view pending_;  ///< body bytes received and not yet decoded
  char* body_space_ = nullptr;
  std::size_t body_capacity_ = 0;
  std::uint64_t remaining_ = 0;
  bool finished_ = false;
};

}  // namespace gatehouse::net
