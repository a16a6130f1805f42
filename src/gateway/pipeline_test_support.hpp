#pragma once
/// A pipeline over the built-in stub provider, with everything that it tells recorded.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "gatehouse/core/random.hpp"
#include "gatehouse/core/task_group.hpp"
#include "gatehouse/gateway/pipeline.hpp"
#include "gatehouse/models/health.hpp"
#include "gatehouse/models/model_table.hpp"
#include "gatehouse/net/event_loop.hpp"
#include "gatehouse/net/http_client.hpp"
#include "gatehouse/net/resolver.hpp"

namespace gatehouse::gateway {

/// A record with its texts kept.
struct KeptRecord {
  CallRecord record;
  std::string deployment;
  std::string error_class;
};

class RecordingObserver final : public CallObserver {
 public:
  void call_started() override { ++started; }
  void call_settled(const CallRecord& record) override {
    settled.push_back({record, std::string(record.deployment), std::string(record.error_class)});
  }
  void attempt_failed(std::string_view, std::string_view, std::string_view failure, bool) override {
    failures.emplace_back(failure);
  }

  int started = 0;
  std::vector<KeptRecord> settled;
  std::vector<std::string> failures;
};

class RecordingSink final : public ReplySink {
 public:
  explicit RecordingSink(const RecordingObserver& observer) : observer_(observer) {}

  core::Task<core::Result<void>> respond(const net::HeaderBlock& its_headers,
                                         std::span<const std::string_view> json) override {
    headers = its_headers.text();
    for (const std::string_view piece : json) body += piece;
    settled_before_end = observer_.settled.size() == 1;
    co_return core::Result<void>();
  }
  core::Task<core::Result<void>> refuse(const net::HeaderBlock& its_headers,
                                        const Refusal& its_refusal) override {
    headers = its_headers.text();
    refusal = its_refusal;
    settled_before_end = observer_.settled.size() == 1;
    co_return core::Result<void>();
  }
  core::Task<core::Result<void>> begin_stream(const net::HeaderBlock& its_headers) override {
    headers = its_headers.text();
    streaming = true;
    co_return core::Result<void>();
  }
  core::Task<core::Result<void>> write(std::string_view events) override {
    if (client_leaves_after != 0 && ++writes_ >= client_leaves_after) {
      co_return core::fail(core::Errc::closed, "gone");
    }
    body += events;
    settled_before_end = observer_.settled.size() == 1;
    co_return core::Result<void>();
  }
  core::Task<core::Result<void>> end_stream() override {
    ended = true;
    co_return core::Result<void>();
  }

  std::string headers;
  std::string body;
  std::optional<Refusal> refusal;
  bool streaming = false;
  bool ended = false;
  bool settled_before_end = false;
  int client_leaves_after = 0;

 private:
  const RecordingObserver& observer_;
  int writes_ = 0;
};

class PipelineTest : public testing::Test {
 protected:
  static constexpr std::string_view kKey = "sk-test-master-key";

  /// One entry per model name; all are served by the stub.
  void build(std::vector<models::ModelListEntry> entries, models::RouterSettings settings = {}) {
    const std::vector<std::string_view> names{"openai", "anthropic", "stub"};
    auto prices = models::PriceBook::embedded();
    ASSERT_TRUE(prices) << prices.error().public_message;
    auto built = models::ModelTable::build(
        {.entries = entries, .settings = settings, .prices = *prices, .providers = names}, health);
    for (const auto& issue : built.errors) ADD_FAILURE() << issue.path << ": " << issue.text;
    ASSERT_TRUE(built.table);
    auto snapshot =
        make_snapshot(built.table, tenancy::Authenticator(core::Secret(std::string(kKey))));
    ASSERT_TRUE(snapshot) << snapshot.error().public_message;
    pipeline = std::make_unique<Pipeline>(
        PipelineTools{*loop, client, random, ids, tasks, observer}, PipelineLimits(), *snapshot);
  }

  static models::ModelListEntry entry(std::string name, std::string model = "stub/stub") {
    models::ModelListEntry entry;
    entry.path = "model_list";
    entry.model_name = std::move(name);
    entry.model = std::move(model);
    entry.overrides = {{"input_cost_per_token", "0.000001"}, {"output_cost_per_token", "0.000002"}};
    entry.model_info_json = "{}";
    return entry;
  }

  RecordingSink run(std::string body,
                    providers::WireFormat format = providers::WireFormat::openai_chat,
                    std::string_view key = kKey, int client_leaves_after = 0) {
    RecordingSink sink(observer);
    sink.client_leaves_after = client_leaves_after;
    const std::size_t size = body.size();
    body.resize(size + json::kPadding);
    const std::string bearer = "Bearer " + std::string(key);
    const std::vector<net::HeaderField> fields{{"authorization", bearer}};
    const net::HeaderList headers(fields);
    core::Cancellation cancellation;
    const Inbound inbound{.format = format,
                          .route = "/chat/completions",
                          .body = std::string_view(body).substr(0, size),
                          .path_model = {},
                          .headers = headers,
                          .received_at = loop->now(),
                          .cancellation = cancellation};
    bool hung = false;
    net::Timer guard([&] {
      hung = true;
      loop->stop();
    });
    loop->arm(guard, loop->now() + core::Seconds(10));
    loop->post([&] { tasks.spawn(run_and_stop(pipeline.get(), inbound, &sink, loop.get())); });
    loop->run();
    EXPECT_FALSE(hung);
    return sink;
  }

  static core::Task<void> run_and_stop(Pipeline* pipeline, Inbound inbound, RecordingSink* sink,
                                       net::EventLoop* loop) {
    co_await pipeline->run(inbound, *sink);
    loop->stop();
  }

  core::SystemClock clock;
  std::unique_ptr<net::EventLoop> loop = net::EventLoop::create(clock).value();
  std::unique_ptr<net::Resolver> resolver = net::make_system_resolver();
  net::HttpClient client{*loop, *resolver, nullptr, {}};
  core::SeededRandom random{1};
  core::CountingIdSource ids;
  core::TaskGroup tasks;
  RecordingObserver observer;
  models::HealthRegistry health;
  std::unique_ptr<Pipeline> pipeline;
};

}  // namespace gatehouse::gateway
