/// S1: OpenAI and Anthropic dialects, with and without /v1.

#include <array>

#include "handlers.hpp"
#include "route_lists.hpp"

namespace gatehouse::api::openai {
namespace {

constexpr std::array kRoutes{
    Route{"POST", "/v1/chat/completions", Access::pipeline, chat_completions},
    Route{"POST", "/chat/completions", Access::pipeline, chat_completions},
    Route{"POST", "/engines/{model}/chat/completions", Access::pipeline, chat_completions},
    Route{"POST", "/openai/deployments/{model}/chat/completions", Access::pipeline,
          chat_completions},
    Route{"POST", "/v1/completions", Access::pipeline, completions},
    Route{"POST", "/completions", Access::pipeline, completions},
    Route{"POST", "/engines/{model}/completions", Access::pipeline, completions},
    Route{"POST", "/openai/deployments/{model}/completions", Access::pipeline, completions},
    Route{"POST", "/v1/embeddings", Access::pipeline, embeddings},
    Route{"POST", "/embeddings", Access::pipeline, embeddings},
    Route{"POST", "/engines/{model}/embeddings", Access::pipeline, embeddings},
    Route{"POST", "/openai/deployments/{model}/embeddings", Access::pipeline, embeddings},
    Route{"POST", "/v1/messages", Access::pipeline, messages},
    Route{"POST", "/messages", Access::pipeline, messages},
    Route{"POST", "/v1/messages/count_tokens", Access::pipeline, count_tokens},
    Route{"POST", "/messages/count_tokens", Access::pipeline, count_tokens},
    Route{"GET", "/v1/models", Access::models, list_models},
    Route{"GET", "/models", Access::models, list_models},
    Route{"GET", "/v1/models/{id...}", Access::models, get_model},
    Route{"GET", "/models/{id...}", Access::models, get_model},
};

}  // namespace

std::span<const Route> model_call_routes() noexcept {
  return kRoutes;
}

}  // namespace gatehouse::api::openai
