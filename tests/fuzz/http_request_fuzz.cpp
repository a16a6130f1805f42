/// Request heads: no crash, one reading wherever the bytes are cut, and every accepted head keeps
/// what the parser promises.

#include <algorithm>

#include "fuzz_input.hpp"
#include "gatehouse/net/http_codec.hpp"

namespace gatehouse::fuzz {
namespace {

struct Outcome {
  int status = 0;
  std::string text;
  bool operator==(const Outcome&) const = default;
};

void check_head(const net::RequestHead& head) {
  require(!head.method.empty() && head.method.size() <= 32, "method length");
  require(head.path.starts_with('/'), "path starts with a slash");
  require(head.path.find("//") == std::string_view::npos, "no double slash");
  require((std::string(head.path) + "/").find("/../") == std::string::npos, "no dot segments");
  for (const char c : head.target) require(c > 0x20 && c < 0x7f && c != '#', "target characters");
  for (const auto& field : head.headers) {
    require(!field.name.empty(), "field names");
    for (const char c : field.value) {
      const auto byte = static_cast<unsigned char>(c);
      require(byte == '\t' || (byte >= 0x20 && byte != 0x7f), "field characters");
    }
  }
  const auto named = [&](std::string_view name) {
    return std::ranges::count_if(head.headers, [&](const net::HeaderField& field) {
      return net::HeaderList(std::span(&field, 1)).find(name).has_value();
    });
  };
  require(named("content-length") + named("transfer-encoding") <= 1, "one framing field");
  require(named("host") <= 1 && (head.http10 || named("host") == 1), "one Host");
  require((head.framing == net::BodyFraming::chunked) == (named("transfer-encoding") == 1),
          "chunked framing");
}

Outcome describe(const net::RequestParser& parser) {
  const net::RequestHead& head = parser.head();
  check_head(head);
  Outcome out;
  for (const std::string_view part : {head.method, head.target, head.path, head.query}) {
    out.text.append(part).push_back('\n');
  }
  for (const auto& field : head.headers) {
    out.text.append(field.name).append(":").append(field.value).push_back('\n');
  }
  out.text += std::to_string(parser.head_bytes()) + " " + std::to_string(head.content_length) +
              " " + std::to_string(static_cast<int>(head.framing)) +
              (head.keep_alive ? " keep" : "") + (head.expect_continue ? " expect" : "");
  return out;
}

Outcome parse(std::string_view first, std::string_view whole) {
  net::RequestParser parser{net::HttpLimits{}};
  for (const std::string_view part : {first, whole}) {
    const std::string buffer(part);
    const auto state = parser.parse(buffer);
    if (!state) return {state.error().status, std::string(state.error().reason)};
    if (*state == net::HeadState::done) return describe(parser);
  }
  return {-1, ""};
}

}  // namespace
}  // namespace gatehouse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse::fuzz;
  const CutInput input(data, size);
  require(parse(input.bytes, input.bytes) == parse(input.first(), input.bytes), "cut anywhere");
  return 0;
}
