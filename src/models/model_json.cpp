#include "model_json.hpp"

#include <charconv>

#include "gatehouse/core/text.hpp"
#include "gatehouse/json/scan.hpp"
#include "gatehouse/models/describe.hpp"

namespace gatehouse::models {

namespace {

/// Writes the members of one object.
class ObjectWriter {
 public:
  void raw(std::string_view key, std::string_view value) {
    out_ += out_.size() == 1 ? "" : ",";
    json::append_quoted(out_, key);
    out_ += ':';
    out_ += value;
  }
  /// Members that were scanned keep their bytes.
  void copy(const json::Member& member) {
    out_ += out_.size() == 1 ? "\"" : ",\"";
    out_ += member.key;
    out_ += "\":";
    out_ += member.value;
  }
  void text(std::string_view key, std::string_view value) {
    if (!value.empty()) raw(key, json::quoted(value));
  }
  void number(std::string_view key, std::optional<std::uint64_t> value) {
    if (value) raw(key, std::to_string(*value));
  }
  void decimal(std::string_view key, std::optional<double> value) {
    if (!value) return;
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, *value).ptr;
    raw(key, {digits, static_cast<std::size_t>(end - digits)});
  }
  void seconds(std::string_view key, std::optional<core::Nanos> value) {
    if (value) decimal(key, std::chrono::duration<double>(*value).count());
  }
  void flag(std::string_view key, std::optional<bool> value) {
    if (value) raw(key, *value ? "true" : "false");
  }
  void list(std::string_view key, const std::vector<std::string>& values) {
    if (values.empty()) return;
    std::string array = "[";
    for (const std::string& value : values) {
      if (array.size() > 1) array += ',';
      json::append_quoted(array, value);
    }
    raw(key, array + ']');
  }
  std::string take() && { return std::move(out_) + '}'; }

 private:
  std::string out_ = "{";
};

/// A URL without user, password, query and fragment: all of them may hold credentials.
std::string without_credentials(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const auto slashes = url.find("//");
  if (slashes == std::string_view::npos) return std::string(url);
  const std::string_view scheme = url.substr(0, slashes + 2);
  const std::string_view rest = url.substr(slashes + 2);
  const auto at = rest.substr(0, rest.find('/')).rfind('@');
  return std::string(scheme) +
         std::string(at == std::string_view::npos ? rest : rest.substr(at + 1));
}

}  // namespace

std::string public_params_json(const ModelListEntry& entry) {
  ObjectWriter out;
  out.text("model", entry.model);
  out.text("custom_llm_provider", entry.custom_llm_provider);
  out.text("api_base", without_credentials(entry.api_base));
  out.text("api_version", entry.api_version);
  out.text("organization", entry.organization);
  out.number("rpm", entry.rpm);
  out.number("tpm", entry.tpm);
  out.decimal("weight", entry.weight);
  if (entry.order != 0) out.number("order", std::uint64_t{entry.order});
  out.seconds("timeout", entry.timeout);
  out.seconds("stream_timeout", entry.stream_timeout);
  if (entry.max_retries) out.number("max_retries", std::uint64_t{*entry.max_retries});
  out.flag("drop_params", entry.drop_params);
  out.text("region_name", entry.region_name);
  out.list("tags", entry.tags);
  if (entry.allow_private_network) out.flag("allow_private_network", true);
  if (entry.allow_unpriced) out.flag("allow_unpriced", true);
  return std::move(out).take();
}

std::string with_bounds(std::string params_json, const ModelListEntry& entry) {
  ObjectWriter out;
  out.number("max_parallel_requests", entry.max_parallel_requests);
  if (entry.max_budget) out.raw("max_budget", entry.max_budget->to_usd());
  out.text("budget_duration", entry.budget_duration);
  const std::string bounds = std::move(out).take();
  if (bounds == "{}") return params_json;
  params_json.back() = ',';
  return params_json + bounds.substr(1);
}

core::Result<std::string> model_info_with_id(std::string_view model_info, std::string_view id,
                                             bool stored) {
  ObjectWriter out;
  out.text("id", id);
  out.flag("db_model", stored);
  if (model_info.empty()) return std::move(out).take();
  json::Scanner scanner;
  const auto outline = scanner.scan_copy(model_info);
  if (!outline || outline->kind() != json::Kind::object) {
    return core::fail(core::Errc::invalid_argument, "is no mapping");
  }
  for (const json::Member& member : outline->members()) {
    if (member.key != "id" && member.key != "db_model") out.copy(member);
  }
  return std::move(out).take();
}

std::string model_info_json(const Deployment& deployment) {
  json::Scanner own_scanner, map_scanner;
  const auto own = own_scanner.scan_copy(deployment.model_info_json);
  if (!own || deployment.info == nullptr) return deployment.model_info_json;
  const auto map = map_scanner.scan_copy(deployment.info->json);
  if (!map) return deployment.model_info_json;
  ObjectWriter out;
  for (const json::Member& member : own->members()) out.copy(member);
  out.text("key", own->find("key") == nullptr ? deployment.info->key : std::string_view());
  for (const json::Member& member : map->members()) {
    if (own->find(member.key) == nullptr) out.copy(member);
  }
  return std::move(out).take();
}

}  // namespace gatehouse::models
