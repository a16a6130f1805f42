#include "litellm/model_credentials.hpp"

#include <array>

#include "admin/body_reader.hpp"
#include "admin/json_writer.hpp"
#include "gatehouse/core/text.hpp"

namespace gatehouse::api::litellm {
namespace {

constexpr std::string_view kReference = "os.environ/";

}  // namespace

bool is_credential(std::string_view parameter) {
  constexpr std::array<std::string_view, 6> kWords{"key",      "secret",      "token",
                                                   "password", "credentials", "headers"};
  // Prices ("cache_read_input_token_cost") and limits are counted in tokens and hold none.
  if (parameter.find("cost") != std::string_view::npos ||
      parameter.find("tokens") != std::string_view::npos || parameter == "keys") {
    return false;
  }
  const std::string name = core::to_lower(parameter);
  for (const std::string_view word : kWords) {
    if (name.find(word) != std::string::npos) return true;
  }
  return false;
}

admin::Outcome<std::string> sealed_params(const ControlPlane& control, std::string_view model_id,
                                          const std::string& params) {
  admin::JsonWriter out;
  out.begin_object();
  for (const json::Member& member : admin::children_of(params)) {
    const std::string name = admin::key_of(member);
    const auto text = json::as_string(member);
    const bool plain = !is_credential(name) || member.kind == json::Kind::null ||
                       (text && text->starts_with(kReference));
    if (plain) {
      out.member_raw(name, member.value);
      continue;
    }
    if (!control.seal) {
      return std::unexpected(admin::refuse(
          400, "This server cannot keep credentials: give '" + name + "' as os.environ/NAME"));
    }
    const std::string secret = text ? *text : std::string(member.value);
    const auto sealed = control.seal(secret, stored_model_place(model_id, name));
    if (!sealed) return std::unexpected(admin::refuse(sealed.error()));
    out.member(name, std::string(kSealedPrefix) + *sealed);
  }
  out.end_object();
  return std::move(out).take();
}

std::string shown_params(const std::string& params) {
  admin::JsonWriter out;
  out.begin_object();
  for (const json::Member& member : admin::children_of(params)) {
    const std::string name = admin::key_of(member);
    if (!is_credential(name)) out.member_raw(name, member.value);
  }
  out.end_object();
  return std::move(out).take();
}

}  // namespace gatehouse::api::litellm
