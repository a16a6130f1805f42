#pragma once
/// The stub's answers in the words of each format.

#include "stub/memory_response.hpp"
#include "stub/stub_answer.hpp"
#include "stub/stub_request.hpp"

namespace gatehouse::providers::stub {

MemoryReply render_chat(const StubRequest& request, const StubAnswer& answer);
MemoryReply render_completion(const StubRequest& request, const StubAnswer& answer);
MemoryReply render_messages(const StubRequest& request, const StubAnswer& answer);
MemoryReply render_embeddings(const StubRequest& request);
MemoryReply render_count(const StubRequest& request);
MemoryReply render_error(WireFormat format, std::string_view message);

}  // namespace gatehouse::providers::stub
