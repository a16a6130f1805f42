#pragma once
/// The grammar of RFC 8259 over the structural index of a text.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "gatehouse/json/scan.hpp"

namespace gatehouse::json {

/// Walks each token once and records the direct children of the root. The index names, in
/// order, every bracket, comma, colon, opening quote and first byte of another run outside
/// strings; strings are known to be closed and free of control characters, the text to be UTF-8.
class Walk {
 public:
  /// `index` is followed by one more readable entry that equals the size of the text.
  Walk(std::string_view text, std::span<const std::uint32_t> index, const ScanLimits& limits,
       std::vector<std::uint64_t>& scopes, std::vector<Member>& members);

  /// False when the text is not JSON within the limits: see offset() and problem().
  bool run();

  Kind kind() const noexcept { return kind_; }
  std::size_t offset() const noexcept { return static_cast<std::size_t>(at_ - begin_); }
  const char* problem() const noexcept { return problem_; }

 private:
  char advance() noexcept;
  bool key(char first);
  bool value(char first);
  bool scalar(char first);
  bool string(std::string_view& span, bool& escaped);
  bool literal(std::string_view word, Kind kind);
  bool open(bool object);
  void close();
  bool note(Kind kind, const char* end, bool escaped);
  bool fail(const char* problem) noexcept {
    problem_ = problem;
    return false;
  }
  bool fail_at(const char* at, const char* problem) noexcept {
    at_ = at;
    return fail(problem);
  }

  const char* const begin_;
  const char* const end_;
  const std::uint32_t* next_;
  const std::uint32_t* const last_;
  const ScanLimits& limits_;
  std::vector<std::uint64_t>& scopes_;  // one bit per open bracket: 1 for an object
  std::vector<Member>& members_;

  const char* at_;         // the current token
  const char* backslash_;  // the first backslash not behind us
  std::size_t depth_ = 0;
  bool in_object_ = false;
  bool opened_ = false;  // the last token was an opening bracket
  Kind kind_ = Kind::null;
  std::string_view key_;
  bool key_escaped_ = false;
  const char* problem_ = nullptr;
};

}  // namespace gatehouse::json
