#pragma once
/// A small value that a JSON Schema accepts.

#include <string>
#include <string_view>

namespace gatehouse::providers::stub {

/// JSON text of a value shaped like `schema` (valid JSON): type, properties, required, items,
/// enum, const, default, anyOf, local $ref, minimum, minLength, minItems. `hint` is used for free
/// texts. Bounded in depth and size; what is beyond becomes null or an empty container.
std::string sample_value(std::string_view schema, std::string_view hint);

}  // namespace gatehouse::providers::stub
