#pragma once
/// What the stub answers, in no dialect yet.

#include <cstdint>
#include <string>
#include <vector>

#include "stub/stub_request.hpp"

namespace gatehouse::providers::stub {

struct StubAnswer {
  std::string id;    ///< digest of the request: the same question, the same id
  std::string text;  ///< empty when a tool is called
  std::string tool_name;
  std::string tool_arguments;  ///< raw JSON
  bool cut = false;            ///< max_tokens ended it
  std::uint64_t completion_tokens = 0;

  bool calls_tool() const noexcept { return !tool_name.empty(); }
};

StubAnswer make_answer(const StubRequest& request);

/// The text in the pieces a stream sends: words with the space behind them.
std::vector<std::string_view> split_into_pieces(std::string_view text);

/// FNV-1a, 64 bit.
std::uint64_t digest(std::string_view text) noexcept;

}  // namespace gatehouse::providers::stub
