#include <bit>
#include <cmath>
#include <cstring>

#include "gatehouse/json/writer.hpp"
#include "gatehouse/providers/token_estimate.hpp"
#include "stub/stub_render.hpp"

namespace gatehouse::providers::stub {
namespace {

static_assert(std::endian::native == std::endian::little, "base64 floats are little-endian");

/// splitmix64 (Steele, Lea, Flood, 2014).
std::uint64_t next_random(std::uint64_t& state) noexcept {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/// A vector of length 1. Words that two texts share bring their vectors closer together.
std::vector<float> embed(std::string_view text, std::size_t dimensions) {
  std::vector<float> vector(dimensions, 0.0F);
  for (const std::string_view word : split_into_pieces(text.empty() ? " " : text)) {
    const std::size_t last = word.find_last_not_of(' ');
    std::uint64_t state = digest(word.substr(0, last == std::string_view::npos ? 0 : last + 1));
    for (int feature = 0; feature < 16; ++feature) {
      const std::uint64_t random = next_random(state);
      vector[random % dimensions] += (random >> 63) != 0 ? 1.0F : -1.0F;
    }
  }
  double square = 0;
  for (const float value : vector) square += double{value} * double{value};
  if (square == 0) {
    vector[0] = 1.0F;
    return vector;
  }
  const double scale = 1 / std::sqrt(square);
  for (float& value : vector) value = static_cast<float>(value * scale);
  return vector;
}

std::string base64(const std::vector<float>& vector) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<unsigned char> bytes(vector.size() * sizeof(float));
  std::memcpy(bytes.data(), vector.data(), bytes.size());
  std::string text;
  text.reserve(bytes.size() * 4 / 3 + 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const std::uint32_t group = std::uint32_t{bytes[i]} << 16 |
                                (left > 1 ? std::uint32_t{bytes[i + 1]} << 8 : 0) |
                                (left > 2 ? std::uint32_t{bytes[i + 2]} : 0);
    text += kAlphabet[group >> 18 & 63];
    text += kAlphabet[group >> 12 & 63];
    text += left > 1 ? kAlphabet[group >> 6 & 63] : '=';
    text += left > 2 ? kAlphabet[group & 63] : '=';
  }
  return text;
}

}  // namespace

MemoryReply render_embeddings(const StubRequest& request) {
  std::string body;
  json::Writer writer(body);
  std::uint64_t tokens = 0;
  writer.begin_object().member("object", "list").key("data").begin_array();
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    tokens += estimate_tokens(request.inputs[i]);
    const std::vector<float> vector = embed(request.inputs[i], request.dimensions);
    writer.begin_object().member("object", "embedding");
    writer.key("index").number(std::uint64_t{i}).key("embedding");
    if (request.base64) {
      writer.text(base64(vector));
    } else {
      writer.begin_array();
      for (const float value : vector) writer.number(double{value});
      writer.end_array();
    }
    writer.end_object();
  }
  writer.end_array().member("model", request.model).key("usage").begin_object();
  writer.key("prompt_tokens").number(tokens).key("total_tokens").number(tokens);
  writer.end_object().end_object();
  return {.pieces = {std::move(body)}};
}

}  // namespace gatehouse::providers::stub
