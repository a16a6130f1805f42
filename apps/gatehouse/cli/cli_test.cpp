#include <gtest/gtest.h>

#include <array>

#include "json_value.hpp"
#include "output.hpp"
#include "request_text.hpp"
#include "session.hpp"

namespace gatehouse::app::cli {
namespace {

JsonValue parsed(std::string_view text) {
  auto value = JsonValue::parse(text);
  EXPECT_TRUE(value) << text;
  return value ? *value : JsonValue();
}

TEST(JsonValue, KeepsNumbersAsTheyWereWritten) {
  const JsonValue value = parsed(R"({"a":{"b":0.000012500,"c":[1,"x",null]},"t":true,"n":1e-9})");
  EXPECT_EQ(value.at("a.b")->shown(), "0.000012500");
  EXPECT_EQ(value.at("n")->text(), "1e-9");
  EXPECT_EQ(value.at("a.c")->shown(), "1,x,-");
  EXPECT_EQ(value.at("t")->shown(), "true");
  EXPECT_EQ(value.at("a.x"), nullptr);
  EXPECT_EQ(value.at("a.b.c"), nullptr);
  EXPECT_EQ(value.at("")->kind(), json::Kind::object);
}

TEST(JsonValue, RefusesBrokenAndDeepTexts) {
  EXPECT_FALSE(JsonValue::parse("{"));
  EXPECT_FALSE(JsonValue::parse(""));
  EXPECT_FALSE(JsonValue::parse(std::string(100, '[') + std::string(100, ']')));
}

TEST(JsonValue, ShowsNothingThatMovesTheCursor) {
  EXPECT_EQ(parsed(R"("a\u001b[2Jb")").shown().find('\x1b'), std::string::npos);
}

TEST(Table, AlignsAndLeavesEmptyColumnsOut) {
  constexpr std::array columns = {Column{"NAME", "n"}, Column{"NEVER", "x"},
                                  Column{"SPEND", "s", true}};
  const std::string text = table(parsed(R"([{"n":"ä","s":1.5},{"n":"longer","s":20}])"), columns);
  EXPECT_EQ(text,
            "NAME    SPEND\n"
            "ä         1.5\n"
            "longer     20\n");
  EXPECT_EQ(table(parsed("[]"), columns), "none\n");
  // A list of texts is a table of one column.
  EXPECT_EQ(table(parsed(R"(["h1","h2"])"), columns), "NAME\nh1\nh2\n");
}

TEST(Fields, LeavesNullOut) {
  EXPECT_EQ(fields(parsed(R"({"a":1,"bbb":"x","c":null})")), "a    1\nbbb  x\n");
}

TEST(ErrorText, KnowsTheEnvelopes) {
  EXPECT_EQ(error_text(R"({"error":{"message":"no","type":"t"}})"), "no");
  EXPECT_EQ(error_text(R"({"detail":{"error":"why"}})"), "why");
  EXPECT_EQ(error_text(R"({"detail":"what"})"), "what");
  EXPECT_EQ(error_text(R"({"detail":[{"msg":"bad"}]})"), "msg=bad");
  EXPECT_EQ(error_text("plain\n"), "plain\\x0a");
  EXPECT_EQ(error_text(""), "no text");
}

TEST(Body, LeavesOutWhatIsAbsent) {
  Body body;
  body.text("a", std::nullopt).text("b", "x\"y").raw("c", "1.5").texts("d", {}).texts("e", {"1"});
  body.truth("f", false).truth("g", true).nulls({"h"});
  EXPECT_EQ(body.str(), R"({"b":"x\"y","c":1.5,"e":["1"],"g":true,"h":null})");
}

TEST(Query, EscapesWhatHasAMeaning) {
  Query query("/key/info");
  query.add("key", "sk-a b&c=/ü").add("none", std::optional<std::string>());
  EXPECT_EQ(query.str(), "/key/info?key=sk-a%20b%26c%3D%2F%C3%BC");
}

/// What a command line is answered with, without a server.
class CommandLine {
 public:
  CommandLine() : session_([](std::string_view) { return std::nullopt; }) {
    add_key_commands(app_, session_);
    add_user_commands(app_, session_);
    add_team_commands(app_, session_);
    add_budget_commands(app_, session_);
    add_spend_commands(app_, session_);
  }
  /// Empty when it is understood.
  std::string parse(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());
    try {
      app_.parse(arguments);
    } catch (const CLI::ParseError& error) {
      return error.what();
    }
    return "";
  }
  CLI::App& app() { return app_; }

 private:
  CLI::App app_;
  Session session_;
};

TEST(CommandLineTest, RefusesWrongAmounts) {
  EXPECT_EQ(CommandLine().parse({"key", "generate", "--max-budget", "5.5", "--rpm", "10"}), "");
  EXPECT_NE(CommandLine().parse({"key", "generate", "--max-budget", "-5"}), "");
  EXPECT_NE(CommandLine().parse({"key", "generate", "--max-budget", "five"}), "");
  EXPECT_NE(CommandLine().parse({"key", "generate", "--rpm", "1.5"}), "");
  EXPECT_NE(CommandLine().parse({"key", "info"}), "");
  EXPECT_NE(CommandLine().parse({"spend", "report", "--from", "2026-01-01"}), "");
  EXPECT_NE(CommandLine().parse({"key", "list", "--size", "101"}), "");
}

void expect_help(CLI::App* app) {
  EXPECT_FALSE(app->get_description().empty()) << app->get_name();
  for (CLI::App* command : app->get_subcommands({})) expect_help(command);
}

TEST(CommandLineTest, EveryCommandSaysWhatItDoes) {
  CommandLine line;
  for (CLI::App* command : line.app().get_subcommands({})) expect_help(command);
}

}  // namespace
}  // namespace gatehouse::app::cli
