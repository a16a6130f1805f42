#include "http_session.hpp"

#include <algorithm>
#include <cstring>

#include "gatehouse/net/event_loop.hpp"
#include "gatehouse/net/tls.hpp"

namespace gatehouse::net {
namespace {

/// A slow body must arrive at no less than this rate after the first body_timeout.
constexpr std::size_t kMinBodyBytesPerSecond = 1024;
/// Bounds what one read of a chunked body may take in beyond the body's end.
constexpr std::size_t kChunkedReadBytes = 64 * 1024;
/// How much of a refused request is read and dropped so that the client gets to see the answer.
constexpr std::size_t kLingerBytes = 64 * 1024 * 1024;
constexpr core::Millis kLingerTime{1'000};
/// Requests that one connection may have served before the others get a turn.
constexpr unsigned kRequestsPerTurn = 64;
constexpr std::size_t kEmptyLineBytes = 2;
/// A body that is no danger when memory begins to be short.
constexpr std::size_t kSmallBodyBytes = 64 * 1024;

}  // namespace

HttpSession::HttpSession(SessionHost& host, std::unique_ptr<Stream> stream, std::string peer)
    : host_(host),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      writer_(*stream_, host.date, host.options.write_timeout),
      parser_(host.options.limits),
      chunks_(host.options.limits),
      list_(&host.busy),
      position_(host.busy.insert(host.busy.end(), this)) {}

HttpSession::~HttpSession() {
  list_->erase(position_);
}

void HttpSession::become(std::list<HttpSession*>& list) noexcept {
  list.splice(list.end(), *list_, position_);
  list_ = &list;
}

HttpSession::Step HttpSession::refuse_with(HttpViolation violation) noexcept {
  violation_ = violation;
  return Step::refused;
}

core::Task<void> HttpSession::run() {
  stream_->set_read_deadline(host_.loop.now() + host_.options.header_timeout);
  if (host_.options.tls) {
    const bool accepted = co_await accept_tls();
    if (!accepted) co_return;
  }
  Step step = Step::ready;
  while (step == Step::ready) {
    step = co_await read_head();
    if (step == Step::ready) step = co_await read_body();
    if (step == Step::ready) step = co_await serve_request();
  }
  if (step == Step::refused) co_await refuse();
}

core::Task<bool> HttpSession::accept_tls() {
  become(host_.idle);
  stream_->set_write_deadline(host_.loop.now() + host_.options.header_timeout);
  const core::Result<void> accepted = co_await stream_->accept_tls(*host_.options.tls);
  become(host_.busy);
  co_return accepted.has_value();
}

core::Task<HttpSession::Step> HttpSession::receive(std::size_t limit) {
  const std::span<char> space = buffer_.free_space();
  const core::Result<std::size_t> got =
      co_await stream_->read_some(space.first(std::min(space.size(), limit)));
  if (!got) {
    const bool slow = got.error().code == core::Errc::deadline_exceeded;
    if (slow && buffer_.size() > kEmptyLineBytes) {
      co_return refuse_with({408, "the request did not arrive in time"});
    }
    co_return Step::closed;
  }
  if (*got == 0) co_return Step::closed;
  buffer_.commit(*got);
  co_return Step::ready;
}

core::Task<HttpSession::Step> HttpSession::read_head() {
  parser_.reset();
  to_head_ = false;
  bool begun = !buffer_.empty();
  if (begun) stream_->set_read_deadline(host_.loop.now() + host_.options.header_timeout);
  for (;;) {
    if (begun) {
      const auto state = parser_.parse(buffer_.view());
      if (!state) co_return refuse_with(state.error());
      if (*state == HeadState::done) break;
      if (buffer_.free_space().empty()) buffer_.grow(host_.options.limits.max_head_bytes);
    }
    if (!begun) become(host_.idle);
    if (!begun && host_.draining) co_return Step::closed;
    const Step step = co_await receive(buffer_.capacity());
    if (!begun) become(host_.busy);
    if (step != Step::ready) co_return step;
    if (!begun) stream_->set_read_deadline(host_.loop.now() + host_.options.header_timeout);
    begun = true;
  }
  received_at_ = host_.loop.now();
  to_head_ = parser_.head().method == "HEAD";
  co_return Step::ready;
}

bool HttpSession::has_memory_for(std::size_t body_bytes) const noexcept {
  if (host_.options.memory_pressure == nullptr) return true;
  switch (host_.options.memory_pressure->load(std::memory_order_relaxed)) {
    case MemoryPressure::none:
      return true;
    case MemoryPressure::high:
      return body_bytes <= kSmallBodyBytes;
    case MemoryPressure::critical:
      return false;
  }
  return true;
}

HttpSession::Step HttpSession::refuse_for_memory() noexcept {
  return refuse_with({503, "the server is short of memory, try again later"});
}

core::Task<HttpSession::Step> HttpSession::read_body() {
  const RequestHead& head = parser_.head();
  request_bytes_ = parser_.head_bytes();
  if (head.framing != BodyFraming::none) {
    if (!has_memory_for(head.content_length)) co_return refuse_for_memory();
    writer_.start({});
    if (head.expect_continue && buffer_.size() == request_bytes_) {
      const core::Result<void> sent = co_await writer_.send_continue();
      if (!sent) co_return Step::closed;
    }
    body_began_ = host_.loop.now();
    body_received_ = 0;
    const char* const before = buffer_.data();
    Step step = Step::ready;
    if (head.framing == BodyFraming::length) {
      step = co_await read_length_body();
    } else {
      step = co_await read_chunked_body();
    }
    if (step != Step::ready) co_return step;
    if (buffer_.data() != before) {  // the head's views went with the old memory
      const auto again = parser_.parse(buffer_.view());
      if (!again) co_return refuse_with(again.error());
    }
  }
  const std::size_t head_bytes = parser_.head_bytes();
  body_ = buffer_.view().substr(head_bytes, request_bytes_ - head_bytes);
  co_return Step::ready;
}

void HttpSession::extend_body_deadline() {
  const core::MonotonicTime now = host_.loop.now();
  const core::Seconds earned{body_received_ / kMinBodyBytesPerSecond};
  stream_->set_read_deadline(std::min(now, body_began_ + earned) + host_.options.body_timeout);
}

core::Task<HttpSession::Step> HttpSession::read_length_body() {
  const std::size_t need = parser_.head_bytes() + parser_.head().content_length;
  while (buffer_.size() < need) {
    if (buffer_.free_space().empty()) {
      if (!has_memory_for(need)) co_return refuse_for_memory();
      buffer_.grow(need);
    }
    extend_body_deadline();
    const std::size_t before = buffer_.size();
    const Step step = co_await receive(need - before);
    if (step != Step::ready) co_return step;
    body_received_ += buffer_.size() - before;
  }
  request_bytes_ = need;
  co_return Step::ready;
}

std::expected<bool, HttpViolation> HttpSession::decode_chunks(std::size_t& body_end) {
  const std::size_t limit = parser_.head_bytes() + host_.options.limits.max_body_bytes;
  std::size_t raw = body_end;
  for (;;) {
    const auto step = chunks_.next(buffer_.view().substr(raw));
    if (!step) return std::unexpected(step.error());
    raw += step->consumed;
    if (step->data.size() > limit - body_end) {
      return std::unexpected(HttpViolation{413, "request body too large"});
    }
    if (step->kind == ChunkedDecoder::Step::Kind::data) {
      std::memmove(buffer_.data() + body_end, step->data.data(), step->data.size());
      body_end += step->data.size();
      continue;
    }

    // What follows the body moves up to it: nothing, or the next request's first bytes.
    const std::size_t rest = buffer_.size() - raw;
    std::memmove(buffer_.data() + body_end, buffer_.data() + raw, rest);
    buffer_.truncate(body_end + rest);
    return step->kind == ChunkedDecoder::Step::Kind::done;
  }
}

core::Task<HttpSession::Step> HttpSession::read_chunked_body() {
  chunks_.reset();
  std::size_t body_end = parser_.head_bytes();
  for (;;) {
    const auto done = decode_chunks(body_end);
    if (!done) co_return refuse_with(done.error());
    if (*done) break;
    if (buffer_.free_space().empty()) {
      if (!has_memory_for(buffer_.capacity())) co_return refuse_for_memory();
      buffer_.grow(2 * buffer_.capacity());
    }
    extend_body_deadline();
    const std::size_t before = buffer_.size();
    const Step step = co_await receive(kChunkedReadBytes);
    if (step != Step::ready) co_return step;
    body_received_ += buffer_.size() - before;
  }
  request_bytes_ = body_end;
  co_return Step::ready;
}

core::Task<HttpSession::Step> HttpSession::serve_request() {
  const RequestHead& head = parser_.head();
  writer_.start({.to_head = to_head_,
                 .http10 = head.http10,
                 .keep_alive = head.keep_alive && !host_.draining});
  cancellation_.reset();
  stream_->watch_hang_up(
      [this] { cancellation_.request(core::Cancellation::Reason::client_left); });
  const bool failed = co_await call_handler();
  stream_->watch_hang_up(nullptr);

  if (!writer_.begun()) {
    if (cancellation_.requested() && !failed) {
      stream_->abort_on_close();
      co_return Step::closed;
    }
    co_return refuse_with({500, "internal error"});
  }
  if (!writer_.complete()) {  // the client must not take what it has for the whole answer
    stream_->abort_on_close();
    co_return Step::closed;
  }
  if (failed || !writer_.keep_alive()) {
    if (parser_.head().keep_alive) co_await linger();  // the client may be sending already
    co_return Step::closed;
  }
  buffer_.consume(request_bytes_);
  stream_->set_read_deadline(host_.loop.now() + host_.options.idle_timeout);
  if (greedy()) {
    core::Cancellation never;
    const core::Result<void> paused = co_await host_.loop.sleep_until(host_.loop.now(), never);
    if (!paused) co_return Step::closed;
  }
  co_return Step::ready;
}

core::Task<bool> HttpSession::call_handler() {
  try {
    co_await host_.handler.handle(*this);
  } catch (...) {
    co_return true;
  }
  co_return false;
}

/// Pipelined requests are served without the loop in between; others must not wait for all.
bool HttpSession::greedy() noexcept {
  if (turn_ != host_.loop.now()) {
    turn_ = host_.loop.now();
    requests_in_turn_ = 0;
  }
  return ++requests_in_turn_ >= kRequestsPerTurn;
}

core::Task<void> HttpSession::refuse() {
  writer_.start({.to_head = to_head_, .keep_alive = false});
  HeaderBlock headers;
  headers.add("Content-Type", "application/json");
  const std::string text = host_.handler.refusal_body(violation_.status, violation_.reason);
  const std::string_view piece = text;
  const core::Result<void> sent =
      co_await writer_.respond(violation_.status, headers, std::span(&piece, 1));
  if (sent) co_await linger();
}

/// Closing a socket with unread bytes sends a reset, which would destroy the answer on its way
/// (RFC 9112 section 9.6).
core::Task<void> HttpSession::linger() {
  stream_->shutdown_send();
  stream_->set_read_deadline(host_.loop.now() + kLingerTime);
  std::size_t dropped = 0;
  buffer_.truncate(0);
  while (dropped < kLingerBytes) {
    const core::Result<std::size_t> got = co_await stream_->read_some(buffer_.free_space());
    if (!got || *got == 0) co_return;
    dropped += *got;
  }
}

}  // namespace gatehouse::net
