#pragma once
/// The way of a request, from the credential to the settled record.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gatehouse/core/call_context.hpp"
#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/random.hpp"
#include "gatehouse/core/task.hpp"
#include "gatehouse/core/task_group.hpp"
#include "gatehouse/gateway/accounting.hpp"
#include "gatehouse/gateway/call_record.hpp"
#include "gatehouse/gateway/model_check.hpp"
#include "gatehouse/gateway/reply_sink.hpp"
#include "gatehouse/gateway/snapshot.hpp"
#include "gatehouse/json/scan.hpp"
#include "gatehouse/net/event_loop.hpp"
#include "gatehouse/net/http_client.hpp"
#include "gatehouse/providers/wire_format.hpp"

namespace gatehouse::gateway {

/// One call as a surface hands it over. Views are valid until run() returns.
struct Inbound {
  providers::WireFormat format = providers::WireFormat::openai_chat;
  std::string_view route;       ///< for messages: "/v1/chat/completions"
  std::string_view body;        ///< json::kPadding readable bytes beyond its end
  std::string_view path_model;  ///< model named by the path; wins over the body's
  const net::HeaderList& headers;
  std::string_view peer;  ///< the client's address
  core::MonotonicTime received_at;
  core::Cancellation& cancellation;
};

/// What the pipeline works with on its thread. All references outlive it.
struct PipelineTools {
  net::EventLoop& loop;
  net::HttpClient& client;
  core::Random& random;
  core::IdSource& ids;
  core::TaskGroup& tasks;
  CallObserver& observer;
  Accounting accounting;
};

/// Which calls go on when their client has left, so that their bill is exact: the provider tells
/// the usage at the end. The others are cancelled after PipelineLimits::abandoned_grace and posted
/// at an estimate of what has come until then, which says nothing of a whole answer that is under
/// way.
enum class AbandonedCalls : std::uint8_t { cancel, finish_whole_replies, finish_all };

struct PipelineLimits {
  std::size_t max_reply_bytes = std::size_t{64} << 20;
  std::size_t max_stream_bytes = std::size_t{256} << 20;
  core::Millis stream_idle{300'000};  ///< silence in a reply that is under way
  AbandonedCalls abandoned = AbandonedCalls::finish_whole_replies;
  /// What was on its way when the client left is read, often the end with its usage. The provider
  /// works that much longer (at most a second: faults.md F2).
  core::Millis abandoned_grace{200};
};

/// One per thread. Only that thread calls it.
class Pipeline {
 public:
  Pipeline(PipelineTools tools, PipelineLimits limits, std::shared_ptr<const Snapshot> snapshot);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  /// Answers one call through `sink` and settles it. Never fails: every way out is an answer.
  core::Task<void> run(Inbound inbound, ReplySink& sink);

  /// Calls one deployment of `snapshot` as model_check.hpp says. Never fails: the outcome tells.
  core::Task<CheckOutcome> check(std::shared_ptr<const Snapshot> snapshot,
                                 const models::Deployment& deployment,
                                 core::Cancellation& cancellation);

  /// Later calls see this generation; running ones keep theirs.
  void replace_snapshot(std::shared_ptr<const Snapshot> snapshot);
  std::shared_ptr<const Snapshot> snapshot() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gatehouse::gateway
