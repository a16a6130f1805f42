#pragma once
/// Parts of a fuzz input, and the check that a target must not fail.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace gatehouse::fuzz {

/// Ends the process with a message when a property does not hold.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "property violated: %s\n", what);
  std::abort();
}

/// The first two bytes say where the rest is cut in two.
struct CutInput {
  std::string_view bytes;
  std::size_t cut = 0;

  CutInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return;
    bytes = {reinterpret_cast<const char*>(data) + 2, size - 2};
    cut = (data[0] * 256U + data[1]) % (bytes.size() + 1);
  }
  std::string_view first() const { return bytes.substr(0, cut); }
  std::string_view second() const { return bytes.substr(cut); }
};

}  // namespace gatehouse::fuzz
