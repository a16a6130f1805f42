#pragma once
/// Answers on their way out.

#include <utility>

#include "admin/answer.hpp"
#include "envelope.hpp"
#include "gatehouse/core/task.hpp"
#include "gatehouse/net/http_server.hpp"

namespace gatehouse::api::admin {

/// Takes the body out of `answer`, which has a name because GCC 12 destroys temporaries in the
/// operand of co_await twice.
inline core::Task<void> send(net::Exchange& exchange, Answer& answer) {
  return answer_json(exchange, answer.status, std::move(answer.body));
}

}  // namespace gatehouse::api::admin
