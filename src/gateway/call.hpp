#pragma once
/// One call on its way through the pipeline: what the steps know and add.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "charges.hpp"
#include "gatehouse/core/call_context.hpp"
#include "gatehouse/core/usage.hpp"
#include "gatehouse/gateway/pipeline.hpp"
#include "gatehouse/limits/admission.hpp"
#include "gatehouse/models/price_bound.hpp"
#include "gatehouse/models/retry.hpp"
#include "gatehouse/providers/chat.hpp"
#include "gatehouse/tenancy/authenticator.hpp"

namespace gatehouse::gateway {

/// What the calls of one thread share.
struct Worker {
  Worker(PipelineTools its_tools, PipelineLimits its_limits)
      : tools(its_tools), limits(its_limits), charges(its_tools.accounting.accounts) {}

  PipelineTools tools;
  PipelineLimits limits;
  json::Scanner requests{json::kRequestLimits};
  json::Scanner replies;
  ChargeCache charges;
  /// Scratch of JournalEntry.
  struct EntryLists {
    std::vector<std::string_view> tags;
  } entry_lists;
};

/// What the client asked for, as far as the gateway acts on it.
struct Wishes {
  std::string model;
  bool stream = false;
  bool usage_on_stream = false;             ///< stream_options.include_usage
  std::optional<std::uint64_t> max_output;  ///< tokens the client allows, all choices together
  std::uint64_t choices = 1;
  std::string end_user;
  std::vector<std::string> fallbacks;
  std::optional<std::uint32_t> num_retries;
  std::optional<core::Nanos> timeout;
  std::optional<core::Nanos> stream_timeout;
  std::vector<std::string> tags;
  std::string session_id;
  std::string client_metadata;  ///< x-litellm-spend-logs-metadata, a JSON object
};

/// What a call holds back of every budget that it is charged to.
struct Reservation {
  models::PriceBound price;  ///< of the dearest deployment that may serve it
  std::uint64_t prompt_tokens = 0;
  std::uint64_t output_tokens = 0;  ///< the largest output, all choices together
  /// Set when less output is affordable than was asked for, or none was asked for: it goes
  /// upstream.
  std::optional<std::uint64_t> output_limit;
  std::optional<limits::Admission> admission;
  struct Due {
    core::Money cost;
    std::uint64_t tokens = 0;
  };
  /// The call is settled in the journal and not yet in its budgets: what it gives back is for
  /// others once a power failure cannot bring the reservation back.
  std::optional<Due> due;
  bool dispatched = false;
  bool paced = false;  ///< a limit of tokens per minute holds
  /// Bounds of a provider or deployment hold for the call, too: its journal entry names them.
  bool bounds_upstream = false;
  /// The deployment that refused last would take the call with less output.
  bool fits_with_less = false;
  /// No deployment takes the whole call: less output is better than none.
  bool take_less = false;
  /// Rows that the limits of the admission live in.
  std::vector<std::shared_ptr<const tenancy::Subject>> subjects;
};

/// The state of one call. Lives in the frame of Pipeline::run().
struct Call {
  Call(Worker& its_worker, const Inbound& its_inbound,
       std::shared_ptr<const Snapshot> its_snapshot);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  Worker& worker;
  const Inbound& inbound;
  std::shared_ptr<const Snapshot> snapshot;
  std::string id;
  core::WallTime started_at;
  core::MonotonicTime deadline;

  tenancy::Caller caller;
  bool authenticated = false;
  bool checks = false;  ///< the operator's own call to see whether a deployment answers
  std::optional<crypto::Sha256> key_to_load;  ///< the directory has to be asked for it
  Wishes wishes;
  Reservation reservation;
  /// The request's outline. It belongs to the worker's scanner: valid until the first suspension;
  /// outline() renews it.
  std::optional<json::Outline> fresh_outline;
  std::optional<providers::ChatRequest> conversation;  ///< decoded when a translation needs it

  models::ModelMatch match;                        ///< current group
  const models::Deployment* deployment = nullptr;  ///< last one tried
  std::string upstream_scratch;
  std::string_view upstream_model;
  const models::PriceSet* prices = nullptr;

  core::TokenUsage usage;
  core::UsageSource usage_source = core::UsageSource::none;
  bool usage_clamped = false;     ///< a report exceeded what the client allowed
  core::TokenUsage failed_usage;  ///< of tries that failed after the provider had begun to work
  core::Money failed_cost;
  core::Nanos upstream_duration{0};
  std::optional<core::MonotonicTime> first_token_at;
  std::uint32_t retries = 0;
  std::uint32_t max_retries = 0;
  std::uint32_t fallbacks = 0;
  core::Money cost;
  bool cost_known = true;
  std::string response_id;  ///< the provider's
  bool settled = false;

  const models::RouterSettings& settings() const { return snapshot->table->settings(); }
  core::MonotonicTime now() const { return worker.tools.loop.now(); }
  const json::Outline& outline();
  std::uint64_t estimate_prompt();
};

/// Steps before anything goes upstream; a refusal ends the call. In the order of the pipeline.
/// authenticate() leaves `key_to_load` when the directory has to be asked; load_key() asks it.
std::optional<Refusal> authenticate(Call& call);
core::Task<std::optional<Refusal>> load_key(Call& call);
std::optional<Refusal> read_request(Call& call);
std::optional<Refusal> find_model(Call& call);
/// Rate limits, then a reservation on every budget, then its entry in the journal.
core::Task<std::optional<Refusal>> admit(Call& call);

/// The group has changed: raises the reservation to what its deployments may cost.
core::Task<std::optional<Refusal>> extend_reservation(Call& call);
/// Bounds of the deployment itself. A refusal means: not here.
core::Task<std::optional<Refusal>> charge_deployment(Call& call,
                                                     const models::Deployment& deployment);
/// The bounds of the deployment that was tried last no longer hold, if any did.
core::Task<std::optional<Refusal>> leave_deployment(Call& call);
/// What the call holds now, and of whom, as its entry in the journal.
std::optional<Refusal> write_reservation(Call& call);
/// Marks in the journal that the call leaves for a provider, once. What is not marked has cost
/// nothing, whatever happens.
void dispatch(Call& call);
/// Charges the budgets with what is due, if anything is.
void settle_budgets(Call& call);

CallerFacts facts_of(const Call& call);

/// The refusal that tells of a denial (litellm-contract.md 1.2-1.4). The observer hears of budgets.
Refusal refusal_for(const limits::Denial& denial, const Call& call);

/// Fills usage and cost from what an upstream reported, or estimates.
void take_usage(Call& call, const std::optional<core::TokenUsage>& reported,
                std::uint64_t generated_bytes);

/// Moves usage and cost to those of failed tries: a provider bills what it worked, too.
void set_aside_usage(Call& call);

/// Writes the call's one record. Later calls of it do nothing.
void settle(Call& call, Outcome outcome, int status, std::string_view error_class = {},
            std::string_view error_message = {});

/// Settles the call and tells the client why there is no answer.
core::Task<void> refuse(Call& call, const Refusal& refusal, Outcome outcome, ReplySink& sink);

/// Header lines of the answer (litellm-contract.md 1.10).
void add_answer_headers(const Call& call, net::HeaderBlock& headers);
void add_provider_headers(const net::HeaderList& from, net::HeaderBlock& headers);

/// Appends the event that tells a streaming client of a failure after the first byte.
void append_error_event(providers::WireFormat format, const Refusal& refusal, std::string& out);

}  // namespace gatehouse::gateway
