#include "sealed_params.hpp"

#include <functional>
#include <string_view>

#include "gatehouse/api/control_plane.hpp"
#include "gatehouse/json/scan.hpp"

namespace gatehouse::app {
namespace {

/// Of one sealed value: its parameter's name and what was sealed. Returns JSON to put in its place,
/// or nothing for what is there.
using Replace = std::function<core::Result<std::optional<std::string>>(const std::string& name,
                                                                       std::string_view sealed)>;

core::Result<std::string> with_replaced(const tenancy::StoredModel& model, const Replace& replace) {
  json::Scanner scanner;
  const auto params = scanner.scan_copy(model.litellm_params);
  if (!params) return std::unexpected<core::Error>(params.error());
  std::string out = "{";
  for (const json::Member& member : params->members()) {
    if (out.size() > 1) out += ',';
    const std::string name = json::unescape(member.key);
    json::append_quoted(out, name);
    out += ':';
    std::optional<std::string> instead;
    const auto text = json::as_string(member);
    if (text && text->starts_with(api::kSealedPrefix)) {
      auto replaced = replace(name, std::string_view(*text).substr(api::kSealedPrefix.size()));
      if (!replaced) return core::pass(replaced);
      instead = std::move(*replaced);
    }
    if (instead) {
      out += *instead;
    } else {
      out += member.value;
    }
  }
  return out + "}";
}

}  // namespace

core::Result<std::string> opened_params(const tenancy::StoredModel& model,
                                        const crypto::KeyRing& keys) {
  return with_replaced(model,
                       [&](const std::string& name,
                           std::string_view sealed) -> core::Result<std::optional<std::string>> {
                         auto opened =
                             keys.open(sealed, api::stored_model_place(model.model_id, name));
                         if (!opened) return core::pass(opened);
                         const std::string_view plain = opened->reveal();
                         std::string out;
                         const bool nested = plain.starts_with('{') || plain.starts_with('[');
                         nested ? void(out += plain) : json::append_quoted(out, plain);
                         return std::optional(std::move(out));
                       });
}

core::Result<void> count_sealed(const tenancy::StoredModel& model, const crypto::KeyRing& keys,
                                SealedValues& found) {
  auto read =
      with_replaced(model,
                    [&](const std::string& name,
                        std::string_view sealed) -> core::Result<std::optional<std::string>> {
                      ++found.by_key[std::string(crypto::KeyRing::id_in(sealed))];
                      if (!keys.open(sealed, api::stored_model_place(model.model_id, name))) {
                        found.unopened.push_back(model.model_id + "/" + name);
                      }
                      return std::nullopt;
                    });
  if (!read) return core::pass(read);
  return {};
}

core::Result<std::optional<std::string>> resealed_params(const tenancy::StoredModel& model,
                                                         const crypto::KeyRing& keys,
                                                         crypto::RandomBytes& random) {
  bool changed = false;
  auto params =
      with_replaced(model,
                    [&](const std::string& name,
                        std::string_view sealed) -> core::Result<std::optional<std::string>> {
                      if (crypto::KeyRing::id_in(sealed) == keys.current_id()) return std::nullopt;
                      const std::string place = api::stored_model_place(model.model_id, name);
                      auto opened = keys.open(sealed, place);
                      if (!opened) return std::nullopt;
                      auto anew = keys.seal(*opened, place, random);
                      if (!anew) return core::pass(anew);
                      changed = true;
                      std::string out;
                      json::append_quoted(out, std::string(api::kSealedPrefix) + *anew);
                      return std::optional(std::move(out));
                    });
  if (!params) return core::pass(params);
  if (!changed) return std::nullopt;
  return std::optional(std::move(*params));
}

}  // namespace gatehouse::app
