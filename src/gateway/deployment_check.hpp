#pragma once
/// The inside of Pipeline::check().

#include <memory>

#include "call.hpp"
#include "gatehouse/gateway/model_check.hpp"

namespace gatehouse::gateway {

/// `deployment` is of `snapshot`; the references outlive the task.
core::Task<CheckOutcome> check_deployment(Worker& worker, std::shared_ptr<const Snapshot> snapshot,
                                          const models::Deployment& deployment,
                                          core::Cancellation& cancellation);

}  // namespace gatehouse::gateway
