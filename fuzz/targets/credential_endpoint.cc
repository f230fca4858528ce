// What the credential endpoints of containers and instances answer. The input's first line is the
// name of the instance's role, the rest is the document.
#include "fuzz/target.h"
#include "store/dynamodb/credentials.h"

namespace weir::fuzz {
namespace {

class Endpoint final : public net::HttpCaller {
 public:
  Endpoint(std::string_view role, std::string_view document) : role_(role), document_(document) {}

  net::HttpOutcome call(const net::Endpoint& /*endpoint*/, const net::HttpRequest& request,
                        Duration /*budget*/) override {
    const bool lists_roles = request.target.ends_with("/security-credentials/");
    return net::HttpResponse{200, {}, std::string(lists_roles ? role_ : document_)};
  }

 private:
  std::string_view role_;
  std::string_view document_;
};

void check(const Result<std::optional<store::Credentials>>& found) {
  if (!found) {
    WEIR_CHECK(found.error().message.find('\n') == std::string::npos);
  } else if (*found) {
    WEIR_CHECK(!(*found)->access_key_id.empty() && !(*found)->secret_access_key.empty());
  }
}

}  // namespace

void try_input(std::string_view input) {
  const std::string_view role = take_line(input).value_or("");
  Endpoint endpoint(role, input);
  const auto environment = [](std::string_view name) -> std::optional<std::string> {
    if (name == "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") return "/v2/credentials/1";
    return std::nullopt;
  };
  check(store::container_credentials(environment, endpoint)(std::chrono::seconds(1)));
  check(store::instance_credentials(environment, endpoint)(std::chrono::seconds(1)));
}

}  // namespace weir::fuzz
