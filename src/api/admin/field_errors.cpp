#include "admin/field_errors.hpp"

#include <utility>

#include "gatehouse/json/scan.hpp"

namespace gatehouse::api::admin {

void FieldErrors::add(FieldError error) {
  if (errors_.size() >= kMax) return;
  if (error.input.size() > kMaxInputBytes) error.input = "null";
  errors_.push_back(std::move(error));
}

Answer FieldErrors::answer() const {
  std::string body = R"({"detail":[)";
  for (const FieldError& error : errors_) {
    if (body.back() != '[') body += ',';
    body += R"({"type":)" + json::quoted(error.type);
    body += R"(,"loc":[)" + error.location + "]";
    body += R"(,"msg":)" + json::quoted(error.message);
    body += R"(,"input":)" + error.input + "}";
  }
  body += "]}";
  return {422, std::move(body)};
}

}  // namespace gatehouse::api::admin
