// An API in virtual time that answers by a function of the request: for the checks that are not
// about limits. Every request that arrives is kept, so that a test can look at what was sent.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/scan/virtual_target.h"

namespace weir::scan::test {

struct Reply {
  int status = 200;
  std::string body = {};
  std::vector<Header> headers = {{"Content-Type", "application/json"}};
};

using Api = std::function<Reply(const Request&)>;

class ApiTarget final : public Transport {
 public:
  ApiTarget(VirtualClock& clock, Api api) : clock_(clock), api_(std::move(api)) {}

  Response send(const Request& request) override {
    arrived.push_back(request);
    Response response;
    response.sent = clock_.now();
    clock_.advance(0.001);
    const Reply reply = api_(request);
    if (reply.status == 0) {
      response.failure = Failure::closed;
    } else {
      response.status = reply.status;
      response.headers = reply.headers;
      if (request.method != "HEAD") response.body = reply.body;
    }
    response.answered = clock_.now();
    return response;
  }

  std::vector<Response> send_together(std::span<const Request> requests) override {
    std::vector<Response> responses;
    for (const Request& request : requests) responses.push_back(send(request));
    return responses;
  }

  std::vector<Response> send_while_holding(const Request&, const Request&, Duration,
                                           const std::function<bool(const Response&)>&) override {
    return {};
  }

  std::vector<Request> arrived;

 private:
  VirtualClock& clock_;
  Api api_;
};

// A scan of one category.
struct ApiScan {
  explicit ApiScan(std::string category, Api api) : target(clock, std::move(api)) {
    plan.origin = "http://target.test";
    plan.version = "test";
    plan.seed = 1;
    plan.bounds.per_second = 100000;
    plan.categories = {std::move(category)};
    plan.operations.push_back({Request{.method = "GET", .target = "/items"}});
  }

  Request& request() { return plan.operations.at(0).request; }

  // Reads an OpenAPI document; its operation of the request's method and path is the declared one.
  void declare(const std::string& yaml) {
    auto document = openapi::read_document(yaml, "openapi.yaml");
    ASSERT_TRUE(document.has_value()) << document.error().to_string();
    for (const openapi::Operation& operation : document->operations) {
      if (operation.method == request().method && operation.example_path == request().path()) {
        plan.operations.at(0).declared = std::make_shared<openapi::Operation>(operation);
      }
    }
    plan.api = std::make_shared<openapi::Document>(std::move(*document));
  }

  Report run() { return run_in_virtual_time(plan, target, clock).report; }

  VirtualClock clock;
  ApiTarget target;
  ScanPlan plan;
};

inline const Finding* finding(const Report& report, std::string_view id) {
  for (const Finding& finding : report.findings) {
    if (finding.id == id) return &finding;
  }
  return nullptr;
}

inline CheckVerdict verdict(const Report& report, std::string_view id) {
  for (const CheckResult& check : report.checks) {
    if (check.id == id) return check.verdict;
  }
  ADD_FAILURE() << "no check " << id;
  return CheckVerdict::inconclusive;
}

inline bool asks_with(const Request& request, std::string_view header, std::string_view value) {
  return find_header(request.headers, header).value_or("") == value;
}

inline std::string path_of(const Request& request) {
  return std::string(request.path());
}

}  // namespace weir::scan::test
