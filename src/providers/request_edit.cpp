#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/core/text.hpp"
#include "gatehouse/json/writer.hpp"
#include "gatehouse/providers/passthrough.hpp"
#include "json_view.hpp"
#include "proxy_members.hpp"

namespace gatehouse::providers {
namespace {

using core::Errc;
using core::fail;

/// A part of the original and what stands in its place.
struct Splice {
  std::size_t from;
  std::size_t to;
  std::string_view by;
  std::size_t order = 0;
};

/// `{"include_usage":true}` with the client's other options kept; empty when nothing is to change.
std::string stream_options_text(const json::Member& options) {
  if (!is_object(options)) return R"({"include_usage":true})";
  std::string text;
  json::Writer writer(text);
  writer.begin_object();
  for (const json::Member& option : Children(options)) {
    if (key_is(option, "include_usage")) {
      if (json::as_bool(option) == true) return {};
      continue;
    }
    writer.member_raw(option.key, option.value);
  }
  writer.key("include_usage").boolean(true).end_object();
  return text;
}

}  // namespace

/// Plans and applies the edits of one request body.
class RequestEdit {
 public:
  RequestEdit(WireFormat format, std::string_view body, const json::Outline& outline,
              EditedBody& out)
      : format_(format), body_(body), outline_(outline), out_(out) {}

  core::Result<void> run(const RequestEditOptions& options) {
    if (outline_.kind() != json::Kind::object) {
      return fail(Errc::invalid_argument, "the request body must be a JSON object");
    }
    if (outline_.repeated("model")) {
      return fail(Errc::invalid_argument, "model: given more than once");
    }
    drop_stream_options_ = options.drop_stream_options;
    plan_removals();
    plan_model(options.upstream_model);
    if (options.output_limit) plan_output_limit(options);
    if (options.ask_usage && !drop_stream_options_) {
      if (auto planned = plan_stream_options(); !planned) return planned;
    }
    apply();
    return {};
  }

 private:
  std::size_t offset(const char* at) const { return static_cast<std::size_t>(at - body_.data()); }
  std::size_t value_begin(const json::Member& m) const { return offset(m.value.data()); }
  std::size_t value_end(const json::Member& m) const { return value_begin(m) + m.value.size(); }
  std::size_t key_begin(const json::Member& m) const { return offset(m.key.data()) - 1; }
  std::size_t body_begin() const { return body_.find('{') + 1; }

  void plan_model(std::string_view model) {
    if (model.empty()) return;
    const json::Member* member = outline_.find("model");
    json::append_quoted(out_.model_, model);
    if (member == nullptr) {
      out_.model_ = "\"model\":" + out_.model_ + (keeps_any_ ? "," : "");
      keeps_any_ = true;
      splices_.push_back({body_begin(), body_begin(), out_.model_});
    } else if (member->value != out_.model_) {
      splices_.push_back({value_begin(*member), value_end(*member), out_.model_});
    }
  }

  void plan_output_limit(const RequestEditOptions& options) {
    out_.limit_ = std::to_string(options.output_limit.value_or(0));
    bool found = false;
    for (const std::string_view name : {"max_completion_tokens", "max_tokens"}) {
      const json::Member* member = outline_.find(name);
      if (member == nullptr) continue;
      splices_.push_back({value_begin(*member), value_end(*member), out_.limit_});
      found = true;
    }
    if (found) return;
    out_.limit_ = "\"" + std::string(options.output_limit_member) + "\":" + out_.limit_ +
                  (keeps_any_ ? "," : "");
    keeps_any_ = true;
    splices_.push_back({body_begin(), body_begin(), out_.limit_});
  }

  core::Result<void> plan_stream_options() {
    if (outline_.repeated("stream_options")) {
      return fail(Errc::invalid_argument, "stream_options: given more than once");
    }
    const json::Member* member = outline_.find("stream_options");
    if (member == nullptr) {
      out_.options_ = keeps_any_ ? R"(,"stream_options":{"include_usage":true})"
                                 : R"("stream_options":{"include_usage":true})";
      const auto members = outline_.members();
      const std::size_t end = members.empty() ? body_begin() : value_end(members.back());
      splices_.push_back({end, end, out_.options_});
      return {};
    }
    // Anything else than an object is the upstream's to refuse.
    if (!is_object(*member) && !is_null(*member)) return {};
    out_.options_ = stream_options_text(*member);
    if (!out_.options_.empty()) {
      splices_.push_back({value_begin(*member), value_end(*member), out_.options_});
    }
    return {};
  }

  /// True when the member goes; a metadata that is only trimmed is replaced on the way.
  bool removed(const json::Member& member) {
    if (member.key_escaped ? is_proxy_member(key_of(member)) : is_proxy_member(member.key)) {
      return true;
    }
    if (drop_stream_options_ && key_is(member, "stream_options")) return true;
    if (!key_is(member, "metadata")) return false;
    MetadataPlan plan = plan_metadata(format_, member);
    if (plan.use == MetadataUse::replace && out_.metadata_.empty()) {
      out_.metadata_ = std::move(plan.replacement);
      splices_.push_back({value_begin(member), value_end(member), out_.metadata_});
      return false;
    }
    return plan.use != MetadataUse::keep;
  }

  void plan_removals() {
    const auto members = outline_.members();
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (!removed(members[i])) {
        keeps_any_ = true;
        continue;
      }
      if (keeps_any_) {  // with the comma before it
        splices_.push_back({value_end(members[i - 1]), value_end(members[i]), {}});
      } else {  // with the comma behind it
        const std::size_t to =
            i + 1 < members.size() ? key_begin(members[i + 1]) : value_end(members[i]);
        splices_.push_back({key_begin(members[i]), to, {}});
      }
    }
  }

  void apply() {
    // In order of position; at one position as they were planned.
    for (std::size_t i = 0; i < splices_.size(); ++i) splices_[i].order = i;
    std::ranges::sort(splices_, {}, [](const Splice& s) { return std::pair(s.from, s.order); });
    const bool copies = 2 * splices_.size() + 1 > EditedBody::kMaxPieces;
    if (copies) out_.rebuilt_.reserve(body_.size());
    std::size_t at = 0;
    for (const Splice& splice : splices_) {
      if (splice.from > at) add(body_.substr(at, splice.from - at), copies);
      if (!splice.by.empty()) add(splice.by, copies);
      at = std::max(at, splice.to);
    }
    if (at < body_.size()) add(body_.substr(at), copies);
    if (!copies) return;
    out_.pieces_[0] = out_.rebuilt_;
    out_.count_ = 1;
  }

  void add(std::string_view piece, bool copies) {
    if (copies) {
      out_.rebuilt_ += piece;
    } else {
      out_.pieces_[out_.count_++] = piece;
    }
  }

  WireFormat format_;
  std::string_view body_;
  const json::Outline& outline_;
  EditedBody& out_;
  std::vector<Splice> splices_;
  bool drop_stream_options_ = false;
  bool keeps_any_ = false;  // of the members passed so far
};

std::size_t EditedBody::size() const noexcept {
  std::size_t total = 0;
  for (const std::string_view piece : pieces()) total += piece.size();
  return total;
}

void EditedBody::clear() noexcept {
  count_ = 0;
  model_.clear();
  options_.clear();
  metadata_.clear();
  limit_.clear();
  rebuilt_.clear();
}

core::Result<void> edit_request(WireFormat format, std::string_view body,
                                const json::Outline& outline, const RequestEditOptions& options,
                                EditedBody& out) {
  out.clear();
  return RequestEdit(format, body, outline, out).run(options);
}

}  // namespace gatehouse::providers
