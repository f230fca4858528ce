#include "scan/limit_model/refusal.h"

#include <gtest/gtest.h>

namespace weir::scan {
namespace {

Response answer(int status, std::string body, std::string type = "application/json") {
  Response response;
  response.status = status;
  response.body = std::move(body);
  response.headers.push_back({"Content-Type", std::move(type)});
  return response;
}

TEST(RefusalModel, TakesAnAnswerWithOtherValuesForTheSame) {
  RefusalModel model;
  model.learn_admitted(answer(200, R"({"bid":1.08,"at":17,"rows":[{"id":1}]})"));
  EXPECT_TRUE(model.same_document(answer(200, R"({"rows":[{"id":9},{"id":8}],"bid":2,"at":18})")));
  EXPECT_FALSE(model.same_document(answer(200, R"({"welcome":true})")));
  EXPECT_FALSE(model.same_document(answer(404, R"({"bid":1.08,"at":17,"rows":[{"id":1}]})")));
}

TEST(RefusalModel, TellsARefusalWithStatus200ByItsBody) {
  RefusalModel model;
  model.learn_admitted(answer(200, R"({"ok":true,"data":[1]})"));
  model.learn_refused(answer(200, R"({"ok":false,"data":[]})"));
  EXPECT_EQ(model.classify(answer(200, R"({"ok":true,"data":[5]})")), Outcome::admitted);
  EXPECT_EQ(model.classify(answer(200, R"({"ok":false,"data":[]})")), Outcome::refused);
}

TEST(RefusalModel, TakesAnother503ForAFaultAndNotForTheRefusal) {
  RefusalModel model;
  model.learn_admitted(answer(200, "{}"));
  model.learn_refused(answer(503, "<h1>503 limited</h1>", "text/html"));
  EXPECT_EQ(model.classify(answer(503, "upstream fault", "text/plain")), Outcome::other);
  EXPECT_EQ(model.classify(answer(503, "<h1>503 limited</h1>", "text/html")), Outcome::refused);
}

TEST(RefusalModel, TakesEvery429ForARefusal) {
  RefusalModel model;
  model.learn_admitted(answer(200, "{}"));
  EXPECT_EQ(model.classify(answer(429, "anything")), Outcome::refused);
  model.learn_refused(answer(429, R"({"error":"slow down"})"));
  EXPECT_EQ(model.classify(answer(429, "another body", "text/plain")), Outcome::refused);
}

TEST(RefusalModel, BearsDeepAndBrokenBodies) {
  RefusalModel model;
  model.learn_admitted(answer(200, std::string(100000, '[')));
  EXPECT_TRUE(model.same_document(answer(200, std::string(100000, '['))));
  EXPECT_EQ(model.classify(answer(200, "{\"a\":")), Outcome::admitted);
  Response nothing;
  nothing.failure = Failure::timeout;
  EXPECT_EQ(model.classify(nothing), Outcome::failed);
}

}  // namespace
}  // namespace weir::scan
