/// Routes and percent-decoding on paths from outside.

#include "fuzz_input.hpp"
#include "gatehouse/net/router.hpp"

namespace gatehouse::fuzz {
namespace {

net::Router make_router() {
  net::Router router;
  router.add("GET", "/", 0);
  router.add("POST", "/v1/chat/completions", 1);
  router.add("GET", "/v1/models", 2);
  router.add("GET", "/v1/models/{id...}", 3);
  router.add("GET", "/u/{id}", 4);
  router.add("DELETE", "/u/{id}", 5);
  router.add("GET", "/u/{id}/k/{key}", 6);
  router.add("GET", "/u/me/k/{key}/last", 7);
  router.add("POST", "/openai/{rest...}", 8);
  return router;
}

}  // namespace
}  // namespace gatehouse::fuzz

/// Input: method, space, path, optionally '?' and a query.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse;
  static const net::Router router = fuzz::make_router();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto space = text.find(' ');
  const std::string_view method = text.substr(0, space);
  std::string_view path = space == text.npos ? text : text.substr(space + 1);
  const auto question = path.find('?');
  const std::string_view query = question == path.npos ? "" : path.substr(question + 1);
  path = path.substr(0, question);

  const auto result = router.match(method, path);
  if (const auto* match = std::get_if<net::Router::Match>(&result)) {
    fuzz::require(match->route <= 8, "known route");
    for (std::size_t i = 0; i < match->parameters.size(); ++i) {
      fuzz::require(!match->parameters.text(i).empty(), "parameters are not empty");
      (void)match->parameters.number(i);
    }
  } else if (const auto* refused = std::get_if<net::Router::MethodNotAllowed>(&result)) {
    fuzz::require(!refused->allow.empty(), "something is allowed");
    const std::string allowed = ", " + refused->allow + ", ";
    const bool token = method.find_first_of(", ") == std::string_view::npos;
    fuzz::require(!token || allowed.find(", " + std::string(method) + ", ") == std::string::npos,
                  "the method itself is not");
  }
  (void)net::percent_decode(query, true);
  (void)net::query_value(query, "model");
  return 0;
}
