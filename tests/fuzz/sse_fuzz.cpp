/// Event streams: no crash, the same events wherever the bytes are cut, and what append_sse
/// writes is read back.

#include <algorithm>
#include <vector>

#include "fuzz_input.hpp"
#include "gatehouse/net/sse.hpp"

namespace gatehouse::fuzz {
namespace {

constexpr std::size_t kLimit = 512;

struct Outcome {
  std::vector<std::string> events;
  bool failed = false;
  bool finished = false;
  bool operator==(const Outcome&) const = default;
};

Outcome decode(std::string_view first, std::string_view second, std::size_t limit) {
  net::SseDecoder decoder(limit);
  Outcome out;
  for (const std::string_view piece : {first, second}) {
    const std::string copy(piece);
    const auto ok = decoder.feed(copy, [&](const net::SseEvent& event) -> core::Result<void> {
      require(event.data.size() <= limit, "limit");
      if (!event.raw.empty()) {
        require(event.raw.data() >= copy.data() &&
                    event.raw.data() + event.raw.size() <= copy.data() + copy.size(),
                "raw lies in the piece");
      }
      out.events.push_back(std::string(event.type) + "\n" + std::string(event.id) + "\n" +
                           std::string(event.data));
      return {};
    });
    if (!ok) {
      out.failed = true;
      return out;
    }
  }
  out.finished = decoder.finish().has_value();
  return out;
}

void check_round_trip(std::string_view data) {
  std::string bytes;
  net::append_sse(bytes, data, "t");
  std::string expected;
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data[i] == '\r' && i + 1 < data.size() && data[i + 1] == '\n') continue;
    expected.push_back(data[i] == '\r' ? '\n' : data[i]);
  }
  const Outcome outcome = decode(bytes, {}, 1 << 20);
  require(outcome.events == std::vector<std::string>{"t\n\n" + expected}, "round trip");
  require(outcome.finished, "complete");
}

}  // namespace
}  // namespace gatehouse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse::fuzz;
  const CutInput input(data, size);
  require(decode(input.bytes, {}, kLimit) == decode(input.first(), input.second(), kLimit),
          "cut anywhere");
  check_round_trip(input.bytes);
  return 0;
}
