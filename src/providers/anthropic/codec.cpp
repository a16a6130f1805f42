#include "anthropic/codec.hpp"

#include "anthropic/reply.hpp"
#include "anthropic/request.hpp"
#include "anthropic/stream_decoder.hpp"
#include "anthropic/stream_encoder.hpp"

namespace gatehouse::providers::anthropic {
namespace {

class Codec final : public ChatCodec {
 public:
  core::Result<ChatRequest> decode_request(std::string_view body) const override {
    return anthropic::decode_request(body);
  }
  core::Result<EncodedRequest> encode_request(const ChatRequest& request,
                                              const EncodeOptions& options) const override {
    return anthropic::encode_request(request, options);
  }
  core::Result<ChatReply> decode_reply(std::string_view body) const override {
    return anthropic::decode_reply(body);
  }
  std::string encode_reply(const ChatReply& reply) const override {
    return anthropic::encode_reply(reply);
  }
  std::unique_ptr<StreamDecoder> make_stream_decoder() const override {
    return std::make_unique<MessageStreamDecoder>();
  }
  std::unique_ptr<StreamEncoder> make_stream_encoder(StreamEncodeOptions options) const override {
    return std::make_unique<MessageStreamEncoder>(std::move(options));
  }
};

}  // namespace

const ChatCodec& codec() noexcept {
  static const Codec instance;
  return instance;
}

}  // namespace gatehouse::providers::anthropic
