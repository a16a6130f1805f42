#include <set>

#include "call_test_support.hpp"

namespace gatehouse::providers {
namespace {

class ProviderTest : public test::CallTest {
 protected:
  std::string sent(std::string_view provider, const std::string& base_path, WireFormat format,
                   std::string_view client_headers = {}) {
    const Provider* vendor = find_provider(provider);
    Target target{.endpoint = endpoint(base_path),
                  .api_key = core::Secret("sk-secret"),
                  .extra_headers = extra_headers_,
                  .header_block = {}};
    vendor->prepare(target);
    const std::string_view body[] = {"{\"a\":", "1}"};
    return call(*vendor, target,
                {.format = format, .body = body, .client_headers = client_headers, .timeouts = {}})
        .body;
  }

  std::vector<std::pair<std::string, std::string>> extra_headers_;
};

TEST_F(ProviderTest, OpenAiRequestsCarryTheKeyAndNothingOfTheCaller) {
  const std::string seen = sent("openai", "/v1", WireFormat::openai_chat);
  EXPECT_TRUE(seen.starts_with("POST /v1/chat/completions\n")) << seen;
  EXPECT_TRUE(seen.ends_with("\n\n{\"a\":1}"));
  std::set<std::string> names;
  std::size_t at = seen.find('\n') + 1;
  while (seen[at] != '\n') {
    names.insert(seen.substr(at, seen.find(':', at) - at));
    at = seen.find('\n', at) + 1;
  }
  EXPECT_EQ(names, (std::set<std::string>{"host", "authorization", "content-type", "accept",
                                          "accept-encoding", "user-agent", "content-length"}));
  EXPECT_NE(seen.find("\nauthorization: Bearer sk-secret\n"), std::string::npos);
  EXPECT_NE(seen.find("\naccept-encoding: identity\n"), std::string::npos);
  EXPECT_NE(seen.find("\nuser-agent: gatehouse/0."), std::string::npos);
  EXPECT_NE(seen.find("\ncontent-type: application/json\n"), std::string::npos);
}

TEST_F(ProviderTest, AnthropicRequestsCarryVersionKeyAndBeta) {
  net::HeaderBlock beta;
  beta.add("anthropic-beta", "tools-2024-05-16");
  const std::string seen = sent("anthropic", "", WireFormat::anthropic_messages, beta.text());
  EXPECT_TRUE(seen.starts_with("POST /v1/messages\n")) << seen;
  EXPECT_NE(seen.find("\nx-api-key: sk-secret\n"), std::string::npos);
  EXPECT_NE(seen.find("\nanthropic-version: 2023-06-01\n"), std::string::npos);
  EXPECT_NE(seen.find("\nanthropic-beta: tools-2024-05-16\n"), std::string::npos);
  EXPECT_EQ(seen.find("authorization"), std::string::npos);
}

TEST_F(ProviderTest, PathsFollowTheBaseUrl) {
  const auto line = [&](std::string_view provider, const std::string& base, WireFormat format) {
    const std::string seen = sent(provider, base, format);
    return seen.substr(0, seen.find('\n'));
  };
  EXPECT_EQ(line("openai", "/v1", WireFormat::openai_embeddings), "POST /v1/embeddings");
  EXPECT_EQ(line("openai", "/v1", WireFormat::openai_completions), "POST /v1/completions");
  EXPECT_EQ(line("openai", "", WireFormat::openai_chat), "POST /chat/completions");
  EXPECT_EQ(line("groq", "/openai/v1", WireFormat::openai_chat),
            "POST /openai/v1/chat/completions");
  EXPECT_EQ(line("ollama", "", WireFormat::openai_chat), "POST /v1/chat/completions");
  EXPECT_EQ(line("hosted_vllm", "/v1", WireFormat::openai_chat), "POST /v1/chat/completions");
  EXPECT_EQ(line("anthropic", "/v1", WireFormat::anthropic_messages), "POST /v1/messages");
  EXPECT_EQ(line("anthropic", "", WireFormat::anthropic_count_tokens),
            "POST /v1/messages/count_tokens");
}

TEST_F(ProviderTest, OperatorsHeadersWinAndCannotFrame) {
  extra_headers_ = {{"authorization", "Custom x\r\nInjected: y"},
                    {"X-Team", "blue"},
                    {"Content-Length", "5"},
                    {"Transfer-Encoding", "chunked"},
                    {"Host", "evil"},
                    {"traceparent", "00-1-2-01"},
                    {"baggage", "a=b"},
                    {"bad name", "z"},
                    {"", "z"}};
  const std::string seen = sent("openai", "/v1", WireFormat::openai_chat);
  EXPECT_NE(seen.find("\nauthorization: Custom x"), std::string::npos) << seen;
  EXPECT_NE(seen.find("\nx-team: blue\n"), std::string::npos);
  EXPECT_NE(seen.find("\ncontent-length: 7\n"), std::string::npos);
  for (const char* absent :
       {"\ninjected:", "sk-secret", "chunked", "evil", "traceparent", "baggage", "bad name"}) {
    EXPECT_EQ(seen.find(absent), std::string::npos) << absent;
  }
}

TEST(ProviderRegistryTest, PresetsAreComplete) {
  std::set<std::string_view> names;
  for (const ProviderPreset& preset : provider_presets()) {
    EXPECT_TRUE(names.insert(preset.name).second) << preset.name;
    const Provider* provider = find_provider(preset.name);
    ASSERT_NE(provider, nullptr) << preset.name;
    EXPECT_EQ(provider->name(), preset.name);
    EXPECT_TRUE(provider->speaks(provider->chat_format())) << preset.name;
    EXPECT_NE(chat_codec(provider->chat_format()), nullptr) << preset.name;
    if (preset.needs_key) {
      EXPECT_FALSE(preset.key_variable.empty()) << preset.name;
      EXPECT_FALSE(preset.default_models.empty()) << preset.name;
    }
    if (!preset.base_url.empty()) {
      EXPECT_TRUE(net::Endpoint::parse(preset.base_url, net::AddressPolicy::any).has_value());
      EXPECT_EQ(preset.base_url.starts_with("https://"), !preset.local) << preset.name;
    }
  }
  for (const char* name :
       {"openai", "anthropic", "stub", "groq", "mistral", "openrouter", "deepseek", "together",
        "together_ai", "xai", "vllm", "hosted_vllm", "llama_server", "llamafile", "lm_studio",
        "ollama", "openai_like", "custom_openai"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
  EXPECT_EQ(find_provider("nobody"), nullptr);
  EXPECT_EQ(find_provider(""), nullptr);
}

TEST(ProviderRegistryTest, VendorsDifferInWhatTheySpeak) {
  EXPECT_FALSE(find_provider("groq")->speaks(WireFormat::openai_completions));
  EXPECT_FALSE(find_provider("groq")->speaks(WireFormat::openai_embeddings));
  EXPECT_FALSE(find_provider("openai")->speaks(WireFormat::anthropic_messages));
  EXPECT_FALSE(find_provider("anthropic")->speaks(WireFormat::openai_chat));
  EXPECT_TRUE(find_provider("anthropic")->speaks(WireFormat::anthropic_count_tokens));
  EXPECT_TRUE(find_provider("openai")->takes_stream_options());
  EXPECT_FALSE(find_provider("mistral")->takes_stream_options());
}

TEST(ProviderRegistryTest, NamesAreStable) {
  EXPECT_EQ(name_of(WireFormat::anthropic_messages), "anthropic_messages");
  EXPECT_EQ(name_of(FailureClass::context_window), "context_window");
  EXPECT_EQ(chat_codec(WireFormat::openai_embeddings), nullptr);
}

}  // namespace
}  // namespace gatehouse::providers
