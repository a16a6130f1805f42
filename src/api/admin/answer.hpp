#pragma once
/// What a handler of an admin route answers, and the three shapes of a refusal
/// (litellm-contract.md 1.1).

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/core/error.hpp"

namespace gatehouse::api::admin {

/// A whole answer: application/json.
struct Answer {
  int status = 200;
  std::string body = {};
  /// Further parts of a body that is too long for one text: called on the pool, one call at a
  /// time, until it gives an empty one. After a failure the client sees a broken connection.
  std::function<core::Result<std::string>()> more = {};
};

/// A value, or the answer that ends the request.
template <class T>
using Outcome = std::expected<T, Answer>;

Answer ok(std::string json);

/// The `type` of an E1 refusal, in the words of clients that read them.
namespace type {
inline constexpr std::string_view kAuth = "auth_error";
inline constexpr std::string_view kBadRequest = "bad_request_error";
inline constexpr std::string_view kNotFound = "not_found_error";
inline constexpr std::string_view kInternal = "internal_server_error";
inline constexpr std::string_view kNoDatabase = "no_db_connection";
inline constexpr std::string_view kNone = "None";
}  // namespace type

/// E1: {"error":{"message","type","param","code":"<status>"}}; without `param` it is null.
Answer refuse(int status, std::string_view message, std::string_view type = type::kBadRequest,
              std::optional<std::string_view> param = "None");
/// E1 whose message is the Python text of {"error": message}, as where the original raises an
/// object: {'error': 'message'}.
Answer refuse_object(int status, std::string_view message, std::string_view type = type::kAuth);
/// E1 for a failure of ours or of the caller's values. `type` stands for client mistakes; our own
/// failures are always internal.
Answer refuse(const core::Error& error, std::string_view type = type::kBadRequest);

/// E2: {"detail":"text"}.
Answer refuse_detail(int status, std::string_view detail);
/// E2: {"detail":{"error":"text"}}.
Answer refuse_detail_error(int status, std::string_view message);

/// The server runs without a database.
Answer no_database();

/// Python's text of {"error": message}.
std::string python_error(std::string_view message);

}  // namespace gatehouse::api::admin
