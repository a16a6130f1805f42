#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "digest.hpp"
#include "gatehouse/core/text.hpp"
#include "gatehouse/json/scan.hpp"
#include "price_book_state.hpp"
#include "price_rules.hpp"

namespace gatehouse::models {

namespace {

using json::Kind;
using json::Member;

/// Providers that run on the operator's own machines: a price of zero is meant.
constexpr std::array<std::string_view, 8> kFreeProviders{
    "ollama", "lemonade", "llamafile", "lm_studio", "hosted_vllm", "vllm", "xinference", "stub"};

bool price_named(std::string_view name) noexcept {
  return name.find("_cost") != std::string_view::npos;
}

/// A count that may be written as 2000000.0.
std::optional<std::uint64_t> count_of(const Member& member) noexcept {
  if (const auto whole = json::as_uint(member)) return whole;
  if (member.kind != Kind::number) return {};
  double value = 0;
  const char* const end = member.value.data() + member.value.size();
  if (std::from_chars(member.value.data(), end, value).ec != std::errc{}) return {};
  if (!(value >= 0 && value <= 1e15) || value != std::floor(value)) return {};
  return static_cast<std::uint64_t>(value);
}

bool may_be_free(const ModelInfo& info) noexcept {
  if (info.mode == ModelMode::moderation || info.key.ends_with(":free")) return true;
  return std::ranges::find(kFreeProviders, info.provider) != kFreeProviders.end() &&
         !info.key.ends_with("-cloud");
}

/// Reads one entry.
class EntryReader {
 public:
  EntryReader(json::Scanner& scanner, json::Scanner& nested) : scanner_(scanner), nested_(nested) {}

  /// Fills `info`; false for an entry that describes no model. On failure `problem` says why.
  std::optional<bool> read(const Member& entry, ModelInfo& info) {
    prices_ = {};
    max_tokens_ = 0;
    has_prices_ = has_mode_ = false;
    if (entry.kind != Kind::object) return refuse("is no object");
    auto outline = scanner_.scan(entry.value);
    if (!outline) return refuse(outline.error().public_message);
    info.json = entry.value;
    for (const Member& member : outline->members()) {
      if (!take(member, info)) return {};
    }
    if (info.provider.empty()) {
      if (!has_prices_ && !has_mode_) return false;
      return refuse("has no litellm_provider");
    }
    finish(info);
    return true;
  }

  const std::string& problem() const noexcept { return problem_; }

 private:
  std::optional<bool> refuse(std::string why) {
    problem_ = std::move(why);
    return {};
  }
  bool wrong(const Member& member, std::string_view what) {
    problem_ = core::printable(member.key, 80) + " " + std::string(what);
    return false;
  }

  bool take(const Member& member, ModelInfo& info) {
    if (member.kind == Kind::null) return true;
    if (member.key.starts_with("supports_")) return take_capability(member, info);
    if (price_named(member.key)) return take_price(member, prices_);
    if (member.key == "max_tokens") return take_count(member, max_tokens_);
    if (member.key == "max_input_tokens") return take_count(member, info.max_input_tokens);
    if (member.key == "max_output_tokens") return take_count(member, info.max_output_tokens);
    if (member.key == "litellm_provider") return take_text(member, info.provider);
    if (member.key == "deprecation_date") return take_text(member, info.deprecation_date);
    if (member.key == "tiered_pricing") return take_tiers(member);
    if (member.key == "mode") {
      std::string_view mode;
      if (!take_text(member, mode)) return false;
      info.mode = model_mode(mode);
      has_mode_ = true;
    }
    return true;
  }

  bool take_capability(const Member& member, ModelInfo& info) {
    const auto which = capability_named(member.key);
    if (!which) return true;
    const auto value = json::as_bool(member);
    if (!value) return wrong(member, "is neither true nor false");
    info.capabilities.set(*which, *value);
    return true;
  }

  bool take_text(const Member& member, std::string_view& out) {
    const auto text = json::as_plain_string(member);
    if (!text) return wrong(member, "is no plain text");
    out = *text;
    return true;
  }

  bool take_count(const Member& member, std::uint64_t& out) {
    const auto count = count_of(member);
    if (!count) return wrong(member, "is no whole number");
    out = *count;
    return true;
  }

  bool take_price(const Member& member, PriceSet& prices) {
    if (member.kind != Kind::number) {
      // search_context_cost_per_query and its like are tables, not prices per token.
      if (member.kind == Kind::object || member.kind == Kind::array) return true;
      return wrong(member, "is no number");
    }
    has_prices_ = true;
    auto known = set_price(prices, member.key, member.value);
    if (!known) return wrong(member, known.error().public_message);
    if (!*known && member.value.starts_with('-')) return wrong(member, "is negative");
    return true;
  }

