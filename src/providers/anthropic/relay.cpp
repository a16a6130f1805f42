#include "anthropic/relay.hpp"

#include <algorithm>

#include "anthropic/usage.hpp"
#include "json_view.hpp"
#include "relay_base.hpp"

namespace gatehouse::providers::anthropic {
namespace {

class Relay final : public RelayBase {
 public:
  using RelayBase::RelayBase;

  core::Result<Verdict> relay(const net::SseEvent& event, std::string& out) override {
    if (ended_ || event.data.empty()) return Verdict::withheld;
    auto root = read_object(event.data);
    if (!root) return core::pass(root);
    DataEdit edit;
    const Verdict verdict = read(*root, edit);
    append(out, event, edit);
    return verdict;
  }

  /// Before the end the API has told the prompt alone: what was generated so far is estimated.
  std::optional<core::TokenUsage> usage() const override {
    auto usage = usage_.total();
    if (usage && !final_) {
      usage->completion = std::max(usage->completion, (generated_bytes_ + 3) / 4);
    }
    return usage;
  }
  bool usage_is_reported() const override { return final_ && usage_.total().has_value(); }

 private:
  /// The type stands in the data, also where the event line names it.
  Verdict read(const json::Member& root, DataEdit& edit) {
    const auto type = find(root, "type");
    const std::string_view name =
        type ? json::as_plain_string(*type).value_or(std::string_view()) : std::string_view();
    if (name == "content_block_delta") {
      read_delta(root);
    } else if (name == "message_start") {
      read_start(root, edit);
    } else if (name == "message_delta") {
      if (const auto usage = find(root, "usage")) {
        usage_.take(*usage);
        final_ = true;
      }
    } else if (name == "message_stop") {
      ended_ = true;
      return Verdict::end;
    } else if (name == "error") {
      keep_error(find(root, "error").value_or(root));
      return Verdict::error;
    }
    return Verdict::relayed;
  }

  void read_start(const json::Member& root, DataEdit& edit) {
    const auto message = find(root, "message");
    if (!message) return;
    for (const json::Member& member : Children(*message)) {
      if (key_is(member, "model")) rename_model(member, edit);
      if (key_is(member, "usage")) usage_.take(member);
      if (key_is(member, "id")) keep_id(member);
    }
  }

  void read_delta(const json::Member& root) {
    const auto delta = find(root, "delta");
    if (!delta) return;
    for (const json::Member& member : Children(*delta)) {
      if (key_is(member, "text") || key_is(member, "partial_json") || key_is(member, "thinking")) {
        generated_bytes_ += text_length(member);
      }
    }
  }

  UsageSum usage_;
  bool final_ = false;
};

}  // namespace

std::unique_ptr<StreamRelay> make_relay(RelayOptions options, json::Scanner& scanner) {
  return std::make_unique<Relay>(std::move(options), scanner);
}

}  // namespace gatehouse::providers::anthropic
