#include <algorithm>
#include <utility>

#include "client_exchange.hpp"

namespace gatehouse::net {

namespace {
using core::Errc;

constexpr std::size_t kGrowStep = 256 * 1024;
constexpr std::size_t kScannerMargin = 64;

void reserve_for(std::string& text, std::size_t more) {
  const std::size_t needed = text.size() + more + kScannerMargin;
  if (text.capacity() < needed) text.reserve(std::max(needed, text.capacity() * 2));
}

constexpr std::string_view kCut = "the provider's answer was cut off";
}  // namespace

core::Result<std::string_view> ClientExchange::decode() {
  switch (head().framing) {
    case BodyFraming::length: {
      const auto size =
          static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, pending_.size()));
      const std::string_view piece = pending_.substr(0, size);
      pending_.remove_prefix(size);
      remaining_ -= size;
      if (remaining_ == 0) {
        finished_ = true;
        release(pending_.empty());
      }
      return piece;
    }
    case BodyFraming::chunked: {
      const auto step = scratch_->decoder.next(pending_);
      if (!step)
        return fail_upstream("the provider's answer is not valid HTTP", step.error().reason);
      pending_.remove_prefix(step->consumed);
      if (step->kind == ChunkedDecoder::Step::Kind::data) return step->data;
      if (step->kind == ChunkedDecoder::Step::Kind::done) {
        finished_ = true;
        release(pending_.empty());
      }
      return std::string_view();
    }
    case BodyFraming::none:
    case BodyFraming::until_close:
      break;
  }
  return std::exchange(pending_, {});
}

core::Task<core::Result<void>> ClientExchange::receive_body() {
  stream().set_read_deadline(limit(timeouts_.idle));
  core::Result<std::size_t> got =
      co_await stream().read_some(std::span(body_space_, body_capacity_));
  if (!got) {
    if (got.error().code == Errc::closed) got.error().public_message = kCut;
    co_return fail_call(std::move(got.error()));
  }
  if (*got > 0) {
    pending_ = std::string_view(body_space_, *got);
  } else if (head().framing == BodyFraming::until_close) {
    finished_ = true;
    release(false);
  } else {
    co_return fail_upstream(kCut, "end of stream inside the body");
  }
  co_return core::Result<void>();
}

core::Task<core::Result<std::string_view>> ClientExchange::read() {
  for (;;) {
    if (failure_) co_return std::unexpected(*failure_);
    if (finished_) co_return std::string_view();
    if (pending_.empty()) {
      core::Result<void> received = co_await receive_body();
      if (!received) co_return pass(received);
      continue;
    }
    core::Result<std::string_view> piece = decode();
    if (!piece || !piece->empty()) co_return std::move(piece);
  }
}

core::Task<core::Result<void>> ClientExchange::read_all(std::string& into, std::size_t limit) {
  if (failure_) co_return std::unexpected(*failure_);
  const bool measured = head().framing == BodyFraming::length;
  std::size_t left = limit;
  if (measured && remaining_ > left) {
    co_return fail_call({.code = Errc::too_large, .public_message = "the answer is too large"});
  }
  if (measured) reserve_for(into, static_cast<std::size_t>(remaining_));
  while (!finished_) {
    if (measured && pending_.empty()) co_return co_await receive_rest(into);
    core::Result<std::string_view> piece = co_await read();
    if (!piece) co_return pass(piece);
    if (piece->size() > left) {
      co_return fail_call({.code = Errc::too_large, .public_message = "the answer is too large"});
    }
    left -= piece->size();
    reserve_for(into, piece->size());
    into.append(*piece);
  }
  reserve_for(into, 0);
  co_return core::Result<void>();
}

/// The rest of a body of known length, received where it is wanted.
core::Task<core::Result<void>> ClientExchange::receive_rest(std::string& into) {
  std::size_t filled = into.size();
  while (remaining_ > 0) {
    if (filled == into.size()) {
      into.resize(filled +
                  static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, kGrowStep)));
    }
    stream().set_read_deadline(limit(timeouts_.idle));
    const std::span<char> space(into.data() + filled, into.size() - filled);
    core::Result<std::size_t> got = co_await stream().read_some(space);
    if (!got || *got == 0) {
      into.resize(filled);
      if (got) co_return fail_upstream(kCut, "end of stream inside the body");
      if (got.error().code == Errc::closed) got.error().public_message = kCut;
      co_return fail_call(std::move(got.error()));
    }
    filled += *got;
    remaining_ -= *got;
  }
  finished_ = true;
  release(true);
  co_return core::Result<void>();
}

}  // namespace gatehouse::net
