#pragma once
/// One server connection: reads requests, hands them to the handler, sends the answers.

#include <list>
#include <memory>
#include <string>

#include "answer_writer.hpp"
#include "gatehouse/net/http_server.hpp"
#include "gatehouse/net/stream.hpp"
#include "receive_buffer.hpp"

namespace gatehouse::net {

class HttpSession;

/// What the connections of one server share. One thread.
struct SessionHost {
  EventLoop& loop;
  ServerOptions options;
  RequestHandler& handler;
  DateLine date;
  bool draining = false;
  std::list<HttpSession*> idle;  ///< wait for the first byte of a request, longest first
  std::list<HttpSession*> busy;
};

class HttpSession final : public Exchange {
 public:
  HttpSession(SessionHost& host, std::unique_ptr<Stream> stream, std::string peer);
  ~HttpSession() override;

  /// Serves the connection until it ends. To be awaited once.
  core::Task<void> run();

  /// Ends the connection's waits; it closes in the next turn.
  void cut() noexcept { stream_->cancel(); }
  /// Asks a running handler to stop.
  void request_stop() { cancellation_.request(core::Cancellation::Reason::shutdown); }

  const RequestHead& head() const override { return parser_.head(); }
  std::string_view body() const override { return body_; }
  std::string_view peer_address() const override { return peer_; }
  core::MonotonicTime received_at() const override { return received_at_; }
  core::Cancellation& cancellation() override { return cancellation_; }
  bool answered() const override { return writer_.begun(); }

  core::Task<core::Result<void>> respond(int status, const HeaderBlock& headers,
                                         std::span<const std::string_view> body) override {
    return writer_.respond(status, headers, body);
  }
  core::Task<core::Result<void>> begin_stream(int status, const HeaderBlock& headers) override {
    return writer_.begin_stream(status, headers);
  }
  core::Task<core::Result<void>> write(std::span<const std::string_view> pieces) override {
    return writer_.write(pieces);
  }
  core::Task<core::Result<void>> end_stream() override { return writer_.end_stream(); }

 private:
  enum class Step : std::uint8_t {
    ready,    ///< go on
    refused,  ///< violation_ says why; answer and close
    closed,   ///< nothing more to say to this peer
  };

  core::Task<bool> accept_tls();
  core::Task<Step> read_head();
  core::Task<Step> read_body();
  core::Task<Step> read_length_body();
  core::Task<Step> read_chunked_body();
  /// Receives at most `limit` bytes into the buffer's free space.
  core::Task<Step> receive(std::size_t limit);
  core::Task<Step> serve_request();
  core::Task<bool> call_handler();
  core::Task<void> refuse();
  core::Task<void> linger();

  Step refuse_with(HttpViolation violation) noexcept;
  bool has_memory_for(std::size_t body_bytes) const noexcept;
  Step refuse_for_memory() noexcept;
  std::expected<bool, HttpViolation> decode_chunks(std::size_t& body_end);
  void extend_body_deadline();
  bool greedy() noexcept;
  void become(std::list<HttpSession*>& list) noexcept;

  SessionHost& host_;
  std::unique_ptr<Stream> stream_;
  std::string peer_;
  AnswerWriter writer_;
  ReceiveBuffer buffer_;
  RequestParser parser_;
  ChunkedDecoder chunks_;
  core::Cancellation cancellation_;
  std::string_view body_;
  bool to_head_ = false;
  std::size_t request_bytes_ = 0;  // head and decoded body, at the start of the buffer
  core::MonotonicTime received_at_{};
  core::MonotonicTime body_began_{};
  std::size_t body_received_ = 0;
  HttpViolation violation_;
  std::list<HttpSession*>* list_;
  std::list<HttpSession*>::iterator position_;
  core::MonotonicTime turn_{};
  unsigned requests_in_turn_ = 0;
};

}  // namespace gatehouse::net
