#include "openai/chat_reply.hpp"
#include "openai/chat_request.hpp"
#include "openai/chat_stream_decoder.hpp"
#include "openai/chat_stream_encoder.hpp"
#include "openai/codec.hpp"

namespace gatehouse::providers::openai {
namespace {

class Codec final : public ChatCodec {
 public:
  core::Result<ChatRequest> decode_request(std::string_view body) const override {
    return decode_chat_request(body);
  }
  core::Result<EncodedRequest> encode_request(const ChatRequest& request,
                                              const EncodeOptions& options) const override {
    return encode_chat_request(request, options);
  }
  core::Result<ChatReply> decode_reply(std::string_view body) const override {
    return decode_chat_reply(body);
  }
  std::string encode_reply(const ChatReply& reply) const override {
    return encode_chat_reply(reply);
  }
  std::unique_ptr<StreamDecoder> make_stream_decoder() const override {
    return std::make_unique<ChatStreamDecoder>();
  }
  std::unique_ptr<StreamEncoder> make_stream_encoder(StreamEncodeOptions options) const override {
    return std::make_unique<ChatStreamEncoder>(std::move(options));
  }
};

}  // namespace

const ChatCodec& chat_codec() noexcept {
  static const Codec codec;
  return codec;
}

}  // namespace gatehouse::providers::openai
