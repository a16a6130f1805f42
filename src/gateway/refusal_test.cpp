#include "gatehouse/gateway/refusal.hpp"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

using providers::FailureClass;

providers::UpstreamFailure failure(FailureClass kind, int status) {
  providers::UpstreamFailure failure;
  failure.kind = kind;
  failure.status = status;
  failure.message = "told so";
  return failure;
}

TEST(Refusal, UpstreamFailuresKeepTheirStatusAndNameLiteLlmsClass) {
  struct Case {
    FailureClass kind;
    int status;
    std::string_view text;
  };
  for (const Case& c : {
           Case{FailureClass::bad_request, 400,
                "litellm.BadRequestError: OpenAIException - told so"},
           Case{FailureClass::bad_request, 404, "litellm.NotFoundError: "},
           Case{FailureClass::bad_request, 422, "litellm.UnprocessableEntityError: "},
           Case{FailureClass::authentication, 401, "litellm.AuthenticationError: "},
           Case{FailureClass::authentication, 403, "litellm.PermissionDeniedError: "},
           Case{FailureClass::rate_limited, 429, "litellm.RateLimitError: "},
           Case{FailureClass::timeout, 504, "litellm.Timeout: "},
           Case{FailureClass::overloaded, 529, "litellm.ServiceUnavailableError: "},
           Case{FailureClass::server_error, 500, "litellm.InternalServerError: "},
           Case{FailureClass::connection, 502, "litellm.APIConnectionError: "},
           Case{FailureClass::context_window, 400, "litellm.ContextWindowExceededError: "},
           Case{FailureClass::content_policy, 400, "litellm.ContentPolicyViolationError: "},
       }) {
    const Refusal refusal = refusal_for(failure(c.kind, c.status), "openai");
    EXPECT_EQ(refusal.status, c.status);
    EXPECT_TRUE(refusal.message.starts_with(c.text)) << refusal.message;
  }
  EXPECT_NE(refusal_for(failure(FailureClass::rate_limited, 429), "groq")
                .message.find("GroqException - "),
            std::string::npos);
}

/// Infrastructure trouble is 5xx, never a client error (faults.md I13).
TEST(Refusal, OurOwnTroubleIsNeverTheClientsFault) {
  using core::Errc;
  for (const Errc code : {Errc::io, Errc::protocol, Errc::internal, Errc::unavailable,
                          Errc::upstream_failed, Errc::upstream_timeout}) {
    EXPECT_GE(status_of(code), 500) << core::name_of(code);
  }
}

TEST(Refusal, CredentialsAreHiddenWhereverTheyStand) {
  const core::Secret key("sk-1234567890");
  for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
           {"key sk-1234567890.", "key [redacted]."},
           {"sk-1234567890", "[redacted]"},
           {"sk-1234567890sk-1234567890", "[redacted][redacted]"},
           {"sk-123456789", "sk-123456789"},
           {"", ""}}) {
    std::string shown = text;
    hide_secret(shown, key);
    EXPECT_EQ(shown, expected);
  }
  std::string text = "nothing to hide";
  hide_secret(text, core::Secret());
  EXPECT_EQ(text, "nothing to hide");
}

}  // namespace
}  // namespace gatehouse::gateway
