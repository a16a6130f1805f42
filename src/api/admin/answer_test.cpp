#include "admin/answer.hpp"

#include <gtest/gtest.h>

#include "admin/field_errors.hpp"

namespace gatehouse::api::admin {
namespace {

TEST(Answer, E1NamesTheStatusAsText) {
  const Answer answer = refuse(404, "Key not found", type::kNotFound, "key");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.body, R"({"error":{"message":"Key not found","type":"not_found_error",)"
                         R"("param":"key","code":"404"}})");
}

TEST(Answer, E1MayHaveNoParam) {
  EXPECT_EQ(no_database().body,
            R"({"error":{"message":"No connected db.","type":"no_db_connection",)"
            R"("param":null,"code":"500"}})");
}

TEST(Answer, E2IsATextOrAnObject) {
  EXPECT_EQ(refuse_detail(400, "Bad").body, R"({"detail":"Bad"})");
  EXPECT_EQ(refuse_detail_error(400, "Bad").body, R"({"detail":{"error":"Bad"}})");
}

TEST(Answer, E3ListsEveryFinding) {
  FieldErrors errors;
  errors.add({R"("body","tpm_limit")", "Input should be a valid integer", "int_type", "[]"});
  errors.add({R"("query","page")", "Field required", "missing"});
  EXPECT_EQ(errors.answer().status, 422);
  EXPECT_EQ(errors.answer().body,
            R"({"detail":[{"type":"int_type","loc":["body","tpm_limit"],)"
            R"("msg":"Input should be a valid integer","input":[]},)"
            R"({"type":"missing","loc":["query","page"],"msg":"Field required","input":null}]})");
}

TEST(Answer, InnerObjectsAreWrittenAsPythonWould) {
  EXPECT_EQ(python_error("no such team"), "{'error': 'no such team'}");
  EXPECT_EQ(python_error("it's"), R"({'error': "it's"})");
  EXPECT_EQ(python_error(R"(a "b" it's)"), R"({'error': 'a "b" it\'s'})");
}

TEST(Answer, OurOwnFailuresAreNeverTheClientsType) {
  core::Error broken;
  broken.code = core::Errc::unavailable;
  broken.public_message = "the database is busy";
  EXPECT_EQ(refuse(broken, type::kAuth).status, 503);
  EXPECT_NE(refuse(broken, type::kAuth).body.find("internal_server_error"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::api::admin
