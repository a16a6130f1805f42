#include "relay_base.hpp"

#include <algorithm>
#include <utility>

#include "gatehouse/core/text.hpp"
#include "json_view.hpp"

namespace gatehouse::providers {

void DataEdit::replace(std::string_view part, std::string_view by) {
  if (count_ < cuts_.size()) cuts_[count_++] = {part, by};
}

void DataEdit::append_to(std::string& out, std::string_view data) const {
  const char* at = data.data();
  for (std::size_t i = 0; i < count_; ++i) {
    const std::string_view part = cuts_[i].part;
    if (part.data() > at) out.append(at, static_cast<std::size_t>(part.data() - at));
    out += cuts_[i].by;
    at = std::max(at, part.data() + part.size());
  }
  out.append(at, static_cast<std::size_t>(data.data() + data.size() - at));
}

RelayBase::RelayBase(RelayOptions options, json::Scanner& scanner)
    : options_(std::move(options)), scanner_(scanner) {
  if (!options_.model.empty()) quoted_model_ = json::quoted(options_.model);
}

core::Result<json::Member> RelayBase::read_object(std::string_view data) {
  auto outline = scanner_.scan_copy(data);
  if (!outline || outline->kind() != json::Kind::object) {
    return core::fail(core::Errc::upstream_failed,
                      "the provider's stream contained data that is not a JSON object",
                      outline ? std::string() : outline.error().public_message);
  }
  return whole_value(data, json::Kind::object);
}

void RelayBase::append(std::string& out, const net::SseEvent& event) {
  if (!event.raw.empty()) {
    out += event.raw;
  } else {
    net::append_sse(out, event.data, event.type);
  }
}

void RelayBase::append(std::string& out, const net::SseEvent& event, const DataEdit& edit) {
  if (edit.empty()) {
    append(out, event);
    return;
  }
  if (event.data.contains('\n') || event.data.contains('\r')) {
    std::string data;
    edit.append_to(data, event.data);
    net::append_sse(out, data, event.type);
    return;
  }
  if (!event.type.empty()) {
    out += "event: ";
    out += event.type;
    out += '\n';
  }
  out += "data: ";
  edit.append_to(out, event.data);
  out += "\n\n";
}

void RelayBase::rename_model(const json::Member& model, DataEdit& edit) const {
  if (quoted_model_.empty() || !is_string(model) || model.value == quoted_model_) return;
  edit.replace(model.value, quoted_model_);
}

void RelayBase::keep_id(const json::Member& id) {
  if (response_id_.empty() && is_string(id)) response_id_ = json::as_string(id).value_or("");
}

void RelayBase::keep_error(const json::Member& error) {
  if (is_string(error)) {
    error_message_ = core::printable(json::as_string(error).value_or(std::string()), 500);
  } else {
    error_message_ = core::printable(find_text(error, "message"), 500);
  }
  if (error_message_.empty()) error_message_ = "the provider reported an error without a message";
}

}  // namespace gatehouse::providers
