#include "store/dynamodb/credentials.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>

#include "net/http_client.h"
#include "support/loopback_server.h"

namespace weir::store {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using test::LoopbackServer;

struct FixedClock final : Clock {
  Time now() override { return time.load(); }
  std::atomic<Time> time{Time(std::chrono::hours(24 * 365 * 56))};
};

class CredentialsTest : public testing::Test {
 protected:
  CredentialsTest() {
    home_ = (std::filesystem::temp_directory_path() / "weir-home-XXXXXX").string();
    EXPECT_NE(::mkdtemp(home_.data()), nullptr);
    std::filesystem::create_directory(home_ + "/.aws");
    variables_["HOME"] = home_;
    variables_["AWS_EC2_METADATA_DISABLED"] = "true";  // no test leaves this machine
  }
  ~CredentialsTest() override { std::filesystem::remove_all(home_); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(home_ + "/" + name) << text;
  }
  Environment environment() const {
    return [variables = variables_](std::string_view name) -> std::optional<std::string> {
      const auto found = variables.find(std::string(name));
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
  }
  Result<std::shared_ptr<const Credentials>> get() {
    return CredentialChain(environment(), http_, clock_).get(seconds(5));
  }
  // The access key that the chain finds, or the error.
  std::string found() {
    const auto credentials = get();
    return credentials ? (*credentials)->access_key_id : credentials.error().to_string();
  }

  std::string home_;
  std::map<std::string, std::string> variables_;
  net::HttpClient http_;
  FixedClock clock_;
};

constexpr const char* kTwoProfiles =
    "[default]\naws_access_key_id = FILE\naws_secret_access_key = secret # a comment\n"
    "[dev]\n; a comment\naws_access_key_id=DEV\naws_secret_access_key=s\naws_session_token=t\n";

TEST_F(CredentialsTest, PrefersTheEnvironmentToTheFiles) {
  write(".aws/credentials", kTwoProfiles);
  EXPECT_EQ(found(), "FILE");
  variables_["AWS_ACCESS_KEY_ID"] = "ENV";
  variables_["AWS_SECRET_ACCESS_KEY"] = "secret";
  variables_["AWS_SESSION_TOKEN"] = "token";
  const auto credentials = get();
  ASSERT_TRUE(credentials);
  EXPECT_EQ((*credentials)->access_key_id, "ENV");
  EXPECT_EQ((*credentials)->session_token, "token");
}

TEST_F(CredentialsTest, SaysWhichHalfIsMissing) {
  variables_["AWS_ACCESS_KEY_ID"] = "ENV";
  EXPECT_EQ(found(),
            "the environment has AWS_ACCESS_KEY_ID but not AWS_SECRET_ACCESS_KEY. set both or "
            "neither");
}

TEST_F(CredentialsTest, TakesTheProfileThatIsNamed) {
  write(".aws/credentials", kTwoProfiles);
  variables_["AWS_PROFILE"] = "dev";
  const auto credentials = get();
  ASSERT_TRUE(credentials);
  EXPECT_EQ((*credentials)->access_key_id, "DEV");
  EXPECT_EQ((*credentials)->session_token, "t");
  variables_["AWS_PROFILE"] = "prod";
  EXPECT_NE(found().find("'prod'"), std::string::npos);
}

TEST_F(CredentialsTest, ReadsAProfileFromTheConfigFileToo) {
  write(".aws/config",
        "[profile dev]\nregion = eu-west-1\ns3 =\n  max_concurrent_requests = 20\n"
        "aws_access_key_id = CONFIG\naws_secret_access_key = s\n");
  variables_["AWS_PROFILE"] = "dev";
  EXPECT_EQ(found(), "CONFIG");
}

TEST_F(CredentialsTest, FindsTheFilesWhereTheEnvironmentSays) {
  write("elsewhere", "[default]\naws_access_key_id = ELSEWHERE\naws_secret_access_key = s\n");
  variables_["AWS_SHARED_CREDENTIALS_FILE"] = home_ + "/elsewhere";
  EXPECT_EQ(found(), "ELSEWHERE");
}

TEST_F(CredentialsTest, SaysWhatItCannotDoYetInsteadOfLookingFurther) {
  write(".aws/config", "[default]\nsso_session = corp\n");
  EXPECT_NE(found().find("sso_session"), std::string::npos);
}

TEST_F(CredentialsTest, RefusesAHugeFile) {
  write(".aws/credentials", std::string(1024 * 1024 + 1, '#'));
  EXPECT_NE(found().find("larger than"), std::string::npos);
  write(".aws/credentials", "[default]\naws_access_key_id=A\naws_secret_access_key=B\n" +
                                std::string(1024 * 1024 - 60, '#'));
  EXPECT_EQ(found(), "A");
}

TEST_F(CredentialsTest, BearsRubbishInTheFiles) {
  write(".aws/credentials", "[[[\n]=\n=\n[default\naws_access_key_id\n\x01\xff= =\n[]\n[");
  EXPECT_NE(found().find("no AWS credentials"), std::string::npos);
}

TEST_F(CredentialsTest, NamesEveryPlaceItLookedAt) {
  const std::string error = found();
  for (const char* place : {"AWS_ACCESS_KEY_ID", "~/.aws/credentials", "AWS_CONTAINER", "IMDSv2"}) {
    EXPECT_NE(error.find(place), std::string::npos) << place;
  }
}

std::string credentials_json(const std::string& id, const std::string& expiration) {
  return R"({"AccessKeyId":")" + id + R"(","SecretAccessKey":"s","Token":"t","Expiration":")" +
         expiration + R"("})";
}

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_F(CredentialsTest, AsksTheContainersEndpointWithItsToken) {
  std::string seen;
  LoopbackServer server([&](LoopbackServer::Peer& peer) {
    seen = peer.read_request().value_or("");
    peer.write(ok(credentials_json("POD", "2026-01-01T00:00:00Z")));
  });
  write("token", "let-me-in\n");
  variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] =
      "http://127.0.0.1:" + std::to_string(server.port()) + "/v1/credentials";
  variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = home_ + "/token";
  const auto credentials = get();
  ASSERT_TRUE(credentials) << credentials.error().to_string();
  EXPECT_EQ((*credentials)->access_key_id, "POD");
  EXPECT_EQ((*credentials)->session_token, "t");
  EXPECT_TRUE((*credentials)->expires);
  EXPECT_TRUE(seen.starts_with("GET /v1/credentials HTTP/1.1\r\n"));
  EXPECT_NE(seen.find("Authorization: let-me-in\r\n"), std::string::npos);
}

