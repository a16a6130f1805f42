#include "stub/memory_response.hpp"

#include "gatehouse/json/scan.hpp"

namespace gatehouse::providers::stub {

MemoryResponse::MemoryResponse(MemoryReply reply, core::Cancellation& cancellation)
    : reply_(std::move(reply)), cancellation_(cancellation) {
  fields_[0] = {"content-type", reply_.content_type};
  head_.status = reply_.status;
  head_.headers = net::HeaderList(fields_);
  head_.framing = net::BodyFraming::length;
  for (const std::string& piece : reply_.pieces) head_.content_length += piece.size();
}

core::Task<core::Result<std::string_view>> MemoryResponse::read() {
  if (cancellation_.requested()) {
    co_return core::fail(core::Errc::cancelled, "the call was cancelled");
  }
  if (next_ == reply_.pieces.size()) co_return std::string_view();
  std::string& piece = reply_.pieces[next_++];
  piece.reserve(piece.size() + json::kPadding);
  co_return std::string_view(piece);
}

core::Task<core::Result<void>> MemoryResponse::read_all(std::string& into, std::size_t limit) {
  if (cancellation_.requested()) {
    co_return core::fail(core::Errc::cancelled, "the call was cancelled");
  }
  for (; next_ < reply_.pieces.size(); ++next_) {
    if (into.size() + reply_.pieces[next_].size() > limit) {
      co_return core::fail(core::Errc::too_large, "the provider's answer is too large");
    }
    into += reply_.pieces[next_];
  }
  into.reserve(into.size() + json::kPadding);
  co_return core::Result<void>();
}

}  // namespace gatehouse::providers::stub
