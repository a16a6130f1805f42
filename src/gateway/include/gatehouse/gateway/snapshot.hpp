#pragma once
/// Everything a request needs of the configuration, as one immutable value.

#include <memory>
#include <string>
#include <vector>

#include "gatehouse/core/error.hpp"
#include "gatehouse/gateway/accounting.hpp"
#include "gatehouse/models/model_table.hpp"
#include "gatehouse/net/headers.hpp"
#include "gatehouse/providers/provider.hpp"
#include "gatehouse/tenancy/authenticator.hpp"

namespace gatehouse::gateway {

/// A deployment made ready to be called.
struct Upstream {
  const providers::Provider* provider = nullptr;
  providers::Target target;
  net::HeaderBlock answer_headers;  ///< x-litellm-model-id and others that never change
};

/// One generation of the configuration. Thread-safe, shared by all threads; a request keeps the
/// generation that it began with.
struct Snapshot {
  std::shared_ptr<const models::ModelTable> table;
  std::vector<Upstream> upstreams;  ///< by Deployment::index
  tenancy::Authenticator authenticator;
  AccountingRules accounting;

  const Upstream& upstream_of(const models::Deployment& deployment) const {
    return upstreams[deployment.index];
  }
};

/// Joins the table's deployments with their providers. Errc::invalid_argument lists every
/// deployment that cannot be called (unknown provider, bad base URL, no key where one is needed).
core::Result<std::shared_ptr<const Snapshot>> make_snapshot(
    std::shared_ptr<const models::ModelTable> table, tenancy::Authenticator authenticator,
    AccountingRules accounting = {});

}  // namespace gatehouse::gateway
