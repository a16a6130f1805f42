#pragma once
/// What every port call carries.

#include <algorithm>
#include <functional>
#include <string_view>

#include "gatehouse/core/cancellation.hpp"
#include "gatehouse/core/clock.hpp"

namespace gatehouse::core {

/// Deadline, cancellation and identity of one request. Views stay valid for the request; the
/// object is passed by reference to directly awaited calls only.
struct CallContext {
  MonotonicTime deadline;
  Cancellation& cancellation;
  std::string_view call_id;  ///< our id for this call, as in x-litellm-call-id
  std::string_view trace_id = {};
  std::string_view tenant = "default";
  /// Runs when somebody is about to be asked, on a connection that stands: from then on nobody
  /// knows whether the call was worked on. More than once when it is sent again. Empty: nobody
  /// wants to know.
  std::function<void()> before_first_byte = {};

  /// The earlier of the request's deadline and `now + own`.
  MonotonicTime limit(MonotonicTime now, Nanos own) const { return std::min(deadline, now + own); }
};

}  // namespace gatehouse::core