TEST_F(CredentialsTest, SendsTheContainersTokenInClearToNobodyElse) {
  variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://credentials.example/";
  EXPECT_NE(found().find("plain http"), std::string::npos);
}

TEST_F(CredentialsTest, StopsAtABrokenContainerEndpoint) {
  LoopbackServer server([&](LoopbackServer::Peer& peer) {
    peer.read_request();
    peer.write(ok("{\"AccessKeyId\":7}"));
  });
  variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] =
      "http://127.0.0.1:" + std::to_string(server.port()) + "/";
  EXPECT_NE(found().find("without AccessKeyId"), std::string::npos);
}

// An instance's metadata service: version 2 only, as AWS's own tools require.
void serve_instance(LoopbackServer::Peer& peer) {
  while (const auto request = peer.read_request()) {
    const bool authorized =
        request->find("X-aws-ec2-metadata-token: session\r\n") != std::string::npos;
    if (request->starts_with("PUT /latest/api/token ")) {
      peer.write(ok("session"));
    } else if (!authorized) {
      peer.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    } else if (request->starts_with("GET /latest/meta-data/iam/security-credentials/ ")) {
      peer.write(ok("role\n"));
    } else {
      peer.write(ok(credentials_json("INSTANCE", "2026-01-01T00:00:00Z")));
    }
  }
}

TEST_F(CredentialsTest, AsksTheInstanceByVersionTwo) {
  LoopbackServer server(serve_instance);
  variables_.erase("AWS_EC2_METADATA_DISABLED");
  variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] =
      "http://127.0.0.1:" + std::to_string(server.port());
  EXPECT_EQ(found(), "INSTANCE");
}

TEST_F(CredentialsTest, TakesNobodyAtTheInstancesAddressForNoInstance) {
  variables_.erase("AWS_EC2_METADATA_DISABLED");
  variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] =
      "http://127.0.0.1:" + std::to_string(test::free_port());
  EXPECT_NE(found().find("no AWS credentials"), std::string::npos);
}

// A source whose credentials expire an hour after they are asked for.
CredentialSource hourly(FixedClock& clock, std::atomic<int>& asked, std::atomic<bool>& broken) {
  return [&](Duration) -> Result<std::optional<Credentials>> {
    if (broken) return fail(ErrorCode::unavailable, "the endpoint is down");
    return Credentials{"ID" + std::to_string(++asked), "s", "t",
                       clock.now() + std::chrono::hours(1), "test"};
  };
}

TEST_F(CredentialsTest, AreKeptUntilShortlyBeforeTheyExpire) {
  std::atomic<int> asked{0};
  std::atomic<bool> broken{false};
  CredentialChain chain({hourly(clock_, asked, broken)}, clock_);
  EXPECT_EQ((*chain.get(seconds(1)))->access_key_id, "ID1");
  clock_.time = clock_.now() + minutes(54);
  EXPECT_EQ((*chain.get(seconds(1)))->access_key_id, "ID1");
  clock_.time = clock_.now() + minutes(2);
  EXPECT_EQ((*chain.get(seconds(1)))->access_key_id, "ID2");
}

TEST_F(CredentialsTest, ThatStillWorkAreUsedWhileTheirSourceIsDown) {
  std::atomic<int> asked{0};
  std::atomic<bool> broken{false};
  CredentialChain chain({hourly(clock_, asked, broken)}, clock_);
  ASSERT_TRUE(chain.get(seconds(1)));
  broken = true;
  clock_.time = clock_.now() + minutes(58);
  EXPECT_EQ((*chain.get(seconds(1)))->access_key_id, "ID1");
  clock_.time = clock_.now() + minutes(3);
  EXPECT_FALSE(chain.get(seconds(1)));
}

TEST_F(CredentialsTest, ThatWereRejectedAreRenewedOnce) {
  std::atomic<int> asked{0};
  std::atomic<bool> broken{false};
  CredentialChain chain({hourly(clock_, asked, broken)}, clock_);
  const auto first = *chain.get(seconds(1));
  chain.renew(first);
  const auto second = *chain.get(seconds(1));
  EXPECT_EQ(second->access_key_id, "ID2");
  chain.renew(first);  // another thread, late
  EXPECT_EQ(*chain.get(seconds(1)), second);
}

}  // namespace
}  // namespace weir::store
