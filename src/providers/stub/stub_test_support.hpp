#pragma once
/// Asks the stub as the gateway does.

#include <string>

#include "call_test_support.hpp"

namespace gatehouse::providers::test {

class StubCallTest : public CallTest {
 protected:
  /// The body arrives in two pieces. `piecewise` reads the answer as it comes, not whole.
  Answer ask(WireFormat format, const std::string& body, bool piecewise = false) {
    const Provider& stub = *find_provider("stub");
    Target target{.endpoint = endpoint(""), .api_key = {}, .extra_headers = {}, .header_block = {}};
    stub.prepare(target);
    const std::size_t cut = body.size() / 2;
    const std::string_view pieces[] = {std::string_view(body).substr(0, cut),
                                       std::string_view(body).substr(cut)};
    return call(stub, target, {.format = format, .body = pieces, .timeouts = {}}, piecewise);
  }
};

}  // namespace gatehouse::providers::test
