/// The chunked coding: no crash, and the same data wherever the bytes are cut.

#include "fuzz_input.hpp"
#include "gatehouse/net/http_codec.hpp"

namespace gatehouse::fuzz {
namespace {

using net::ChunkedDecoder;

struct Outcome {
  std::string data;
  std::string end = "need more";
  std::size_t consumed = 0;
  bool operator==(const Outcome&) const = default;
};

/// False when the body has ended or broken.
bool feed(ChunkedDecoder& decoder, std::string_view bytes, Outcome& out) {
  const std::string copy(bytes);
  std::string_view rest = copy;
  for (;;) {
    const auto step = decoder.next(rest);
    if (!step) {
      out = {"", std::string(step.error().reason), 0};
      return false;
    }
    require(step->consumed <= rest.size(), "consumed what was fed");
    out.data += step->data;
    out.consumed += step->consumed;
    rest.remove_prefix(step->consumed);
    if (step->kind == ChunkedDecoder::Step::Kind::done) {
      out.end = "done";
      return false;
    }
    if (step->kind == ChunkedDecoder::Step::Kind::need_more) {
      require(rest.empty(), "all consumed");
      return true;
    }
    require(!step->data.empty(), "progress");
  }
}

Outcome decode(std::string_view first, std::string_view second) {
  ChunkedDecoder decoder{net::HttpLimits{}};
  Outcome out;
  if (feed(decoder, first, out)) feed(decoder, second, out);
  return out;
}

}  // namespace
}  // namespace gatehouse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse::fuzz;
  const CutInput input(data, size);
  const Outcome whole = decode(input.bytes, {});
  require(whole == decode(input.first(), input.second()), "cut anywhere");
  require(whole.data.size() <= input.bytes.size(), "no data out of nothing");
  return 0;
}
