#include "envelope.hpp"

#include <gtest/gtest.h>

namespace gatehouse::api {
namespace {

TEST(Envelope, HasTheContractsShape) {
  EXPECT_EQ(error_envelope({429, "Too many", "None", "None", {}}),
            R"({"error":{"message":"Too many","type":"None","param":"None","code":"429"}})");
}

TEST(Envelope, QuotesWhatComesFromOutside) {
  EXPECT_EQ(error_envelope({400, "a \"b\"\n", "t", "p", {}}),
            R"({"error":{"message":"a \"b\"\n","type":"t","param":"p","code":"400"}})");
}

}  // namespace
}  // namespace gatehouse::api
