#pragma once
/// What the stub looks at in a request of either dialect.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/error.hpp"
#include "gatehouse/json/scan.hpp"
#include "gatehouse/providers/wire_format.hpp"

namespace gatehouse::providers::stub {

struct StubTool {
  std::string name;
  std::string schema;  ///< raw JSON
};

struct StubRequest {
  std::string model;
  std::string last_user_text;
  bool answers_tool_result = false;  ///< the last message is a tool's result
  std::string tool_result;
  std::vector<StubTool> tools;
  std::string forced_tool;   ///< "*": any
  bool json_object = false;  ///< JSON mode, with or without schema
  std::string json_schema;   ///< raw JSON
  std::uint64_t max_tokens = 4096;
  std::uint64_t n = 1;
  bool stream = false;
  bool include_usage = false;
  std::uint64_t prompt_tokens = 0;
  // Embeddings
  std::vector<std::string> inputs;
  std::uint64_t dimensions = 1536;
  bool base64 = false;
};

/// Errc::invalid_argument names the member that is wrong or missing.
core::Result<StubRequest> read_request(WireFormat format, const json::Outline& body);

}  // namespace gatehouse::providers::stub
