#include "client_exchange.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "client_dial.hpp"
#include "concurrent.hpp"
#include "gatehouse/core/text.hpp"

namespace gatehouse::net {

namespace {
using core::Errc;

/// Up to here a request is written before its answer is awaited: the kernel takes that much at
/// once, so that no answer can come meanwhile.
constexpr std::size_t kSmallRequestBytes = 64 * 1024;
constexpr unsigned kMaxInterimHeads = 8;
constexpr std::size_t kMinBodySpace = 4 * 1024;
constexpr std::size_t kMaxSpareScratch = 64;
/// An idle connection that its server closed shows within a round trip. A later end means that
/// the server may have worked on the request.
constexpr core::Nanos kStaleWithin = core::Seconds(1);

bool goes_without_length(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "DELETE" || method == "OPTIONS";
}
}  // namespace

ClientShared::ClientShared(EventLoop& the_loop, const ClientOptions& options)
    : loop(the_loop), limits(options.limits), pool(the_loop, options) {}

std::unique_ptr<ExchangeScratch> ClientShared::take_scratch() {
  if (spare_.empty()) return std::make_unique<ExchangeScratch>(limits);
  std::unique_ptr<ExchangeScratch> scratch = std::move(spare_.back());
  spare_.pop_back();
  return scratch;
}

void ClientShared::give_back(std::unique_ptr<ExchangeScratch> scratch) {
  if (spare_.size() >= kMaxSpareScratch) return;
  if (scratch->capacity > ExchangeScratch::kBufferBytes) {
    scratch->buffer.reset();
    scratch->capacity = 0;
  }
  scratch->body_buffer.reset();
  scratch->parser.reset();
  scratch->decoder.reset();
  spare_.push_back(std::move(scratch));
}

ClientExchange::ClientExchange(std::shared_ptr<ClientShared> shared,
                               std::unique_ptr<PooledConnection> connection,
                               const ClientTimeouts& timeouts, core::CallContext& context)
    : shared_(std::move(shared)),
      connection_(std::move(connection)),
      scratch_(shared_->take_scratch()),
      timeouts_(timeouts),
      deadline_(context.deadline) {
  on_cancel_.emplace(context.cancellation, [this] { stream().cancel(); });
}

ClientExchange::~ClientExchange() {
  release(false);
  shared_->give_back(std::move(scratch_));
}

void ClientExchange::release(bool reusable) {
  if (!connection_) return;
  on_cancel_.reset();
  const bool keep = reusable && request_complete_ && head().keep_alive;
  // A reset ends the call upstream at once, even behind bytes that the server does not take.
  if (!keep && !(finished_ && request_complete_)) stream().abort_on_close();
  shared_->pool.give_back(std::move(connection_), keep);
}

core::MonotonicTime ClientExchange::limit(core::Nanos own) const {
  return std::min(deadline_, shared_->loop.now() + own);
}

std::unexpected<core::Error> ClientExchange::fail_call(core::Error error) {
  release(false);
  pending_ = {};
  failure_ = upstream_error(std::move(error), deadline_, shared_->loop.now());
  return std::unexpected(*failure_);
}

std::unexpected<core::Error> ClientExchange::fail_upstream(std::string_view public_message,
                                                           std::string_view detail) {
  return fail_call({.code = Errc::upstream_failed,
                    .public_message = std::string(public_message),
                    .internal_detail = std::string(detail)});
}

std::size_t ClientExchange::lay_out(const ClientRequest& request) {
  std::size_t body_bytes = 0;
  for (const std::string_view piece : request.body) body_bytes += piece.size();
  std::string& head = scratch_->request_head;
  head.assign(request.method);
  head += ' ';
  head += request.endpoint.base_path;
  head += request.path;
  head += " HTTP/1.1\r\nHost: ";
  head += request.endpoint.authority;
  if (body_bytes > 0 || !goes_without_length(request.method)) {
    head += "\r\nContent-Length: ";
    core::append_number(head, std::uint64_t{body_bytes});
  }
  head += "\r\n";
  scratch_->pieces.assign({head, request.headers, "\r\n"});
  scratch_->pieces.insert(scratch_->pieces.end(), request.body.begin(), request.body.end());
  return head.size() + request.headers.size() + 2 + body_bytes;
}

core::Task<core::Result<void>> ClientExchange::perform(ClientRequest request) {
  const std::size_t bytes = lay_out(request);
  const bool to_head = request.method == "HEAD";
  sent_at_ = shared_->loop.now();
  stream().set_write_deadline(limit(timeouts_.first_byte));
  core::Result<void> answered;
  if (bytes > kSmallRequestBytes) {
    answered = co_await exchange_beside(to_head);
  } else {
    core::Result<void> sent = co_await stream().write(scratch_->pieces);
    request_complete_ = sent.has_value();
    stream().set_read_deadline(limit(timeouts_.first_byte));
    // A peer that closed early may have answered before: what it sent is still to be read.
    if (sent || sent.error().code == Errc::closed) {
      answered = co_await read_head(to_head);
    } else {
      answered = pass(sent);
    }
  }
  if (!answered) {
    const bool closed = answered.error().code == Errc::closed;
    stale_ = closed && !received_any_ && shared_->loop.now() - sent_at_ < kStaleWithin;
    co_return fail_call(std::move(answered.error()));
  }
  co_return accept_head();
}

core::Task<void> ClientExchange::send_beside(ClientExchange* self, Sending* sending) {
  sending->outcome = co_await self->stream().write(self->scratch_->pieces);
  sending->done = true;
  if (sending->outcome) {
    self->stream().set_read_deadline(self->limit(self->timeouts_.first_byte));
  } else if (sending->outcome.error().code == Errc::deadline_exceeded) {
    self->stream().set_read_deadline(self->shared_->loop.now());
  }
}

core::Task<core::Result<void>> ClientExchange::exchange_beside(bool to_head) {
  stream().set_read_deadline(deadline_);
  Sending sending;
  const Concurrent writer = run_beside(send_beside(this, &sending));
  core::Result<void> answered = co_await read_head(to_head);
  if (!sending.done) {
    // Who refuses a request need not take the rest of it.
    if (!answered || head().status >= 400 || !head().keep_alive) {
      stream().set_write_deadline(shared_->loop.now());
    }
    co_await writer.join();
  }
  request_complete_ = sending.outcome.has_value();
  co_return std::move(answered);
}

core::Task<core::Result<void>> ClientExchange::read_head(bool to_head) {
  for (;;) {
    make_room();
    ExchangeScratch& scratch = *scratch_;
    const std::span<char> space(scratch.buffer.get() + end_, scratch.capacity - end_);
    core::Result<std::size_t> got = co_await stream().read_some(space);
    if (!got) co_return pass(got);
    if (*got == 0) {
      co_return core::fail(received_any_ ? Errc::upstream_failed : Errc::closed,
                           "the provider closed the connection without an answer");
    }
    received_any_ = true;
    end_ += *got;
    core::Result<HeadState> state = parse_head(to_head);
    if (!state) co_return pass(state);
    if (*state == HeadState::done) co_return core::Result<void>();
  }
}

core::Result<HeadState> ClientExchange::parse_head(bool to_head) {
  ExchangeScratch& scratch = *scratch_;
  for (;;) {
    const std::string_view bytes(scratch.buffer.get() + begin_, end_ - begin_);
    const auto state = scratch.parser.parse(bytes, to_head);
    if (!state) {
      return core::fail(Errc::upstream_failed, "the provider's answer is not valid HTTP",
                        std::string(state.error().reason));
    }
    if (*state == HeadState::need_more || head().status >= 200) return *state;
    if (++interim_heads_ > kMaxInterimHeads) {
      return core::fail(Errc::upstream_failed, "the provider's answer is not valid HTTP",
                        "too many interim answers");
    }
    begin_ += scratch.parser.head_bytes();
    scratch.parser.reset();
  }
}

/// Space for more of the head. The parser bounds what is needed.
void ClientExchange::make_room() {
  ExchangeScratch& scratch = *scratch_;
  if (end_ < scratch.capacity) return;
  const std::size_t held = end_ - begin_;
  if (begin_ > 0) {
    std::memmove(scratch.buffer.get(), scratch.buffer.get() + begin_, held);
  } else {
    const std::size_t larger = std::max(ExchangeScratch::kBufferBytes, scratch.capacity * 2);
    auto buffer = std::make_unique_for_overwrite<char[]>(larger);
    if (held > 0) std::memcpy(buffer.get(), scratch.buffer.get(), held);
    scratch.buffer = std::move(buffer);
    scratch.capacity = larger;
  }
  begin_ = 0;
  end_ = held;
}

core::Result<void> ClientExchange::accept_head() {
  ExchangeScratch& scratch = *scratch_;
  const std::size_t body_begin = begin_ + scratch.parser.head_bytes();
  pending_ = std::string_view(scratch.buffer.get() + body_begin, end_ - body_begin);
  body_space_ = scratch.buffer.get() + body_begin;
  body_capacity_ = scratch.capacity - body_begin;
  if (body_capacity_ < kMinBodySpace) {
    // What came behind a long head stays in view until it was read.
    scratch.body_buffer = std::make_unique_for_overwrite<char[]>(ExchangeScratch::kBufferBytes);
    body_space_ = scratch.body_buffer.get();
    body_capacity_ = ExchangeScratch::kBufferBytes;
  }
  if (head().framing == BodyFraming::none) {
    finished_ = true;
    release(pending_.empty());
    return {};
  }
  for (const HeaderField& field : head().headers) {
    if (core::iequals(field.name, "content-encoding") && !field.value.empty() &&
        !core::iequals(field.value, "identity")) {
      return fail_upstream("the provider's answer has a content coding that was not asked for",
                           field.value);
    }
  }
  if (head().framing == BodyFraming::length) {
    remaining_ = head().content_length;
    if (pending_.size() >= remaining_) {
      // All is here: the connection need not wait until the caller has read it.
      const bool exact = pending_.size() == remaining_;
      pending_ = pending_.substr(0, static_cast<std::size_t>(remaining_));
      release(exact);
    }
  }
  return {};
}

}  // namespace gatehouse::net
