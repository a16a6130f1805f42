// The JSON scanner against boost::json: both must agree but for what src/json/README.md lists.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "boost_oracle.hpp"
#include "gatehouse/json/scan.hpp"

namespace {

namespace json = gatehouse::json;

[[noreturn]] void complain(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

/// The verdict must not depend on what follows the text in memory.
void same_with_any_padding(json::Scanner& scanner, const std::string& text, bool accepted) {
  for (const char junk : {'9', '"', ']', '\\'}) {
    const std::string buffer = text + std::string(json::kPadding, junk);
    const auto outline = scanner.scan(std::string_view(buffer).substr(0, text.size()));
    if (outline.has_value() != accepted) complain("the padding changed the verdict");
  }
}

void read_all(const json::Outline& outline) {
  for (const json::Member& member : outline.members()) {
    const auto text = json::as_string(member);
    if (text.has_value() != (member.kind == json::Kind::string)) complain("kind");
    json::as_int(member);
    json::as_uint(member);
    json::as_bool(member);
    const std::string key = json::unescape(member.key);
    if (outline.kind() != json::Kind::object) continue;
    const json::Member* const found = outline.find(key);
    if (found == nullptr) complain("a member is not found by its name");
    if (outline.repeated(key) && !outline.ambiguous(key)) complain("repeated but not ambiguous");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static json::Scanner scanner;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const std::string problem = json::disagreement(scanner, text); !problem.empty()) {
    complain(problem);
  }
  const auto outline = scanner.scan_copy(text);
  if (outline) {
    // Quadratic in the members: only for texts of ordinary width.
    if (outline->members().size() < 200) read_all(*outline);
  }
  same_with_any_padding(scanner, text, outline.has_value());

  json::unescape(text);
  const std::string quoted = json::quoted(text);
  const auto string = scanner.scan_copy("[" + quoted + "]");
  if (!string || string->members().size() != 1) complain("a quoted text is no JSON string");
  return 0;
}
