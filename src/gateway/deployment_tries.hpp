#pragma once
/// Which deployment is asked, and which one next when it fails.

#include "call.hpp"

namespace gatehouse::gateway {

/// Tries deployments of the call's group, then of its fallbacks, until one answers or none is left;
/// the client is told either way, and the call is settled. For a call that was admitted.
core::Task<void> ask_deployments(Call& call, ReplySink& sink);

}  // namespace gatehouse::gateway
