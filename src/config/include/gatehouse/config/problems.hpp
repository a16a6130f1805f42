#pragma once
/// What is wrong with a configuration file: everything at once.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/error.hpp"

namespace gatehouse::config {

enum class Severity : std::uint8_t { warning, error };

/// One finding. `message` never contains the value of a secret or of an environment variable.
struct Problem {
  Severity severity = Severity::error;
  std::string path;     ///< "model_list[0].litellm_params.api_key"; empty for the whole file
  int line = 0;         ///< from 1; 0 when it has no place in the file
  std::string message;  ///< a sentence without a full stop: "must be at least 1"
};

/// Collects findings in the order in which they are met; keeps the first 200 errors and the first
/// 200 warnings and counts the rest.
class Problems {
 public:
  void error(std::string path, int line, std::string message);
  void warning(std::string path, int line, std::string message);

  bool failed() const noexcept { return errors_ != 0; }
  std::size_t errors() const noexcept { return errors_; }
  std::size_t warnings() const noexcept { return warnings_; }
  std::span<const Problem> all() const noexcept { return all_; }

  /// One line each: "gatehouse.yaml:12: error: server.port: must be at least 1".
  std::string to_text(std::string_view file) const;
  /// All errors as one Errc::invalid_argument; warnings are left out.
  core::Error to_error(std::string_view file) const;

 private:
  std::vector<Problem> all_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
};

}  // namespace gatehouse::config