  /// tiered_pricing: [{"range": [0, 256000.0], "input_cost_per_token": …}, …]. The prices of the
  /// range that the prompt falls into hold for the whole call.
  bool take_tiers(const Member& member) {
    const auto list = nested_.scan(member.value);
    if (!list || list->kind() != Kind::array) return wrong(member, "is no list");
    has_prices_ = true;
    const std::vector<Member> steps(list->members().begin(), list->members().end());
    for (const Member& step : steps) {
      if (!take_tier(member, step)) return false;
    }
    std::ranges::sort(prices_.tiers, {}, &PriceTier::above);
    return true;
  }

  bool take_tier(const Member& member, const Member& step) {
    const auto outline = nested_.scan(step.value);
    if (!outline || outline->kind() != Kind::object) return wrong(member, "holds no objects");
    PriceSet prices;
    std::optional<std::string_view> range;
    for (const Member& field : outline->members()) {
      if (field.key == "range") range = field.value;
      if (price_named(field.key) && !take_price(field, prices)) return false;
    }
    if (!range || prices.base == TokenPrices{}) return true;  // a price per query or page
    const auto bounds = nested_.scan(*range);
    if (!bounds || bounds->kind() != Kind::array || bounds->members().size() != 2) {
      return wrong(member, "has a range that is no pair");
    }
    const auto above = count_of(bounds->members()[0]);
    if (!above) return wrong(member, "has a range without a whole number");
    if (*above == 0) {
      prices_.base = prices.base;
    } else {
      prices_.tiers.push_back(PriceTier{*above, prices.base});
    }
    return true;
  }

  void finish(ModelInfo& info) {
    // The older name: the output's bound, or the input's where there is no output.
    std::uint64_t& bound =
        info.mode == ModelMode::embedding ? info.max_input_tokens : info.max_output_tokens;
    if (bound == 0) bound = max_tokens_;
    if (!is_complete(prices_, info.mode)) return;
    if (prices_.is_free() && !may_be_free(info)) return;
    info.prices = std::move(prices_);
  }

  json::Scanner& scanner_;
  json::Scanner& nested_;
  PriceSet prices_;
  std::uint64_t max_tokens_ = 0;
  bool has_prices_ = false;
  bool has_mode_ = false;
  std::string problem_;
};

/// Names the first few entries that are wrong.
class Complaints {
 public:
  void add(std::string_view key, std::string_view problem) {
    if (++count_ > kShown) return;
    if (!text_.empty()) text_ += "; ";
    text_ += core::printable(key, 80);
    text_ += ": ";
    text_ += problem;
  }
  bool empty() const noexcept { return count_ == 0; }
  std::string text() const {
    return count_ <= kShown ? text_ : text_ + "; and " + std::to_string(count_ - kShown) + " more";
  }

 private:
  static constexpr std::size_t kShown = 5;
  std::size_t count_ = 0;
  std::string text_;
};

}  // namespace

core::Result<std::shared_ptr<const PriceBook>> PriceBookParser::parse(std::string_view map,
                                                                      std::string owned) {
  std::shared_ptr<PriceBook> book(new PriceBook);
  PriceBook::State& state = *book->state_;
  state.text = std::move(owned);
  json::Scanner whole;
  auto outline = whole.scan(map);
  if (!outline) {
    return core::fail(core::Errc::invalid_argument, "price map: " + outline.error().public_message);
  }
  if (outline->kind() != Kind::object) {
    return core::fail(core::Errc::invalid_argument, "price map: is no JSON object");
  }
  json::Scanner scanner, nested;
  EntryReader reader(scanner, nested);
  Complaints complaints;
  state.entries.reserve(outline->members().size());
  state.by_key.reserve(outline->members().size());
  for (const Member& entry : outline->members()) {
    if (entry.key == "sample_spec") continue;  // documentation
    ModelInfo info;
    info.key = entry.key;
    if (entry.key_escaped) info.key = state.names.emplace_back(json::unescape(entry.key));
    const auto is_model = reader.read(entry, info);
    if (!is_model) complaints.add(info.key, reader.problem());
    if (!is_model.value_or(false)) continue;
    state.by_key.insert_or_assign(info.key, static_cast<std::uint32_t>(state.entries.size()));
    state.entries.push_back(std::move(info));
  }
  if (!complaints.empty()) {
    return core::fail(core::Errc::invalid_argument, "price map: " + complaints.text());
  }
  if (state.entries.empty()) {
    return core::fail(core::Errc::invalid_argument, "price map: holds no model");
  }
  state.version = Digest().add(map).hex();
  return std::shared_ptr<const PriceBook>(std::move(book));
}

}  // namespace gatehouse::models
