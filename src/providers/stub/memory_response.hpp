#pragma once
/// A reply that never crossed a network.

#include <string>
#include <vector>

#include "gatehouse/net/http_client.hpp"

namespace gatehouse::providers::stub {

/// What to answer: the body in the pieces it is read in.
struct MemoryReply {
  int status = 200;
  std::string_view content_type = "application/json";  ///< static storage
  std::vector<std::string> pieces;
};

class MemoryResponse final : public net::ClientResponse {
 public:
  MemoryResponse(MemoryReply reply, core::Cancellation& cancellation);

  const net::ResponseHead& head() const override { return head_; }
  core::Task<core::Result<std::string_view>> read() override;
  core::Task<core::Result<void>> read_all(std::string& into, std::size_t limit) override;

 private:
  MemoryReply reply_;
  core::Cancellation& cancellation_;
  net::HeaderField fields_[1];
  net::ResponseHead head_;
  std::size_t next_ = 0;
};

}  // namespace gatehouse::providers::stub
