#include "anthropic/content_blocks.hpp"

#include "json_view.hpp"

namespace gatehouse::providers::anthropic {
namespace {

using Extra = std::vector<std::pair<std::string, std::string>>;

std::string raw_of(const json::Member& object, std::string_view name) {
  const auto member = find_set(object, name);
  return member ? std::string(member->value) : std::string();
}

core::Result<json::Member> require_source(const json::Member& block, const FieldPath& path) {
  const auto source = find_set(block, "source");
  if (!source || !is_object(*source)) return (path / "source").fail("must be an object");
  return *source;
}

core::Result<Part> decode_image(const json::Member& block, const FieldPath& path) {
  auto source = require_source(block, path);
  if (!source) return core::pass(source);
  const std::string type = find_text(*source, "type");
  ImagePart image{.url = {}, .media_type = {}, .base64 = {}};
  if (type == "url") {
    auto url = require_text(*source, "url", path / "source");
    if (!url) return core::pass(url);
    image.url = std::move(*url);
  } else if (type == "base64") {
    auto data = require_text(*source, "data", path / "source");
    if (!data) return core::pass(data);
    image.base64 = std::move(*data);
    image.media_type = find_text(*source, "media_type");
  } else {
    return (path / "source").fail("must be of type base64 or url to be translated");
  }
  image.cache_control = raw_of(block, "cache_control");
  return Part(std::move(image));
}

core::Result<Part> decode_document(const json::Member& block, const FieldPath& path) {
  auto source = require_source(block, path);
  if (!source) return core::pass(source);
  const std::string type = find_text(*source, "type");
  FilePart file;
  file.name = find_text(block, "title");
  file.media_type = find_text(*source, "media_type");
  if (type == "base64") {
    file.base64 = find_text(*source, "data");
  } else if (type == "text") {
    file.text = find_text(*source, "data");
  } else if (type == "url") {
    file.url = find_text(*source, "url");
  } else if (type == "file") {
    file.file_id = find_text(*source, "file_id");
  }
  if (file.base64.empty() && file.text.empty() && file.url.empty() && file.file_id.empty()) {
    return (path / "source").fail("must be of type base64, text or url to be translated");
  }
  file.cache_control = raw_of(block, "cache_control");
  return Part(std::move(file));
}

core::Result<Part> decode_tool_use(const json::Member& block, const FieldPath& path) {
  auto id = require_text(block, "id", path);
  if (!id) return core::pass(id);
  auto name = require_text(block, "name", path);
  if (!name) return core::pass(name);
  const auto input = find_set(block, "input");
  if (input && !is_object(*input)) return (path / "input").fail("must be an object");
  return Part(ToolUsePart{.id = std::move(*id),
                          .name = std::move(*name),
                          .arguments = input ? std::string(input->value) : "{}",
                          .cache_control = raw_of(block, "cache_control")});
}

core::Result<Part> decode_tool_result(const json::Member& block, const FieldPath& path,
                                      Extra& extra) {
  auto id = require_text(block, "tool_use_id", path);
  if (!id) return core::pass(id);
  ToolResultPart result{.tool_use_id = std::move(*id), .content = {}};
  if (const auto content = find_set(block, "content")) {
    auto read = decode_content(*content, path / "content", result.content, extra);
    if (!read) return core::pass(read);
  }
  if (const auto error = find_set(block, "is_error")) {
    if (auto read = read_into(*error, path / "is_error", result.is_error); !read) {
      return core::pass(read);
    }
  }
  result.cache_control = raw_of(block, "cache_control");
  return Part(std::move(result));
}

core::Result<Part> decode_block(const json::Member& block, const FieldPath& path,
                                std::string_view type, Extra& extra) {
  if (type == "text") {
    auto text = require_text(block, "text", path);
    if (!text) return core::pass(text);
    return Part(
        TextPart{.text = std::move(*text), .cache_control = raw_of(block, "cache_control")});
  }
  if (type == "image") return decode_image(block, path);
  if (type == "document") return decode_document(block, path);
  if (type == "tool_use") return decode_tool_use(block, path);
  if (type == "tool_result") return decode_tool_result(block, path, extra);
  if (type == "thinking") {
    return Part(ThinkingPart{.text = find_text(block, "thinking"),
                             .signature = find_text(block, "signature")});
  }
  return Part(ThinkingPart{.text = {}, .signature = {}, .redacted = find_text(block, "data")});
}

bool is_known(std::string_view type) noexcept {
  return type == "text" || type == "image" || type == "document" || type == "tool_use" ||
         type == "tool_result" || type == "thinking" || type == "redacted_thinking";
}

/// What of a document changes the answer and has no place in the neutral model.
void keep_document_options(const json::Member& block, const FieldPath& path, Extra& extra) {
  for (const std::string_view name : {"citations", "context"}) {
    if (const auto member = find_set(block, name)) {
      extra.emplace_back((path / name).text(), member->value);
    }
  }
}

void write_cache_control(json::Writer& writer, const std::string& control) {
  writer.member_raw_if("cache_control", control);
}

void write_text(json::Writer& writer, const std::string& text, const std::string& control) {
  if (text.empty()) return;
  writer.begin_object().member("type", "text").member("text", text);
  write_cache_control(writer, control);
  writer.end_object();
}

void write_image(json::Writer& writer, const ImagePart& image) {
  writer.begin_object().member("type", "image").key("source").begin_object();
  if (image.base64.empty()) {
    writer.member("type", "url").member("url", image.url);
  } else {
    writer.member("type", "base64").member("media_type", image.media_type);
    writer.member("data", image.base64);
  }
  writer.end_object();
  write_cache_control(writer, image.cache_control);
  writer.end_object();
}

core::Result<void> write_document(json::Writer& writer, const FilePart& file,
                                  const std::string& path, LackList& lacks) {
  if (!file.file_id.empty()) return lacks.lacks(path, "files by id belong to another provider");
  if (!file.base64.empty() && file.media_type != "application/pdf") {
    return lacks.lacks(path, "inline files other than PDF are not supported by anthropic");
  }
  writer.begin_object().member("type", "document").key("source").begin_object();
  if (!file.text.empty()) {
    writer.member("type", "text").member("media_type", "text/plain").member("data", file.text);
  } else if (!file.base64.empty()) {
    writer.member("type", "base64").member("media_type", file.media_type);
    writer.member("data", file.base64);
  } else {
    writer.member("type", "url").member("url", file.url);
  }
  writer.end_object();
  if (!file.name.empty()) writer.member("title", file.name);
  write_cache_control(writer, file.cache_control);
  writer.end_object();
  return {};
}

void write_thinking(json::Writer& writer, const ThinkingPart& thinking) {
  if (!thinking.redacted.empty()) {
    writer.begin_object().member("type", "redacted_thinking");
    writer.member("data", thinking.redacted).end_object();
  } else if (!thinking.signature.empty()) {
    writer.begin_object().member("type", "thinking").member("thinking", thinking.text);
    writer.member("signature", thinking.signature).end_object();
  }
}

core::Result<void> write_tool_result(json::Writer& writer, const ToolResultPart& result,
                                     const std::string& path, LackList& lacks) {
  writer.begin_object().member("type", "tool_result").member("tool_use_id", result.tool_use_id);
  if (!result.content.empty()) {
    writer.key("content").begin_array();
    for (std::size_t i = 0; i < result.content.size(); ++i) {
      const std::string here = path + ".content[" + std::to_string(i) + "]";
      auto written = write_block(writer, result.content[i], here, lacks);
      if (!written) return written;
    }
    writer.end_array();
  }
  if (result.is_error) writer.key("is_error").boolean(true);
  write_cache_control(writer, result.cache_control);
  writer.end_object();
  return {};
}

void write_tool_use(json::Writer& writer, const ToolUsePart& call) {
  writer.begin_object().member("type", "tool_use").member("id", call.id).member("name", call.name);
  writer.key("input");
  write_tool_input(writer, call.arguments);
  write_cache_control(writer, call.cache_control);
  writer.end_object();
}

}  // namespace

core::Result<void> decode_content(const json::Member& content, const FieldPath& path,
                                  std::vector<Part>& into, Extra& extra) {
  if (is_string(content)) {
    into.emplace_back(TextPart{.text = json::as_string(content).value_or("")});
    return {};
  }
  if (!is_array(content)) return path.fail("must be a string or an array of blocks");
  std::size_t index = 0;
  for (const json::Member& block : Children(content)) {
    const FieldPath here = path[index++];
    if (!is_object(block)) return here.fail("must be an object");
    if (into.size() >= kMaxParts) return path.fail("has too many blocks");
    const std::string type = find_text(block, "type");
    if (type.empty()) return (here / "type").fail("is required");
    if (!is_known(type)) {
      extra.emplace_back(here.text(), block.value);
      continue;
    }
    auto part = decode_block(block, here, type, extra);
    if (!part) return core::pass(part);
    if (type == "document") keep_document_options(block, here, extra);
    into.push_back(std::move(*part));
  }
  return {};
}

void write_tool_input(json::Writer& writer, const std::string& arguments) {
  if (arguments.find_first_not_of(" \t\r\n") == std::string::npos) {
    writer.raw("{}");
  } else if (const auto root = parse_json(arguments); root && is_object(*root)) {
    writer.raw(root->value);
  } else {
    writer.begin_object().member("raw_arguments", arguments).end_object();
  }
}

core::Result<void> write_block(json::Writer& writer, const Part& part, const std::string& path,
                               LackList& lacks) {
  if (const auto* text = std::get_if<TextPart>(&part)) {
    write_text(writer, text->text, text->cache_control);
  } else if (const auto* refusal = std::get_if<RefusalPart>(&part)) {
    write_text(writer, refusal->text, {});
  } else if (const auto* image = std::get_if<ImagePart>(&part)) {
    write_image(writer, *image);
  } else if (std::holds_alternative<AudioPart>(part)) {
    return lacks.lacks(path, "audio is not supported by anthropic");
  } else if (const auto* file = std::get_if<FilePart>(&part)) {
    return write_document(writer, *file, path, lacks);
  } else if (const auto* thinking = std::get_if<ThinkingPart>(&part)) {
    write_thinking(writer, *thinking);
  } else if (const auto* call = std::get_if<ToolUsePart>(&part)) {
    write_tool_use(writer, *call);
  } else if (const auto* result = std::get_if<ToolResultPart>(&part)) {
    return write_tool_result(writer, *result, path, lacks);
  }
  return {};
}

}  // namespace gatehouse::providers::anthropic
