#pragma once
/// How commands on a data folder end when they cannot do what they were asked.

#include <cstdio>
#include <string>

#include "gatehouse/core/error.hpp"

namespace gatehouse::app::cli {

inline constexpr int kFailed = 2;

/// Says why on standard error; the exit status.
inline int fail(const std::string& text) {
  std::fprintf(stderr, "gatehouse: %s\n", text.c_str());
  return kFailed;
}

inline int fail(const core::Error& error) {
  return fail(error.public_message +
              (error.internal_detail.empty() ? "" : " (" + error.internal_detail + ")"));
}

}  // namespace gatehouse::app::cli
