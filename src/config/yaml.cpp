#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <sstream>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "gatehouse/config/node.hpp"
#include "gatehouse/core/text.hpp"

namespace gatehouse::config {

namespace {
/// Leaves yaml-cpp's parser after a problem was recorded. Its event interface has no other way.
struct Stop {};

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kMergeKey = "<<";

/// Not printable in YAML 1.2 section 5.1, but let through by yaml-cpp.
bool is_control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

/// The text as yaml-cpp gets it. yaml-cpp 0.7 takes an open quote that runs to the end of the
/// file for a closed one if only blanks follow, and so swallows every setting in between. A last
/// line that is a comment makes it notice.
std::string with_last_comment(std::string_view text) {
  std::string out(text);
  if (out.empty() || std::string_view(" \t\r\n").find(out.back()) == std::string_view::npos)
    return out;
  return out += out.back() == '\n' ? "#" : "\n#";
}
}  // namespace

/// Builds the tree from yaml-cpp's events, so that every bound holds while the text is read:
/// yaml-cpp's own tree would exist in full before it could be measured.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(Problems& problems, const Limits& limits)
      : problems_(problems), limits_(limits), nodes_(std::make_unique<std::deque<Node>>()) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (expects_key()) stop(mark, "a key must be text");
    attach(make(Node::Kind::null, mark, anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::sequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override;

  /// The finished document; an empty map when there was none.
  Document take();

 private:
  struct Frame {
    Node* node;
    std::unordered_set<std::string> keys = {};
    std::optional<std::string> key = {};  // read, its value is still to come
    bool merge = false;                   // … and it is the merge key
    std::vector<const Node*> merged = {};
  };

  bool expects_key() const {
    return !open_.empty() && open_.back().node->kind_ == Node::Kind::map && !open_.back().key;
  }
  [[noreturn]] void stop(const YAML::Mark& mark, std::string message);
  [[noreturn]] void stop_at_line(int line, std::string message);
  void refuse_tag(const YAML::Mark& mark, const std::string& tag);
  Node& create(int line);
  void count_bytes(int line, std::size_t bytes);
  Node& make(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor);
  void take_key(const YAML::Mark& mark, std::string text, bool quoted);
  void attach(Node& node);
  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor);
  Node& copy(const Node& source, std::size_t depth);
  void adopt(Node& parent, Node& child);
  void merge_into(Frame& frame, const Node& source);

  Problems& problems_;
  const Limits& limits_;
  std::unique_ptr<std::deque<Node>> nodes_;
  Node* root_ = nullptr;
  std::vector<Frame> open_;
  std::unordered_map<YAML::anchor_t, Node*> anchors_;
  std::size_t bytes_ = 0;
};

void TreeBuilder::stop(const YAML::Mark& mark, std::string message) {
  stop_at_line(mark.line + 1, std::move(message));
}

void TreeBuilder::stop_at_line(int line, std::string message) {
  problems_.error(open_.empty() ? std::string() : open_.back().node->path(), line,
                  std::move(message));
  throw Stop{};
}

void TreeBuilder::refuse_tag(const YAML::Mark& mark, const std::string& tag) {
  // yaml-cpp's own marks: "?" for a plain value, "!" for a quoted one.
  if (tag.empty() || tag == "?" || tag == "!") return;
  stop(mark, "tags are not supported: " + core::printable(tag, 60));
}

Node& TreeBuilder::create(int line) {
  if (nodes_->size() >= limits_.nodes) {
    stop_at_line(line, "too many values (aliases are counted where they are used)");
  }
  Node& node = nodes_->emplace_back();
  node.line_ = line;
  return node;
}

void TreeBuilder::count_bytes(int line, std::size_t bytes) {
  bytes_ += bytes;
  if (bytes_ > limits_.expanded_bytes) {
    stop_at_line(line, "too much text (aliases are counted where they are used)");
  }
}

Node& TreeBuilder::make(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
  Node& node = create(mark.line + 1);
  node.kind_ = kind;
  if (anchor != YAML::NullAnchor) anchors_[anchor] = &node;
  return node;
}

void TreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
  refuse_tag(mark, tag);
  count_bytes(mark.line + 1, value.size());
  const bool quoted = tag == "!";
  if (expects_key()) {
    if (anchor != YAML::NullAnchor) stop(mark, "a key must not have an anchor");
    take_key(mark, value, quoted);
    return;
  }
  Node& node = make(Node::Kind::scalar, mark, anchor);
  node.text_ = value;
  node.quoted_ = quoted;
  attach(node);
}

void TreeBuilder::take_key(const YAML::Mark& mark, std::string text, bool quoted) {
  Frame& frame = open_.back();
  if (!frame.keys.insert(text).second) {
    stop(mark, "the key " + core::printable(text, 60) + " is there twice");
  }
  frame.merge = !quoted && text == kMergeKey;
  frame.key = std::move(text);
}

