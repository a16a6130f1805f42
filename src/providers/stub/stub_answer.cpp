#include "stub/stub_answer.hpp"

#include <algorithm>
#include <array>

#include "gatehouse/providers/token_estimate.hpp"
#include "stub/sample_value.hpp"

namespace gatehouse::providers::stub {
namespace {

constexpr std::size_t kMaxQuote = 2'000;
constexpr std::size_t kMaxHint = 60;

/// At most `limit` bytes, cut between characters.
std::string_view prefix(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return text.substr(0, limit);
}

std::string hex(std::uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(16, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, value >>= 4) {
    *digit = kDigits[value & 15];
  }
  return text;
}

std::string prose(const StubRequest& request) {
  if (request.answers_tool_result) {
    return "The tool returned: " + std::string(prefix(request.tool_result, kMaxQuote));
  }
  if (request.last_user_text.empty()) {
    return "Hello! This is Gatehouse's built-in stub model. Send me a message to see it echoed.";
  }
  return "You said: " + std::string(prefix(request.last_user_text, kMaxQuote)) +
         "\n\nThis is Gatehouse's built-in stub model: it answers without calling a provider. "
         "Set a provider's key, for example OPENAI_API_KEY, to get real answers.";
}

const StubTool* chosen_tool(const StubRequest& request) {
  if (request.forced_tool.empty() || request.tools.empty()) return nullptr;
  if (request.forced_tool == "*") {
    return request.answers_tool_result ? nullptr : &request.tools.front();
  }
  const auto found = std::ranges::find(request.tools, request.forced_tool, &StubTool::name);
  return found == request.tools.end() ? nullptr : &*found;
}

}  // namespace

std::uint64_t digest(std::string_view text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  return hash;
}

StubAnswer make_answer(const StubRequest& request) {
  StubAnswer answer;
  answer.id =
      hex(digest(request.model + '\n' + request.last_user_text + '\n' + request.tool_result));
  const std::string_view hint = prefix(request.last_user_text, kMaxHint);
  if (const StubTool* tool = chosen_tool(request)) {
    answer.tool_name = tool->name;
    answer.tool_arguments = tool->schema.empty() ? "{}" : sample_value(tool->schema, hint);
    answer.completion_tokens = 1 + estimate_tokens(answer.tool_arguments);
    return answer;
  }
  if (request.json_object) {
    answer.text =
        sample_value(request.json_schema.empty()
                         ? R"({"type":"object","properties":{"answer":{"type":"string"}}})"
                         : request.json_schema,
                     hint);
  } else {
    answer.text = prose(request);
  }
  const std::size_t most = static_cast<std::size_t>(request.max_tokens) * 4;
  if (answer.text.size() > most) {
    answer.text = prefix(answer.text, most);
    answer.cut = true;
  }
  answer.completion_tokens = std::max<std::uint64_t>(1, estimate_tokens(answer.text));
  return answer;
}

std::vector<std::string_view> split_into_pieces(std::string_view text) {
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::size_t length = space == std::string_view::npos ? text.size() : space + 1;
    pieces.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return pieces;
}

}  // namespace gatehouse::providers::stub
