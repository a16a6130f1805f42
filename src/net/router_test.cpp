#include "gatehouse/net/router.hpp"

#include <gtest/gtest.h>

namespace gatehouse::net {
namespace {

/// "3 a|b" for a match, "405 GET, POST", or "404".
std::string look_up(const Router& router, std::string_view method, std::string_view path) {
  const auto result = router.match(method, path);
  if (const auto* match = std::get_if<Router::Match>(&result)) {
    std::string text = std::to_string(match->route);
    for (std::size_t i = 0; i < match->parameters.size(); ++i) {
      text.append(i == 0 ? " " : "|").append(match->parameters.text(i));
    }
    return text;
  }
  if (const auto* refused = std::get_if<Router::MethodNotAllowed>(&result)) {
    return "405 " + refused->allow;
  }
  return "404";
}

Router make_router() {
  Router router;
  router.add("POST", "/v1/chat/completions", 1);
  router.add("GET", "/v1/models", 2);
  router.add("HEAD", "/v1/models", 3);
  router.add("GET", "/v1/models/{id...}", 4);
  router.add("GET", "/", 5);
  router.add("GET", "/users/{id}", 6);
  router.add("DELETE", "/users/{id}", 7);
  router.add("GET", "/users/{id}/keys/{key}", 8);
  router.add("GET", "/users/me", 9);
  router.add("GET", "/users/me/keys/{key}/last", 10);
  router.add("POST", "/openai/{rest...}", 11);
  router.add("POST", "/openai/files/{id}", 12);
  return router;
}

TEST(Router, ExactPaths) {
  const Router router = make_router();
  EXPECT_EQ(look_up(router, "POST", "/v1/chat/completions"), "1");
  EXPECT_EQ(look_up(router, "GET", "/v1/models"), "2");
  EXPECT_EQ(look_up(router, "GET", "/"), "5");
  EXPECT_EQ(look_up(router, "GET", "/v1"), "404");
  EXPECT_EQ(look_up(router, "GET", "/v1/chat/completions/"), "404");
  EXPECT_EQ(look_up(router, "GET", "/V1/models"), "404");
  EXPECT_EQ(look_up(router, "GET", ""), "404");
  EXPECT_EQ(look_up(router, "GET", "v1/models"), "404");
  EXPECT_EQ(look_up(Router{}, "GET", "/"), "404");
}

TEST(Router, MethodsAreExact) {
  const Router router = make_router();
  EXPECT_EQ(look_up(router, "HEAD", "/v1/models"), "3");
  EXPECT_EQ(look_up(router, "HEAD", "/users/me"), "405 GET, DELETE");
  EXPECT_EQ(look_up(router, "get", "/v1/models"), "405 GET, HEAD");
  EXPECT_EQ(look_up(router, "GET", "/v1/chat/completions"), "405 POST");
  EXPECT_EQ(look_up(router, "PUT", "/users/1"), "405 GET, DELETE");
}

TEST(Router, Parameters) {
  const Router router = make_router();
  EXPECT_EQ(look_up(router, "GET", "/users/42"), "6 42");
  EXPECT_EQ(look_up(router, "GET", "/users/42/keys/a"), "8 42|a");
  EXPECT_EQ(look_up(router, "GET", "/users/"), "404");
  EXPECT_EQ(look_up(router, "GET", "/users/42/"), "404");
  EXPECT_EQ(look_up(router, "GET", "/users/42/keys"), "404");
  EXPECT_EQ(look_up(router, "GET", "/v1/models/openai/gpt-4o"), "4 openai/gpt-4o");
  EXPECT_EQ(look_up(router, "GET", "/v1/models/"), "404");
}

TEST(Router, LiteralsWinOverParameters) {
  const Router router = make_router();
  EXPECT_EQ(look_up(router, "GET", "/users/me"), "9");
  EXPECT_EQ(look_up(router, "DELETE", "/users/me"), "7 me");
  EXPECT_EQ(look_up(router, "GET", "/users/me/keys/a"), "8 me|a");
  EXPECT_EQ(look_up(router, "GET", "/users/me/keys/a/last"), "10 a");
  EXPECT_EQ(look_up(router, "POST", "/openai/files/x"), "12 x");
  EXPECT_EQ(look_up(router, "POST", "/openai/files/x/y"), "11 files/x/y");
}

TEST(Router, ParametersAreDecodedOnce) {
  const Router router = make_router();
  EXPECT_EQ(look_up(router, "GET", "/users/a%20b+c"), "6 a b+c");
  EXPECT_EQ(look_up(router, "GET", "/users/%252f"), "6 %2f");
  EXPECT_EQ(look_up(router, "GET", "/users/%c3%a9"), "6 \xc3\xa9");
  EXPECT_EQ(look_up(router, "GET", "/users/%c0%af"), "404");
  EXPECT_EQ(look_up(router, "GET", "/users/%zz"), "404");
  EXPECT_EQ(look_up(router, "GET", "/%75sers/1"), "404") << "literals are never encoded";
}

TEST(Router, ManySegmentsAreHarmless) {
  const Router router = make_router();
  std::string path = "/users";
  for (int i = 0; i < 4000; ++i) path += "/a";
  EXPECT_EQ(look_up(router, "GET", path), "404");
}

TEST(Router, NumbersAreChecked) {
  const Router router = make_router();
  const auto number = [&](std::string_view path) {
    return std::get<Router::Match>(router.match("GET", path)).parameters.number(0);
  };
  EXPECT_EQ(number("/users/42").value(), 42U);
  for (const char* path : {"/users/-1", "/users/+1", "/users/1a", "/users/18446744073709551616"}) {
    const auto result = number(path);
    ASSERT_FALSE(result) << path;
    EXPECT_EQ(result.error().code, core::Errc::invalid_argument);
  }
}

TEST(Router, ListsItsEntries) {
  const Router router = make_router();
  ASSERT_EQ(router.entries().size(), 12U);
  EXPECT_EQ(router.entries()[3].method, "GET");
  EXPECT_EQ(router.entries()[3].pattern, "/v1/models/{id...}");
  EXPECT_EQ(router.entries()[3].route, 4U);
}

TEST(RouterDeathTest, BadPatternsAreBugs) {
  for (const char* pattern : {"x", "", "/{a}b", "/{a", "/a}", "/{a...}/b", "//{a}", "/a/{}"}) {
    EXPECT_DEATH(Router().add("GET", pattern, 1), "") << pattern;
  }
  const auto twice = [](const char* first, const char* second) {
    Router router;
    router.add("GET", first, 1);
    router.add("GET", second, 2);
  };
  EXPECT_DEATH(twice("/a", "/a"), "");
  EXPECT_DEATH(twice("/{a}", "/{b}"), "");
  EXPECT_DEATH(twice("/{a...}", "/{b...}"), "");
}

TEST(PercentDecode, Texts) {
  EXPECT_EQ(percent_decode("a%20b+c", false).value(), "a b+c");
  EXPECT_EQ(percent_decode("a%20b+c", true).value(), "a b c");
  EXPECT_EQ(percent_decode("%41%4a%4A", false).value(), "AJJ");
  for (const char* text : {"%", "%4", "%4g", "%g4", "a%", "%ff", "%ed%a0%80"}) {
    EXPECT_FALSE(percent_decode(text, false)) << text;
  }
}

TEST(QueryValue, FirstOfThatName) {
  EXPECT_EQ(query_value("a=1&b=2&a=3", "a"), "1");
  EXPECT_EQ(query_value("a=1&b=2", "b"), "2");
  EXPECT_EQ(query_value("a=1&b=2", "c"), std::nullopt);
  EXPECT_EQ(query_value("a&b=", "a"), "");
  EXPECT_EQ(query_value("a&b=", "b"), "");
  EXPECT_EQ(query_value("&&x=a%26b+c=d", "x"), "a&b c=d");
  EXPECT_EQ(query_value("us%65r=1", "user"), "1");
  EXPECT_EQ(query_value("a=%zz", "a"), std::nullopt);
  EXPECT_EQ(query_value("", "a"), std::nullopt);
}

}  // namespace
}  // namespace gatehouse::net
