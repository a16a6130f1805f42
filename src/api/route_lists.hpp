#pragma once
/// The route table in parts, one for each subject.

#include <span>

#include "gatehouse/api/route_table.hpp"

namespace gatehouse::api {

namespace openai {
std::span<const Route> model_call_routes() noexcept;
}

namespace litellm {
std::span<const Route> public_routes() noexcept;
std::span<const Route> spend_routes() noexcept;
std::span<const Route> key_routes() noexcept;
std::span<const Route> team_routes() noexcept;
std::span<const Route> user_routes() noexcept;
std::span<const Route> organization_routes() noexcept;
std::span<const Route> subject_routes() noexcept;
std::span<const Route> model_routes() noexcept;
}  // namespace litellm

}  // namespace gatehouse::api
