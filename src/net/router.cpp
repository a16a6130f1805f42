#include "gatehouse/net/router.hpp"

#include <algorithm>
#include <exception>
#include <unordered_map>

#include "gatehouse/core/text.hpp"
#include "request_target.hpp"

namespace gatehouse::net {
namespace {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};
template <class Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

struct MethodRoute {
  std::string method;
  std::size_t route;
};
using Methods = std::vector<MethodRoute>;

/// What follows a prefix of segments.
struct Node {
  TextMap<std::unique_ptr<Node>> literals;
  std::unique_ptr<Node> parameter;
  Methods methods;       // patterns that end here
  Methods rest_methods;  // patterns that end in {name...} here
};

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool is_rest(std::string_view segment) {
  return is_parameter(segment) && segment.ends_with("...}") && segment.size() > 5;
}

void require(bool condition) {
  if (!condition) std::terminate();
}

void add_method(Methods& methods, std::string_view method, std::size_t route) {
  for (const auto& known : methods) require(known.method != method);
  methods.push_back({std::string(method), route});
}

/// The first segment of `path`, which loses it and the slash behind it.
std::string_view take_segment(std::string_view& path, bool& last) {
  const auto slash = path.find('/');
  const std::string_view segment = path.substr(0, slash);
  last = slash == std::string_view::npos;
  path.remove_prefix(last ? path.size() : slash + 1);
  return segment;
}

/// One look-up: collects the values along the way and, where only the method differs, what is
/// allowed.
class Search {
 public:
  explicit Search(std::string_view method) : method_(method) {}

  /// True when `methods` has the method.
  bool try_methods(const Methods& methods) {
    for (const auto& known : methods) {
      if (known.method == method_) {
        route_ = known.route;
        return true;
      }
    }
    for (const auto& known : methods) {
      if (std::ranges::find(allowed_, known.method) == allowed_.end()) {
        allowed_.push_back(known.method);
      }
    }
    return false;
  }

  /// `path` is what follows the slash after the node's prefix. Visits each node at most once.
  bool descend(const Node& node, std::string_view path) {
    std::string_view rest = path;
    bool last = false;
    const std::string_view segment = take_segment(rest, last);
    const auto enter = [&](const Node& next) {
      return last ? try_methods(next.methods) : descend(next, rest);
    };
    if (const auto found = node.literals.find(segment); found != node.literals.end()) {
      if (enter(*found->second)) return true;
    }
    if (node.parameter && !segment.empty()) {
      values_.push_back(segment);
      if (enter(*node.parameter)) return true;
      values_.pop_back();
    }
    if (!node.rest_methods.empty() && !path.empty()) {
      values_.push_back(path);
      if (try_methods(node.rest_methods)) return true;
      values_.pop_back();
    }
    return false;
  }

  std::size_t route() const noexcept { return route_; }
  const std::vector<std::string_view>& values() const noexcept { return values_; }
  std::string allow() const {
    std::string text;
    for (const std::string_view method : allowed_) {
      text.append(text.empty() ? "" : ", ").append(method);
    }
    return text;
  }

 private:
  std::string_view method_;
  std::size_t route_ = 0;
  std::vector<std::string_view> values_;
  std::vector<std::string_view> allowed_;
};

}  // namespace

struct Router::Index {
  TextMap<Methods> exact;
  Node root;
  bool has_parameters = false;
};

void Router::add(std::string_view method, std::string_view pattern, std::size_t route) {
  require(!method.empty() && pattern.starts_with('/'));
  if (!index_) index_ = std::make_shared<Index>();
  entries_.push_back({std::string(method), std::string(pattern), route});
  if (pattern.find('{') == std::string_view::npos) {
    require(pattern.find('}') == std::string_view::npos);
    add_method(index_->exact[std::string(pattern)], method, route);
    return;
  }
  index_->has_parameters = true;
  Node* node = &index_->root;
  std::string_view path = pattern.substr(1);
  for (bool last = false; !last;) {
    const std::string_view segment = take_segment(path, last);
    if (is_rest(segment)) {
      require(last);
      add_method(node->rest_methods, method, route);
      return;
    }
    require(is_parameter(segment) || segment.find_first_of("{}") == std::string_view::npos);
    require(!segment.empty());
    auto& next = is_parameter(segment) ? node->parameter : node->literals[std::string(segment)];
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  add_method(node->methods, method, route);
}

std::variant<Router::Match, Router::MethodNotAllowed, Router::NotFound> Router::match(
    std::string_view method, std::string_view path) const {
  if (!index_ || !path.starts_with('/')) return NotFound{};
  Search search(method);
  if (const auto found = index_->exact.find(path); found != index_->exact.end()) {
    if (search.try_methods(found->second)) return Match{search.route(), {}};
  }
  if (index_->has_parameters && search.descend(index_->root, path.substr(1))) {
    Match match{search.route(), {}};
    for (const std::string_view value : search.values()) {
      auto decoded = percent_decode(value, false);
      if (!decoded) return NotFound{};
      match.parameters.values_.push_back(std::move(*decoded));
    }
    return match;
  }
  std::string allow = search.allow();
  if (allow.empty()) return NotFound{};
  return MethodNotAllowed{std::move(allow)};
}

core::Result<std::uint64_t> PathParameters::number(std::size_t index) const {
  const auto value = core::parse_u64(values_.at(index));
  if (!value) return core::fail(core::Errc::invalid_argument, "The path needs a number here.");
  return *value;
}

core::Result<std::string> percent_decode(std::string_view text, bool plus_as_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_as_space) {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      const int byte = text.size() - i < 3 ? -1 : decode_triplet(text[i + 1], text[i + 2]);
      if (byte < 0) return core::fail(core::Errc::invalid_argument, "Invalid percent-encoding.");
      out.push_back(static_cast<char>(byte));
      i += 2;
    }
  }
  if (!core::is_utf8(out)) {
    return core::fail(core::Errc::invalid_argument, "Percent-encoded text is not UTF-8.");
  }
  return out;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    const auto equals = pair.find('=');
    const auto key = percent_decode(pair.substr(0, equals), true);
    if (!key || *key != name) continue;
    const auto value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    auto decoded = percent_decode(value, true);
    if (!decoded) return {};
    return std::move(*decoded);
  }
  return {};
}

}  // namespace gatehouse::net
