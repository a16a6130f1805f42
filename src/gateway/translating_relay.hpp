#pragma once
/// A streamed reply in another format than the client's.

#include <memory>
#include <string>
#include <vector>

#include "gatehouse/providers/codec.hpp"
#include "gatehouse/providers/passthrough.hpp"

namespace gatehouse::gateway {

/// Decodes the vendor's events and encodes them anew. Same contract as the relay of a format that
/// goes through unchanged.
class TranslatingRelay final : public providers::StreamRelay {
 public:
  TranslatingRelay(const providers::ChatCodec& from, const providers::ChatCodec& to,
                   providers::StreamEncodeOptions options);

  core::Result<Verdict> relay(const net::SseEvent& event, std::string& out) override;
  std::optional<core::TokenUsage> usage() const override;
  bool usage_is_reported() const override { return final_usage_; }
  std::uint64_t generated_bytes() const override { return generated_bytes_; }
  std::string_view error_message() const override { return error_message_; }
  std::string_view response_id() const override { return response_id_; }

 private:
  Verdict take(const providers::Delta& delta);

  std::unique_ptr<providers::StreamDecoder> decoder_;
  std::unique_ptr<providers::StreamEncoder> encoder_;
  std::vector<providers::Delta> deltas_;
  std::optional<core::TokenUsage> usage_;
  bool final_usage_ = false;  ///< until then it is the prompt's
  std::uint64_t generated_bytes_ = 0;
  std::string error_message_;
  std::string response_id_;
};

}  // namespace gatehouse::gateway
