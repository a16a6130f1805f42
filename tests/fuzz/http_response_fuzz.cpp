/// Response heads: no crash, and one reading wherever the bytes are cut.

#include "fuzz_input.hpp"
#include "gatehouse/net/http_codec.hpp"

namespace gatehouse::fuzz {
namespace {

std::string parse(std::string_view first, std::string_view whole, bool to_head) {
  net::ResponseParser parser{net::HttpLimits{}};
  for (const std::string_view part : {first, whole}) {
    const std::string buffer(part);
    const auto state = parser.parse(buffer, to_head);
    if (!state) return std::string(state.error().reason);
    if (*state == net::HeadState::need_more) continue;
    const net::ResponseHead& head = parser.head();
    require(head.status >= 100 && head.status < 600 && head.status != 101, "status");
    require(head.framing != net::BodyFraming::until_close || !head.keep_alive, "until close");
    require(!to_head || head.framing == net::BodyFraming::none, "HEAD has no body");
    std::string text = std::to_string(head.status) + " " +
                       std::to_string(static_cast<int>(head.framing)) + " " +
                       std::to_string(head.content_length) + " " +
                       std::to_string(parser.head_bytes()) + (head.keep_alive ? " keep" : "");
    for (const auto& field : head.headers) {
      text.append("\n").append(field.name).append(":").append(field.value);
    }
    return text;
  }
  return "need more";
}

}  // namespace
}  // namespace gatehouse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse::fuzz;
  const CutInput input(data, size);
  for (const bool to_head : {false, true}) {
    require(parse(input.bytes, input.bytes, to_head) == parse(input.first(), input.bytes, to_head),
            "cut anywhere");
  }
  return 0;
}
