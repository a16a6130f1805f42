#include "openai/content_parts.hpp"

#include "json_view.hpp"

namespace gatehouse::providers::openai {
namespace {

using Extra = std::vector<std::pair<std::string, std::string>>;

core::Result<Part> decode_image(const json::Member& part, const FieldPath& path) {
  const auto image = find_set(part, "image_url");
  if (!image) return (path / "image_url").fail("is required");
  ImagePart read;
  std::string url;
  if (is_string(*image)) {  // some clients give the URL itself
    url = json::as_string(*image).value_or("");
  } else {
    auto required = require_text(*image, "url", path / "image_url");
    if (!required) return core::pass(required);
    url = std::move(*required);
    read.detail = find_text(*image, "detail");
  }
  if (const auto data = parse_data_url(url)) {
    read.media_type = data->media_type;
    read.base64 = data->base64;
  } else {
    read.url = std::move(url);
  }
  return Part(std::move(read));
}

core::Result<Part> decode_audio(const json::Member& part, const FieldPath& path) {
  const auto audio = find_set(part, "input_audio");
  if (!audio) return (path / "input_audio").fail("is required");
  auto data = require_text(*audio, "data", path / "input_audio");
  if (!data) return core::pass(data);
  auto format = require_text(*audio, "format", path / "input_audio");
  if (!format) return core::pass(format);
  return Part(AudioPart{.base64 = std::move(*data), .format = std::move(*format)});
}

core::Result<Part> decode_file(const json::Member& part, const FieldPath& path) {
  const auto file = find_set(part, "file");
  if (!file) return (path / "file").fail("is required");
  FilePart read;
  read.file_id = find_text(*file, "file_id");
  read.name = find_text(*file, "filename");
  const std::string data = find_text(*file, "file_data");
  if (const auto url = parse_data_url(data)) {
    read.media_type = url->media_type;
    read.base64 = url->base64;
  } else {
    read.base64 = data;
  }
  if (read.file_id.empty() && read.base64.empty()) {
    return (path / "file").fail("must have file_data or file_id");
  }
  return Part(std::move(read));
}

core::Result<Part> decode_text(const json::Member& part, const FieldPath& path,
                               std::string_view type) {
  if (type == "refusal") {
    auto text = require_text(part, "refusal", path);
    if (!text) return core::pass(text);
    return Part(RefusalPart{std::move(*text)});
  }
  auto text = require_text(part, "text", path);
  if (!text) return core::pass(text);
  return Part(TextPart{.text = std::move(*text)});
}

void set_cache_control(Part& part, const json::Member& raw) {
  const auto control = find_set(raw, "cache_control");
  if (!control) return;
  if (auto* text = std::get_if<TextPart>(&part)) text->cache_control = control->value;
  if (auto* image = std::get_if<ImagePart>(&part)) image->cache_control = control->value;
  if (auto* file = std::get_if<FilePart>(&part)) file->cache_control = control->value;
}

core::Result<void> decode_part(const json::Member& raw, const FieldPath& path,
                               std::vector<Part>& into, Extra& extra) {
  if (!is_object(raw)) return path.fail("must be an object");
  const std::string type = find_text(raw, "type");
  core::Result<Part> part = Part();
  if (type == "text" || type == "refusal") {
    part = decode_text(raw, path, type);
  } else if (type == "image_url") {
    part = decode_image(raw, path);
  } else if (type == "input_audio") {
    part = decode_audio(raw, path);
  } else if (type == "file") {
    part = decode_file(raw, path);
  } else if (type.empty()) {
    return (path / "type").fail("is required");
  } else {
    extra.emplace_back(path.text(), raw.value);
    return {};
  }
  if (!part) return core::pass(part);
  set_cache_control(*part, raw);
  into.push_back(std::move(*part));
  return {};
}

void write_data_url(std::string& out, std::string_view media_type, std::string_view base64) {
  out += "data:";
  out += media_type;
  out += ";base64,";
  out += base64;
}

void write_image(json::Writer& writer, const ImagePart& image) {
  std::string url = image.url;
  if (!image.base64.empty()) write_data_url(url, image.media_type, image.base64);
  writer.begin_object().member("type", "image_url").key("image_url").begin_object();
  writer.member("url", url);
  if (!image.detail.empty()) writer.member("detail", image.detail);
  writer.end_object().end_object();
}

core::Result<void> write_file(json::Writer& writer, const FilePart& file, const std::string& path,
                              LackList& lacks) {
  if (!file.text.empty()) {
    writer.begin_object().member("type", "text").member("text", file.text).end_object();
    return {};
  }
  if (!file.url.empty()) return lacks.lacks(path, "files by URL are not supported");
  writer.begin_object().member("type", "file").key("file").begin_object();
  if (!file.file_id.empty()) writer.member("file_id", file.file_id);
  if (!file.base64.empty()) {
    std::string url;
    write_data_url(url, file.media_type, file.base64);
    writer.member("filename", file.name.empty() ? "document.pdf" : file.name);
    writer.member("file_data", url);
  }
  writer.end_object().end_object();
  return {};
}

core::Result<void> write_part(json::Writer& writer, const Part& part, const std::string& path,
                              LackList& lacks) {
  if (const auto* text = std::get_if<TextPart>(&part)) {
    writer.begin_object().member("type", "text").member("text", text->text).end_object();
  } else if (const auto* refusal = std::get_if<RefusalPart>(&part)) {
    writer.begin_object().member("type", "refusal").member("refusal", refusal->text).end_object();
  } else if (const auto* image = std::get_if<ImagePart>(&part)) {
    write_image(writer, *image);
  } else if (const auto* audio = std::get_if<AudioPart>(&part)) {
    writer.begin_object().member("type", "input_audio").key("input_audio").begin_object();
    writer.member("data", audio->base64).member("format", audio->format);
    writer.end_object().end_object();
  } else if (const auto* file = std::get_if<FilePart>(&part)) {
    return write_file(writer, *file, path, lacks);
  }
  return {};
}

}  // namespace

core::Result<void> decode_content(const json::Member& content, const FieldPath& path,
                                  std::vector<Part>& into, Extra& extra) {
  if (is_string(content)) {
    into.emplace_back(TextPart{.text = json::as_string(content).value_or("")});
    return {};
  }
  if (!is_array(content)) return path.fail("must be a string or an array of parts");
  std::size_t index = 0;
  for (const json::Member& part : Children(content)) {
    if (into.size() >= kMaxParts) return path.fail("has too many parts");
    if (auto read = decode_part(part, path[index++], into, extra); !read) return read;
  }
  return {};
}

bool is_content(const Part& part) noexcept {
  return !std::holds_alternative<ThinkingPart>(part) &&
         !std::holds_alternative<ToolUsePart>(part) &&
         !std::holds_alternative<ToolResultPart>(part);
}

core::Result<void> write_content(json::Writer& writer, const PartRefs& parts,
                                 const std::string& path, LackList& lacks) {
  if (parts.empty()) {
    writer.null();
    return {};
  }
  if (parts.size() == 1) {
    if (const auto* text = std::get_if<TextPart>(parts.front())) {
      writer.text(text->text);
      return {};
    }
  }
  writer.begin_array();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string here = path + ".content[" + std::to_string(i) + "]";
    if (auto written = write_part(writer, *parts[i], here, lacks); !written) return written;
  }
  writer.end_array();
  return {};
}

}  // namespace gatehouse::providers::openai
