#include "scan/experiment/lift.h"

#include <gtest/gtest.h>

#include "scan/experiment/identity.h"

namespace weir::scan {
namespace {

TEST(FisherExact, AgreesWithTheTextbook) {
  // Fisher's tea: 4 of 4 against 0 of 4 is 1 in 70; 3 of 4 against 1 of 4 is 17 in 70.
  EXPECT_NEAR(fisher_exact(4, 4, 0, 4), 1.0 / 70, 1e-9);
  EXPECT_NEAR(fisher_exact(3, 4, 1, 4), 17.0 / 70, 1e-9);
  EXPECT_NEAR(fisher_exact(0, 4, 0, 4), 1.0, 1e-9);
  EXPECT_LT(fisher_exact(30, 30, 3, 60), 1e-5);
}

TEST(IdentityFields, AreFoundInHeadersCookiesQueryAndBody) {
  Request request{.method = "POST", .target = "/x?page=2&api_key=abc"};
  request.add_header("Authorization", "Bearer tok-1");
  request.add_header("Accept", "*/*");
  request.add_header("Cookie", "theme=dark; sid=77");
  request.body = R"({"email":"ada@example.com","password":"secret"})";
  std::vector<std::string> labels;
  for (const IdentityField& field : identity_fields(request)) labels.push_back(field.label());
  EXPECT_EQ(labels, (std::vector<std::string>{"header Authorization", "cookie theme", "cookie sid",
                                              "query parameter api_key", "body member email"}));
}

TEST(IdentityFields, AreReplacedWhereTheyStand) {
  Request request{.method = "POST", .target = "/x?page=2&api_key=abc&z=1"};
  request.add_header("Authorization", "Bearer tok-1");
  request.add_header("Cookie", "theme=dark; sid=77");
  request.body = R"({"email":"ada@example.com","password":"secret"})";
  const auto fields = identity_fields(request);
  EXPECT_EQ(find_header(with_identity(request, fields[0], "new").headers, "Authorization"),
            "Bearer new");
  EXPECT_EQ(find_header(with_identity(request, fields[2], "new").headers, "Cookie"),
            "theme=dark; sid=new");
  EXPECT_EQ(with_identity(request, fields[3], "new").target, "/x?page=2&api_key=new&z=1");
  EXPECT_EQ(with_identity(request, fields[4], "a\"b").body,
            R"({"email":"a\"b","password":"secret"})");
}

TEST(SignIn, IsABodyWithANameAndAPassword) {
  Request request{.method = "POST", .target = "/login"};
  request.body = R"({"email":"a@b.c","password":"x"})";
  EXPECT_TRUE(is_sign_in(request));
  request.body = R"({"messages":[],"model":"m"})";
  EXPECT_FALSE(is_sign_in(request));
  request.body = "user=a&passwd=b";
  request.set_header("Content-Type", "application/x-www-form-urlencoded");
  EXPECT_TRUE(is_sign_in(request));
}

}  // namespace
}  // namespace weir::scan
