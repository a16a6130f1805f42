#pragma once
/// What is wrong with the fields of a body or query: the E3 refusal (litellm-contract.md 1.1).

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "admin/answer.hpp"

namespace gatehouse::api::admin {

/// A finding; texts and types as the validators of FastAPI give them, since clients show them.
struct FieldError {
  std::string location;  ///< elements of a JSON array: `"body","models",0`
  std::string message;
  std::string type;
  std::string input = "null";  ///< the refused value as JSON
};

/// Collects findings of one request.
class FieldErrors {
 public:
  static constexpr std::size_t kMax = 100;            ///< more are not told
  static constexpr std::size_t kMaxInputBytes = 512;  ///< longer values are not echoed

  void add(FieldError error);
  bool empty() const noexcept { return errors_.empty(); }
  std::size_t size() const noexcept { return errors_.size(); }
  /// 422 {"detail":[{"type","loc":[…],"msg","input"}]}
  Answer answer() const;

 private:
  std::vector<FieldError> errors_;
};

}  // namespace gatehouse::api::admin
