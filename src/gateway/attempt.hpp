#pragma once
/// One try at one deployment.

#include <memory>
#include <optional>

#include "call.hpp"
#include "gatehouse/core/cancellation.hpp"
#include "gatehouse/models/failure.hpp"
#include "gatehouse/providers/passthrough.hpp"

namespace gatehouse::gateway {

/// Why a try did not answer the client, and what the client is told if there is no other.
struct AttemptFailure {
  models::Failure failure;
  Refusal refusal;
  bool counts = true;        ///< against the deployment's health
  bool final_ = false;       ///< nothing else may be tried (the client is gone, or its own limit)
  bool passed_over = false;  ///< nothing was tried: bounds of the deployment are reached
  bool translated = false;   ///< the refusal is the gateway's own, about the request
  /// The provider may bill this try: it had begun to answer, or was given up while it worked.
  bool worked = false;
  std::optional<core::TokenUsage> usage = {};  ///< that it told until then
  std::uint64_t generated_bytes = 0;
};

/// What one try holds while it runs. Pinned.
struct Attempt {
  Attempt(Call& its_call, const models::Deployment& its_deployment);
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  Call& call;
  const models::Deployment& deployment;
  const Upstream& upstream;
  /// Ends this try alone; follows the request's own cancellation.
  core::Cancellation cancellation;
  net::Timer grace;  ///< what is on its way may come until then
  bool under_way = false;
  core::CancelCallback follow;
  core::CallContext context;
  providers::WireFormat format;  ///< spoken with the provider
  providers::EditedBody edited;
  std::string encoded;  ///< body in another format than the client's
  std::string_view encoded_piece;
  models::InFlight in_flight;

  /// Ends a try whose client has left: not at once when it is under way, if something is lost by
  /// it.
  void abandon();
  bool translates() const { return format != call.inbound.format; }

 private:
  void follow_request();
};

/// Runs one try. Empty when the client was answered (or is gone) and the call is settled; else
/// nothing was sent to the client.
core::Task<std::optional<AttemptFailure>> run_attempt(Attempt& attempt, ReplySink& sink);

/// Hands on a complete reply. As run_attempt().
core::Task<std::optional<AttemptFailure>> relay_whole(Attempt& attempt,
                                                      net::ClientResponse& response,
                                                      ReplySink& sink);
/// Hands on a streamed reply. As run_attempt().
core::Task<std::optional<AttemptFailure>> relay_stream(Attempt& attempt,
                                                       net::ClientResponse& response,
                                                       ReplySink& sink);

/// A transport's error as a failed try.
AttemptFailure failure_of(const Attempt& attempt, const core::Error& error, bool maybe_sent);
/// An answer that makes no sense.
AttemptFailure garbage(const Attempt& attempt, std::string message);
/// Tells the deployment's health and the observer.
void report_failure(const Attempt& attempt, const AttemptFailure& failure);
/// Settles a call whose client has left.
void settle_interrupted(Call& call);

}  // namespace gatehouse::gateway
