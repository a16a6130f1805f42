#pragma once
/// Shared by the tests of this module.

#include <simdjson.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/json/scan.hpp"

namespace gatehouse::json {

/// Bytes before a token that move it over the borders of 16, 32 and 64-byte blocks.
inline constexpr std::array<std::size_t, 24> kShifts{
    0, 1, 2, 7, 13, 14, 15, 16, 29, 30, 31, 32, 56, 59, 60, 61, 62, 63, 64, 65, 125, 126, 127, 128};

inline std::string slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Scans `text` with `junk`, repeated, in the padding behind it.
inline bool accepts(Scanner& scanner, std::string_view text, std::string_view junk = " ") {
  std::string buffer(text);
  while (buffer.size() < text.size() + kPadding) buffer += junk;
  return scanner.scan(std::string_view(buffer).substr(0, text.size())).has_value();
}

inline bool accepts(std::string_view text) {
  Scanner scanner;
  return accepts(scanner, text);
}

/// Runs `body` once for every instruction set of simdjson that this processor has.
template <class Body>
void with_each_implementation(Body body) {
  const auto* const usual = simdjson::get_active_implementation().operator->();
  for (const simdjson::implementation* candidate : simdjson::get_available_implementations()) {
    if (!candidate->supported_by_runtime_system()) continue;
    simdjson::get_active_implementation() = candidate;
    body(candidate->name());
  }
  simdjson::get_active_implementation() = usual;
}

}  // namespace gatehouse::json
