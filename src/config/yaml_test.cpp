#include <gtest/gtest.h>

#include <string>

#include "gatehouse/config/node.hpp"

namespace gatehouse::config {
namespace {

Document parsed(std::string_view text) {
  Problems problems;
  auto document = parse_yaml(text, problems);
  EXPECT_TRUE(document) << problems.to_text("file");
  return document ? std::move(*document) : *parse_yaml("", problems);
}

/// The findings of a text that must be refused.
std::string refusal(std::string_view text, const Limits& limits = {}) {
  Problems problems;
  EXPECT_FALSE(parse_yaml(text, problems, limits)) << text.substr(0, 200);
  EXPECT_TRUE(problems.failed());
  return problems.to_text("f");
}

TEST(Yaml, EmptyTextIsAnEmptyMap) {
  for (const std::string_view text :
       {"", "\n\n", "# only a comment\n", "---\n", "~", "\xef\xbb\xbf"}) {
    const Document document = parsed(text);
    EXPECT_EQ(document.root().kind(), Node::Kind::map);
    EXPECT_TRUE(document.root().children().empty());
  }
}

TEST(Yaml, KeepsKindsTextsAndLines) {
  const Document document = parsed("a: 1\nb:\n  - x\n  - 'y z'\n  - ~\nc: {d: \"e\\n\"}\n");
  const Node& root = document.root();
  EXPECT_EQ(root.find("a")->text(), "1");
  EXPECT_FALSE(root.find("a")->quoted());
  const auto items = root.find("b")->children();
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[1]->text(), "y z");
  EXPECT_TRUE(items[1]->quoted());
  EXPECT_EQ(items[1]->line(), 4);
  EXPECT_EQ(items[2]->kind(), Node::Kind::null);
  EXPECT_EQ(root.find("c")->find("d")->text(), "e\n");
  EXPECT_EQ(root.find("missing"), nullptr);
  EXPECT_EQ(items[0]->find("x"), nullptr);
}

TEST(Yaml, PathsNameKeysAndIndexes) {
  const Document document = parsed("models:\n  - params: {'a.b': 1, key: [2]}\n");
  const Node& params = *document.root().find("models")->children()[0]->find("params");
  EXPECT_EQ(params.path(), "models[0].params");
  EXPECT_EQ(params.children()[0]->path(), "models[0].params[\"a.b\"]");
  EXPECT_EQ(params.find("key")->children()[0]->path(), "models[0].params.key[0]");
  EXPECT_EQ(document.root().path(), "");
}

TEST(Yaml, AliasesAreCopiesWithPathsOfTheirOwn) {
  const Document document = parsed("base: &b {k: [1, 2]}\nuse: *b\n");
  const Node& use = *document.root().find("use");
  EXPECT_EQ(use.find("k")->children()[1]->text(), "2");
  EXPECT_EQ(use.find("k")->children()[1]->path(), "use.k[1]");
}

TEST(Yaml, MergeKeysFillWhatIsMissing) {
  const Document document = parsed(
      "a: &a {x: 1, y: 1}\n"
      "b: &b {y: 2, z: 2}\n"
      "one:\n  y: own\n  <<: *a\n"
      "two: {<<: [*a, *b]}\n"
      "quoted: {'<<': text}\n");
  EXPECT_EQ(to_json(*document.root().find("one")), R"({"y":"own","x":1})");
  EXPECT_EQ(to_json(*document.root().find("two")), R"({"x":1,"y":1,"z":2})");
  EXPECT_EQ(to_json(*document.root().find("quoted")), R"({"<<":"text"})");
  EXPECT_NE(refusal("a: {<<: text}").find("'<<' takes"), std::string::npos);
  EXPECT_NE(refusal("a: {<<: [1]}").find("'<<' takes"), std::string::npos);
}

TEST(Yaml, RefusesWhatIsAmbiguous) {
  EXPECT_EQ(refusal("a: 1\nb: 2\na: 3\n"), "f:3: error: the key a is there twice\n");
  EXPECT_EQ(refusal("s:\n  a: 1\n  'a': 3\n"), "f:3: error: s: the key a is there twice\n");
  EXPECT_NE(refusal("a: !!int 3").find("tags are not supported"), std::string::npos);
  EXPECT_NE(refusal("a: !!python/object:os.system {}").find("tags"), std::string::npos);
  EXPECT_NE(refusal("? [1, 2]\n: x\n").find("a key must be text"), std::string::npos);
  EXPECT_NE(refusal("? {a: 1}\n: x\n").find("a key must be text"), std::string::npos);
  EXPECT_NE(refusal("~: x\n").find("a key must be text"), std::string::npos);
  EXPECT_NE(refusal("a: &x 1\n*x : 2\n").find("a key must be text"), std::string::npos);
  EXPECT_NE(refusal("a: 1\n---\nb: 2\n").find("a single YAML document"), std::string::npos);
}

TEST(Yaml, RefusesBrokenTextWithItsLine) {
  EXPECT_NE(refusal("a: 1\nb: [1, 2\nc: 3\n").find("f:"), std::string::npos);
  EXPECT_NE(refusal("a: *nowhere\n").find("f:1: error"), std::string::npos);
  for (const std::string_view text :
       {"a: \"x", "a: \"x\n", "a: 'x\nb: 1\n", "a: 'x\n \t", "a: 'x\r\n"}) {
    EXPECT_NE(refusal(text).find("EOF in scalar"), std::string::npos);
  }
  EXPECT_NE(refusal("a: \xff\n").find("not UTF-8"), std::string::npos);
  for (const char control : {'\0', '\x01', '\x1b'}) {
    EXPECT_NE(refusal(std::string("a: b") + control + "c").find("not UTF-8"), std::string::npos);
  }
}

TEST(Yaml, BlocksKeepTheirLastLines) {
  const auto json = [](std::string_view text) { return to_json(parsed(text).root()); };
  EXPECT_EQ(json("d: |\n  line\n"), R"({"d":"line\n"})");
  EXPECT_EQ(json("d: |\n  line\n  "), R"({"d":"line\n"})");
  EXPECT_EQ(json("d: |+\n  line\n\n"), R"({"d":"line\n\n"})");
  EXPECT_EQ(json("d: |-\n  line\n\n"), R"({"d":"line"})");
  EXPECT_EQ(json("d: >\n  one\n  two\n"), R"({"d":"one two\n"})");
  EXPECT_EQ(json("d: text # comment\n"), R"({"d":"text"})");
}

TEST(Yaml, RefusesAnAliasToItself) {
  EXPECT_NE(refusal("a: &a [1, *a]\n").find("must not contain itself"), std::string::npos);
  EXPECT_NE(refusal("a: &a {b: {c: *a}}\n").find("must not contain itself"), std::string::npos);
}

TEST(Yaml, RefusesABillionLaughs) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string name = "a" + std::to_string(i);
    const std::string before = "*a" + std::to_string(i - 1);
    text += name + ": &" + name + " [";
    for (int j = 0; j < 10; ++j) text += before + ",";
    text += "]\n";
  }
  EXPECT_NE(refusal(text).find("too many values"), std::string::npos);
}

