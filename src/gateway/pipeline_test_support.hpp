#pragma once
/// A pipeline over the built-in stub provider and real stores in a folder of its own, with
/// everything that it tells recorded.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/core/random.hpp"
#include "gatehouse/core/task_group.hpp"
#include "gatehouse/database/database.hpp"
#include "gatehouse/gateway/pipeline.hpp"
#include "gatehouse/ledger/settler.hpp"
#include "gatehouse/limits/period.hpp"
#include "gatehouse/models/health.hpp"
#include "gatehouse/models/model_table.hpp"
#include "gatehouse/net/event_loop.hpp"
#include "gatehouse/net/http_client.hpp"
#include "gatehouse/net/resolver.hpp"
#include "gatehouse/tenancy/database_directory.hpp"
#include "gatehouse/tenancy/key_store.hpp"

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
  void attempt_failed(const FailedTry& failed) override { failures.emplace_back(failed.failure); }
  void threshold_reached(const limits::Threshold& threshold, const CallerFacts& caller) override {
    thresholds.push_back(threshold);
    threshold_keys.emplace_back(caller.api_key);
  }
  void budget_refused(const limits::Denial& denial, const CallerFacts& caller) override {
    denials.push_back(denial);
    denied_keys.emplace_back(caller.api_key);
  }
  void unrecorded() override { ++lost; }

  int started = 0;
  std::vector<KeptRecord> settled;
  std::vector<std::string> failures;
  std::vector<limits::Threshold> thresholds;
  std::vector<std::string> threshold_keys;
  std::vector<limits::Denial> denials;
  std::vector<std::string> denied_keys;
  int lost = 0;
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

  core::Task<core::Result<void>> replay(const net::HeaderBlock& its_headers,
                                        const KeptAnswer& answer) override {
    headers = its_headers.text();
    body = answer.body;
    replayed_status = answer.status;
    co_return core::Result<void>();
  }

  std::string headers;
  std::string body;
  int replayed_status = 0;
  std::optional<Refusal> refusal;
  bool streaming = false;
  bool ended = false;
  bool settled_before_end = false;
  int client_leaves_after = 0;

 private:
  const RecordingObserver& observer_;
  int writes_ = 0;
};

/// Stores as the server has them, in a temporary folder.
struct TestStores {
  TestStores() {
    folder = (std::filesystem::temp_directory_path() / "gateway-test-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) std::abort();
    database = database::open_sqlite({.file = folder + "/gatehouse.db"}).value();
    journals = ledger::JournalSet::open(
                   {.folder = folder + "/journal", .segment_bytes = std::uint64_t{1} << 20}, 1)
                   .value();
    settler = ledger::Settler::start(*database, *journals, clock, {}).value();
    idempotency = std::make_unique<ledger::IdempotencyStore>(
        ledger::IdempotencyStore::open(*database).value());
    directory = tenancy::make_directory(*database, clock);
    balances.emplace(*database);
    context.emplace(
        tenancy::StoreContext{.database = *database,
                              .directory = *directory,
                              .clock = clock,
                              .ids = ids,
                              .random = random_bytes,
                              .durations = {.exact = limits::exact_duration,
                                            .check_budget = limits::check_budget_duration}});
  }
  ~TestStores() {
    settler.reset();
    journals.reset();
    directory.reset();
    database.reset();
    std::filesystem::remove_all(folder);
  }
  TestStores(const TestStores&) = delete;
  TestStores& operator=(const TestStores&) = delete;

  core::SystemClock clock;
  core::SeededRandom random{2};
  core::SystemIdSource ids{clock, random};
  crypto::SystemRandomBytes random_bytes;
  std::string folder;
  std::unique_ptr<database::Database> database;
  std::unique_ptr<ledger::JournalSet> journals;
  std::unique_ptr<ledger::Settler> settler;
  std::unique_ptr<ledger::IdempotencyStore> idempotency;
  std::unique_ptr<tenancy::DatabaseDirectory> directory;
  std::optional<ledger::Balances> balances;
  limits::AccountBook accounts;
  net::BlockingPool pool{1};
  std::optional<tenancy::StoreContext> context;
};

class PipelineTest : public testing::Test {
 protected:
  static constexpr std::string_view kKey = "sk-test-master-key";

  /// One entry per model name; all are served by the stub.
  void build(std::vector<models::ModelListEntry> entries, models::RouterSettings settings = {},
             AccountingRules rules = {}) {
    const std::vector<std::string_view> names{"openai", "anthropic", "stub"};
    auto prices = models::PriceBook::embedded();
    ASSERT_TRUE(prices) << prices.error().public_message;
    auto built = models::ModelTable::build(
        {.entries = entries, .settings = settings, .prices = *prices, .providers = names}, health);
    for (const auto& issue : built.errors) ADD_FAILURE() << issue.path << ": " << issue.text;
    ASSERT_TRUE(built.table);
    auto snapshot = make_snapshot(
        built.table,
        tenancy::Authenticator(core::Secret(std::string(kKey)), {}, stores.directory.get()),
        std::move(rules));
    ASSERT_TRUE(snapshot) << snapshot.error().public_message;
    pipeline =
        std::make_unique<Pipeline>(PipelineTools{*loop, client, random, ids, tasks, observer,
                                                 Accounting{.directory = *stores.directory,
                                                            .accounts = stores.accounts,
                                                            .balances = *stores.balances,
                                                            .journal = *journal,
                                                            .pool = stores.pool,
                                                            .idempotency = stores.idempotency.get(),
                                                            .durability = durability}},
                                   limits, *snapshot);
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

  /// A virtual key; returns its text.
  std::string make_key(tenancy::NewKey key) {
    auto issued = tenancy::KeyStore(*stores.context).create(tenancy::Actor(), std::move(key));
    EXPECT_TRUE(issued) << issued.error().public_message;
    return std::string(issued->key.reveal());
  }

  RecordingSink run(std::string body,
                    providers::WireFormat format = providers::WireFormat::openai_chat,
                    std::string_view key = kKey, int client_leaves_after = 0,
                    std::string_view idempotency_key = {}) {
    RecordingSink sink(observer);
    sink.client_leaves_after = client_leaves_after;
    const std::size_t size = body.size();
    body.resize(size + json::kPadding);
    const std::string bearer = "Bearer " + std::string(key);
    std::vector<net::HeaderField> fields{{"authorization", bearer}};
    if (!idempotency_key.empty()) fields.push_back({"idempotency-key", idempotency_key});
    const net::HeaderList headers(fields);
    core::Cancellation cancellation;
    const Inbound inbound{.format = format,
                          .route = "/chat/completions",
                          .body = std::string_view(body).substr(0, size),
                          .path_model = {},
                          .headers = headers,
                          .peer = "127.0.0.1",
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

  TestStores stores;
  core::SystemClock clock;
  std::unique_ptr<net::EventLoop> loop = net::EventLoop::create(clock).value();
  std::unique_ptr<net::Resolver> resolver = net::make_system_resolver();
  net::HttpClient client{*loop, *resolver, nullptr, {}};
  core::SeededRandom random{1};
  core::CountingIdSource ids;
  core::TaskGroup tasks;
  RecordingObserver observer;
  models::HealthRegistry health;
  // Of the next build().
  PipelineLimits limits;
  ledger::Journal* journal = &stores.journals->writer(0);
  ledger::Durability durability = ledger::Durability::process;
  std::unique_ptr<Pipeline> pipeline;
};

}  // namespace gatehouse::gateway