void TreeBuilder::adopt(Node& parent, Node& child) {
  child.parent_ = &parent;
  child.index_ = parent.children_.size();
  parent.children_.push_back(&child);
}

void TreeBuilder::attach(Node& node) {
  if (open_.empty()) {
    root_ = &node;
    return;
  }
  Frame& frame = open_.back();
  if (frame.key) node.key_ = std::move(*frame.key);
  frame.key.reset();
  if (frame.merge) {
    node.parent_ = frame.node;
    frame.merged.push_back(&node);
    frame.merge = false;
  } else {
    adopt(*frame.node, node);
  }
}

void TreeBuilder::open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor) {
  refuse_tag(mark, tag);
  if (expects_key()) stop(mark, "a key must be text");
  if (open_.size() >= limits_.depth) stop(mark, "too deeply nested");
  Node& node = make(kind, mark, anchor);
  attach(node);
  open_.push_back(Frame{&node});
}

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (expects_key()) stop(mark, "a key must be text");
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) stop(mark, "unknown alias");
  const Node* const target = found->second;
  const auto is_target = [&](const Frame& frame) { return frame.node == target; };
  if (std::ranges::any_of(open_, is_target)) stop(mark, "an alias must not contain itself");
  attach(copy(*target, open_.size()));
}

Node& TreeBuilder::copy(const Node& source, std::size_t depth) {
  if (depth > limits_.depth) stop_at_line(source.line_, "too deeply nested");
  Node& node = create(source.line_);
  count_bytes(source.line_, source.text_.size());
  node.kind_ = source.kind_;
  node.quoted_ = source.quoted_;
  node.text_ = source.text_;
  for (const Node* child : source.children_) {
    Node& twin = copy(*child, depth + 1);
    count_bytes(child->line_, child->key_.size());
    twin.key_ = child->key_;
    adopt(node, twin);
  }
  return node;
}

void TreeBuilder::merge_into(Frame& frame, const Node& source) {
  if (source.kind_ == Node::Kind::sequence) {
    for (const Node* element : source.children_) {
      if (element->kind_ != Node::Kind::map) {
        stop_at_line(element->line_, "'<<' takes a map or a list of maps");
      }
      merge_into(frame, *element);
    }
    return;
  }
  if (source.kind_ != Node::Kind::map) {
    stop_at_line(source.line_, "'<<' takes a map or a list of maps");
  }
  for (const Node* child : source.children_) {
    if (!frame.keys.insert(child->key_).second) continue;  // the map's own key wins
    Node& twin = copy(*child, open_.size());
    count_bytes(child->line_, child->key_.size());
    twin.key_ = child->key_;
    adopt(*frame.node, twin);
  }
}

void TreeBuilder::OnMapEnd() {
  Frame& frame = open_.back();
  for (const Node* source : frame.merged) merge_into(frame, *source);
  open_.pop_back();
}

Document TreeBuilder::take() {
  if (root_ == nullptr || root_->kind_ == Node::Kind::null) {
    root_ = &nodes_->emplace_back();
    root_->kind_ = Node::Kind::map;
    root_->line_ = 1;
  }
  Document document;
  document.nodes_ = std::move(nodes_);
  document.root_ = root_;
  return document;
}

std::optional<Document> parse_yaml(std::string_view text, Problems& problems,
                                   const Limits& limits) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (text.size() > limits.bytes) {
    problems.error({}, 0, "the file is too large");
    return {};
  }
  if (!core::is_utf8(text) || std::ranges::any_of(text, is_control)) {
    problems.error({}, 0, "the file is not UTF-8 text without control characters");
    return {};
  }
  std::istringstream stream{with_last_comment(text)};
  TreeBuilder builder(problems, limits);
  try {
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder)) {
      TreeBuilder further(problems, limits);
      if (parser.HandleNextDocument(further)) {
        problems.error({}, 0, "the file must be a single YAML document");
        return {};
      }
    }
  } catch (const Stop&) {
    return {};
  } catch (const YAML::Exception& e) {
    problems.error({}, e.mark.is_null() ? 0 : e.mark.line + 1, core::printable(e.msg));
    return {};
  }
  return builder.take();
}

std::optional<std::string> read_file(const std::string& path, Problems& problems,
                                     const Limits& limits) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                             &std::fclose);
  if (!file) {
    problems.error({}, 0, std::string("cannot be opened: ") + std::strerror(errno));
    return {};
  }
  std::string text(limits.bytes + 1, '\0');
  errno = 0;
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    problems.error({}, 0, std::string("cannot be read: ") + std::strerror(errno));
    return {};
  }
  if (text.size() > limits.bytes) {
    problems.error({}, 0, "the file is too large");
    return {};
  }
  return text;
}

}  // namespace gatehouse::config
