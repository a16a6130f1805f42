#include "gatehouse/api/route_table.hpp"

#include <array>

#include "handlers.hpp"

namespace gatehouse::api {
namespace {

constexpr std::array kRoutes{
    // S1: OpenAI and Anthropic dialects, with and without /v1.
    Route{"POST", "/v1/chat/completions", Access::pipeline, openai::chat_completions},
    Route{"POST", "/chat/completions", Access::pipeline, openai::chat_completions},
    Route{"POST", "/engines/{model}/chat/completions", Access::pipeline, openai::chat_completions},
    Route{"POST", "/openai/deployments/{model}/chat/completions", Access::pipeline,
          openai::chat_completions},
    Route{"POST", "/v1/completions", Access::pipeline, openai::completions},
    Route{"POST", "/completions", Access::pipeline, openai::completions},
    Route{"POST", "/engines/{model}/completions", Access::pipeline, openai::completions},
    Route{"POST", "/openai/deployments/{model}/completions", Access::pipeline, openai::completions},
    Route{"POST", "/v1/embeddings", Access::pipeline, openai::embeddings},
    Route{"POST", "/embeddings", Access::pipeline, openai::embeddings},
    Route{"POST", "/engines/{model}/embeddings", Access::pipeline, openai::embeddings},
    Route{"POST", "/openai/deployments/{model}/embeddings", Access::pipeline, openai::embeddings},
    Route{"POST", "/v1/messages", Access::pipeline, openai::messages},
    Route{"POST", "/messages", Access::pipeline, openai::messages},
    Route{"POST", "/v1/messages/count_tokens", Access::pipeline, openai::count_tokens},
    Route{"POST", "/messages/count_tokens", Access::pipeline, openai::count_tokens},
    Route{"GET", "/v1/models", Access::any_key, openai::list_models},
    Route{"GET", "/models", Access::any_key, openai::list_models},
    Route{"GET", "/v1/models/{id...}", Access::any_key, openai::get_model},
    Route{"GET", "/models/{id...}", Access::any_key, openai::get_model},

    // S2: what a LiteLLM proxy answers about itself.
    Route{"GET", "/", Access::open, litellm::home},
    Route{"GET", "/routes", Access::open, litellm::list_routes},
    Route{"GET", "/health/liveliness", Access::open, litellm::liveliness},
    Route{"GET", "/health/liveness", Access::open, litellm::liveliness},
    Route{"GET", "/health/readiness", Access::open, litellm::readiness},
    Route{"GET", "/metrics", Access::metrics, litellm::metrics},
    Route{"GET", "/v1/model/info", Access::any_key, litellm::model_info},
    Route{"GET", "/model/info", Access::any_key, litellm::model_info},
};

net::Router build() {
  net::Router router;
  for (std::size_t i = 0; i < kRoutes.size(); ++i) {
    router.add(kRoutes[i].method, kRoutes[i].pattern, i);
  }
  return router;
}

}  // namespace

std::span<const Route> routes() noexcept {
  return kRoutes;
}

const net::Router& router() {
  static const net::Router instance = build();
  return instance;
}

}  // namespace gatehouse::api
