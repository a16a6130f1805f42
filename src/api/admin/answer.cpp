#include "admin/answer.hpp"

#include <utility>

#include "gatehouse/gateway/refusal.hpp"
#include "gatehouse/json/scan.hpp"

namespace gatehouse::api::admin {

Answer ok(std::string json) {
  return {200, std::move(json)};
}

Answer refuse(int status, std::string_view message, std::string_view type,
              std::optional<std::string_view> param) {
  std::string body = R"({"error":{"message":)";
  json::append_quoted(body, message);
  body += R"(,"type":)";
  json::append_quoted(body, type);
  body += R"(,"param":)";
  param ? json::append_quoted(body, *param) : void(body += "null");
  body += R"(,"code":")" + std::to_string(status) + "\"}}";
  return {status, std::move(body)};
}

Answer refuse_object(int status, std::string_view message, std::string_view type) {
  return refuse(status, python_error(message), type);
}

Answer refuse(const core::Error& error, std::string_view type) {
  const int status = gateway::status_of(error.code);
  return refuse(status, error.public_message, status >= 500 ? type::kInternal : type);
}

Answer refuse_detail(int status, std::string_view detail) {
  return {status, R"({"detail":)" + json::quoted(detail) + "}"};
}

Answer refuse_detail_error(int status, std::string_view message) {
  return {status, R"({"detail":{"error":)" + json::quoted(message) + "}}"};
}

Answer no_database() {
  return refuse(500, "No connected db.", type::kNoDatabase, std::nullopt);
}

std::string python_error(std::string_view message) {
  const bool single =
      message.find('\'') == std::string_view::npos || message.find('"') != std::string_view::npos;
  const char quote = single ? '\'' : '"';
  std::string out = "{'error': ";
  out += quote;
  for (const char c : message) {
    if (c == quote || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  out += quote;
  out += '}';
  return out;
}

}  // namespace gatehouse::api::admin
