#include "openai/vendors.hpp"

#include <array>

namespace gatehouse::providers::openai {
namespace {

constexpr Vendor kOpenAi{
    .preset = {.name = "openai",
               .base_url = "https://api.openai.com/v1",
               .key_variable = "OPENAI_API_KEY",
               .base_variable = "OPENAI_BASE_URL",
               .default_models = "gpt-5.2,gpt-5.1,gpt-5,gpt-5-mini,gpt-5-nano,gpt-4.1,gpt-4.1-mini,"
                                 "gpt-4.1-nano,gpt-4o,gpt-4o-mini,o3,o4-mini,gpt-3.5-turbo,"
                                 "text-embedding-3-small,text-embedding-3-large"}};

constexpr Vendor kGroq{
    .preset = {.name = "groq",
               .base_url = "https://api.groq.com/openai/v1",
               .key_variable = "GROQ_API_KEY",
               .default_models = "llama-3.3-70b-versatile,llama-3.1-8b-instant,openai/gpt-oss-120b,"
                                 "openai/gpt-oss-20b,qwen/qwen3-32b"},
    .completions = false,
    .embeddings = false};

// Mistral refuses requests with members that its schema lacks, and tells the usage unasked.
constexpr Vendor kMistral{
    .preset = {.name = "mistral",
               .base_url = "https://api.mistral.ai/v1",
               .key_variable = "MISTRAL_API_KEY",
               .default_models = "mistral-large-latest,mistral-medium-latest,mistral-small-latest,"
                                 "magistral-medium-latest,codestral-latest,mistral-embed"},
    .completions = false,
    .stream_options = false};

constexpr Vendor kOpenRouter{.preset = {.name = "openrouter",
                                        .base_url = "https://openrouter.ai/api/v1",
                                        .key_variable = "OPENROUTER_API_KEY",
                                        .default_models =
                                            "openrouter/auto,openai/gpt-4.1,openai/gpt-5-mini,"
                                            "moonshotai/kimi-k2.5"}};

constexpr Vendor kDeepSeek{.preset = {.name = "deepseek",
                                      .base_url = "https://api.deepseek.com/v1",
                                      .key_variable = "DEEPSEEK_API_KEY",
                                      .default_models = "deepseek-chat,deepseek-reasoner"},
                           .completions = false,
                           .embeddings = false};

constexpr std::string_view kTogetherModels =
    "meta-llama/Llama-3.3-70B-Instruct-Turbo,Qwen/Qwen2.5-7B-Instruct-Turbo,"
    "openai/gpt-oss-120b,openai/gpt-oss-20b";
constexpr Vendor kTogether{.preset = {.name = "together",
                                      .base_url = "https://api.together.xyz/v1",
                                      .key_variable = "TOGETHER_API_KEY",
                                      .default_models = kTogetherModels}};
constexpr Vendor kTogetherAi{.preset = {.name = "together_ai",
                                        .base_url = "https://api.together.xyz/v1",
                                        .key_variable = "TOGETHERAI_API_KEY",
                                        .default_models = kTogetherModels}};

constexpr Vendor kXai{
    .preset = {.name = "xai",
               .base_url = "https://api.x.ai/v1",
               .key_variable = "XAI_API_KEY",
               .default_models = "grok-4,grok-4-fast-reasoning,grok-4-fast-non-reasoning,grok-3,"
                                 "grok-3-mini,grok-code-fast-1"},
    .embeddings = false};

constexpr Vendor kGemini{
    .preset = {.name = "gemini",
               .base_url = "https://generativelanguage.googleapis.com/v1beta/openai",
               .key_variable = "GEMINI_API_KEY",
               .default_models = "gemini-2.5-pro,gemini-2.5-flash,gemini-2.5-flash-lite,"
                                 "gemini-embedding-001"},
    .completions = false};

/// A server that the operator runs; it says itself which models it has.
constexpr Vendor local_server(std::string_view name, std::string_view base_url,
                              std::string_view key_variable, std::string_view base_variable) {
  return {.preset = {.name = name,
                     .base_url = base_url,
                     .key_variable = key_variable,
                     .base_variable = base_variable,
                     .needs_key = false,
                     .local = true},
          .add_version = true};
}

/// Any server at a base URL that the deployment gives.
constexpr Vendor custom_server(std::string_view name) {
  return {.preset = {.name = name, .needs_key = false}};
}

constexpr std::array kVendors = {
    kOpenAi,
    kGroq,
    kMistral,
    kOpenRouter,
    kDeepSeek,
    kTogether,
    kTogetherAi,
    kXai,
    kGemini,
    local_server("vllm", {}, "VLLM_API_KEY", "VLLM_API_BASE"),
    local_server("hosted_vllm", {}, "HOSTED_VLLM_API_KEY", "HOSTED_VLLM_API_BASE"),
    local_server("llama_server", "http://127.0.0.1:8080/v1", {}, "LLAMA_SERVER_API_BASE"),
    local_server("llamafile", "http://127.0.0.1:8080/v1", {}, "LLAMAFILE_API_BASE"),
    local_server("lm_studio", "http://127.0.0.1:1234/v1", "LM_STUDIO_API_KEY",
                 "LM_STUDIO_API_BASE"),
    local_server("ollama", "http://127.0.0.1:11434/v1", {}, "OLLAMA_HOST"),
    local_server("ollama_chat", "http://127.0.0.1:11434/v1", {}, {}),
    custom_server("openai_like"),
    custom_server("custom_openai"),
};

}  // namespace

std::span<const Vendor> vendors() noexcept {
  return kVendors;
}

}  // namespace gatehouse::providers::openai
