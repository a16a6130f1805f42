/// The completions format: requests, replies and streams.

#include "dialect_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  constexpr auto kFormat = providers::WireFormat::openai_completions;
  fuzz::check_request(kFormat, bytes);
  fuzz::check_reply(kFormat, bytes);
  fuzz::check_stream(kFormat, bytes);
  return 0;
}
