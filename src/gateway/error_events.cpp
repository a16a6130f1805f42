#include "call.hpp"
#include "gatehouse/json/scan.hpp"
#include "gatehouse/net/sse.hpp"

namespace gatehouse::gateway {

void append_error_event(providers::WireFormat format, const Refusal& refusal, std::string& out) {
  std::string data;
  if (format == providers::WireFormat::anthropic_messages) {
    data = R"({"type":"error","error":{"type":"api_error","message":)";
    json::append_quoted(data, refusal.message);
    data += "}}";
    net::append_sse(out, data, "error");
    return;
  }
  data = envelope_of(refusal);
  net::append_sse(out, data);
}

}  // namespace gatehouse::gateway
