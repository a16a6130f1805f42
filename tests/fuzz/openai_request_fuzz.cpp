/// Requests of the openai_chat format: no crash, and translations that are JSON.

#include "dialect_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  gatehouse::fuzz::check_request(gatehouse::providers::WireFormat::openai_chat,
                                 {reinterpret_cast<const char*>(data), size});
  return 0;
}
