#pragma once
/// The sealed values among the parameters of a stored model. What was no string was sealed as its
/// JSON text.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/core/error.hpp"
#include "gatehouse/crypto/key_ring.hpp"
#include "gatehouse/tenancy/stored_models.hpp"

namespace gatehouse::app {

/// `litellm_params` with every value opened.
core::Result<std::string> opened_params(const tenancy::StoredModel& model,
                                        const crypto::KeyRing& keys);

/// What is sealed with which key.
struct SealedValues {
  std::map<std::string, std::size_t> by_key;  ///< counts by the key's id; "" is from before ids
  std::vector<std::string> unopened;          ///< "model/parameter": no key that is here opens it
};

/// Adds what is sealed in `model`.
core::Result<void> count_sealed(const tenancy::StoredModel& model, const crypto::KeyRing& keys,
                                SealedValues& found);

/// `litellm_params` with every value that another key than the current one sealed sealed anew;
/// nothing when there is none. What does not open stays as it is.
core::Result<std::optional<std::string>> resealed_params(const tenancy::StoredModel& model,
                                                         const crypto::KeyRing& keys,
                                                         crypto::RandomBytes& random);

}  // namespace gatehouse::app