TEST(Yaml, RefusesLargeTextsMultipliedByAliases) {
  std::string text = "a: &a " + std::string(100'000, 'x') + "\nb: [";
  for (int i = 0; i < 1000; ++i) text += "*a, ";
  EXPECT_NE(refusal(text + "]\n").find("too much text"), std::string::npos);
}

TEST(Yaml, BoundsDepthAlsoThroughAliases) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  parsed("a: " + nested(63));
  EXPECT_NE(refusal("a: " + nested(64)).find("too deeply nested"), std::string::npos);
  EXPECT_NE(refusal("a: " + nested(5000)).find("error"), std::string::npos);
  const std::string aliases =
      "a: &a " + nested(40) + "\nb: " + std::string(40, '[') + "*a" + std::string(40, ']') + "\n";
  EXPECT_NE(refusal(aliases).find("too deeply nested"), std::string::npos);
}

TEST(Yaml, BoundsSizeAndCount) {
  Limits limits;
  limits.bytes = 10;
  parsed("a: 1234567");
  EXPECT_NE(refusal("a: 12345678", limits).find("too large"), std::string::npos);
  limits = {};
  limits.nodes = 3;
  EXPECT_NE(refusal("[1, 2, 3]", limits).find("too many values"), std::string::npos);
}

TEST(Yaml, RendersJson) {
  const auto json = [](std::string_view text) { return to_json(parsed(text).root()); };
  EXPECT_EQ(json("[~, null, '', true, FALSE, 1, -2.50, 6e-7, '1', \"true\"]"),
            R"([null,null,"",true,false,1,-2.50,6e-7,"1","true"])");
  EXPECT_EQ(json("[0x10, 0123, +1, 1., .5, .inf, .nan, 1e400, yes, on, -, 1_000]"),
            R"(["0x10","0123","+1","1.",".5",".inf",".nan",1e400,"yes","on","-","1_000"])");
  EXPECT_EQ(json("a: {b: [], c: {}}\nd: |\n  line\n"), R"({"a":{"b":[],"c":{}},"d":"line\n"})");
}

TEST(ReadFile, SaysWhatIsWrong) {
  Problems problems;
  EXPECT_FALSE(read_file("/nonexistent/gatehouse.yaml", problems));
  EXPECT_FALSE(read_file("/", problems));
  Limits limits;
  limits.bytes = 16;
  EXPECT_FALSE(read_file(GATEHOUSE_SOURCE_DIR "/LICENSE", problems, limits));
  const std::string text = problems.to_text("f");
  EXPECT_NE(text.find("cannot be opened"), std::string::npos);
  EXPECT_NE(text.find("cannot be read"), std::string::npos);
  EXPECT_NE(text.find("too large"), std::string::npos);
  EXPECT_TRUE(read_file(GATEHOUSE_SOURCE_DIR "/LICENSE", problems));
}

TEST(Problems, KeepABoundedNumberAndCountTheRest) {
  Problems problems;
  for (int i = 0; i < 1000; ++i) problems.error("p", i + 1, "is wrong");
  EXPECT_EQ(problems.errors(), 1000u);
  EXPECT_EQ(problems.all().size(), 200u);
  EXPECT_TRUE(problems.to_text("f").ends_with("and 800 more\n"));
}

}  // namespace
}  // namespace gatehouse::config
