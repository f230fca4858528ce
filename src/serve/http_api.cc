#include "serve/http_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/duration.h"
#include "base/system_clock.h"
#include "embedded/kServeOpenApi.h"
#include "engine/http_answer.h"
#include "serve/auth_query.h"
#include "serve/bounds.h"
#include "serve/check_request.h"

namespace weir::serve {
namespace {

namespace json = boost::json;
using net::Answer;
using net::ServerRequest;
using net::ServerResponse;

ServerResponse with_json(int status, const json::value& body) {
  return {.status = status,
          .fields = {{"Content-Type", "application/json"}},
          .body = json::serialize(body)};
}

// RFC 9457.
ServerResponse problem(int status, std::string_view title, const Error& error) {
  ServerResponse response = with_json(status, {{"type", "about:blank"},
                                               {"title", title},
                                               {"status", status},
                                               {"detail", error.to_string()}});
  response.fields = {{"Content-Type", "application/problem+json"}};
  return response;
}

ServerResponse bad_request(const Error& error) {
  return problem(400, "Bad Request", error);
}

ServerResponse text(int status, std::string_view body,
                    std::string_view type = "text/plain; charset=utf-8") {
  return {
      .status = status, .fields = {{"Content-Type", std::string(type)}}, .body = std::string(body)};
}

// What a caller of /v1/check is told of one request.
json::object told(const Decision& decision, const engine::DecisionRecord* record, std::string id) {
  const engine::HttpAnswer http = engine::http_answer(decision);
  json::object headers;
  for (const engine::HttpField& field : http.fields) headers[field.name] = field.value;
  json::object one = {{"verdict", engine::to_string(decision.verdict)},
                      {"status", http.status},
                      {"degraded", decision.degraded},
                      {"headers", std::move(headers)}};
  if (!decision.rule.empty()) one["rule"] = decision.rule;
  if (!http.body.empty()) one["body"] = json::parse(http.body);
  if (!id.empty()) one["id"] = std::move(id);
  if (record != nullptr) one["decision"] = json::parse(engine::to_json(*record));
  return one;
}

// The members of {"id": ..., "cost": ...}.
struct Reference {
  std::string id;
  std::int64_t cost = 0;
};

Result<Reference> reference_of(std::string_view body, bool with_cost) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  const json::value value = json::parse({body.data(), body.size()}, error, {}, options);
  const json::object* object = error ? nullptr : value.if_object();
  const json::value* id = object == nullptr ? nullptr : object->if_contains("id");
  const json::value* cost = object == nullptr ? nullptr : object->if_contains("cost");
  const std::size_t members = with_cost ? 2 : 1;
  const bool good = id != nullptr && id->is_string() && object->size() == members &&
                    (!with_cost || (cost != nullptr && cost->is_int64() && cost->get_int64() >= 0 &&
                                    cost->get_int64() <= kMaxCount));
  if (!good) {
    return fail(
        ErrorCode::invalid_input, "the body is not what it should be",
        with_cost ? R"(Send {"id": "...", "cost": 3}: 0 to 10^15)" : R"(Send {"id": "..."})");
  }
  return Reference{std::string(id->get_string()), with_cost ? cost->get_int64() : 0};
}

ServerResponse not_open() {
  return problem(404, "Not Found",
                 {ErrorCode::not_found, "no admitted request with this id is open",
                  "An id is good once, and is forgotten when many newer ones are open"});
}

struct Route {
  std::string_view path;
  std::string_view method;  // GET: HEAD too
};

constexpr std::array kRoutes = {Route{"/v1/check", "POST"},  Route{"/v1/finish", "POST"},
                                Route{"/v1/settle", "POST"}, Route{"/v1/auth", ""},
                                Route{"/metrics", "GET"},    Route{"/healthz", "GET"},
                                Route{"/readyz", "GET"},     Route{"/openapi.json", "GET"}};

// What is wrong with the path or the method; nullopt: nothing.
std::optional<ServerResponse> misrouted(std::string_view path, std::string_view method) {
  const auto* const route = std::find_if(kRoutes.begin(), kRoutes.end(),
                                         [&](const Route& one) { return one.path == path; });
  if (route == kRoutes.end()) {
    return problem(
        404, "Not Found",
        {ErrorCode::not_found, "there is nothing here", "GET /openapi.json lists what there is"});
  }
  // Proxies ask /v1/auth with the method of the request that they ask about.
  if (route->method.empty() || method == route->method ||
      (route->method == "GET" && method == "HEAD"))
    return std::nullopt;
  ServerResponse response =
      problem(405, "Method Not Allowed",
              {ErrorCode::invalid_input, fmt::format("{} takes {}", path, route->method)});
  response.fields.emplace_back("Allow", route->method == "GET" ? "GET, HEAD" : route->method);
  return response;
}

}  // namespace

void HttpApi::answer(const ServerRequest& request, Answer answer) {
  const std::size_t mark = std::min(request.target.find('?'), request.target.size());
  const std::string_view path = request.target.substr(0, mark);
  if (std::optional<ServerResponse> wrong = misrouted(path, request.method))
    return answer(*std::move(wrong));
  if (path == "/v1/check") return check(request, std::move(answer));
  if (path == "/v1/auth") return auth(request, request.target.substr(mark), std::move(answer));
  if (path == "/v1/finish") return finish(request, std::move(answer));
  if (path == "/v1/settle") return settle(request, std::move(answer));
  if (path == "/metrics")
    return answer(text(200, service_.metrics_text(), "text/plain; version=0.0.4; charset=utf-8"));
  if (path == "/openapi.json")
    return answer(text(200, embedded::kServeOpenApi, "application/json"));
  answer(path == "/readyz" ? ready() : text(200, "ok\n"));
}

ServerResponse HttpApi::ready() const {
  if (draining_) return text(503, "draining\n");
  if (!service_.is_store_up()) return text(503, "the store cannot decide\n");
  return text(200, "ready\n");
}

void HttpApi::check(const ServerRequest& request, Answer answer) {
  Result<CheckRequests> parsed = CheckRequests::parse(request.body, request.peer);
  if (!parsed) return answer(bad_request(parsed.error()));
  const auto checks = std::make_shared<CheckRequests>(*std::move(parsed));
  const Duration since = base::monotonic_now();
  service_.run(
      [this, checks, since, answer = std::move(answer)](const InForce& in_force, Duration waited) {
        json::array answers;
        for (const CheckRequest& one : checks->all()) {
          identity::Request asked = one.request;
          asked.waited = waited;
          engine::DecisionRecord record;
          engine::DecisionRecord* const wanted = one.explain ? &record : nullptr;
          const Decision decision = in_force.limiter->decide(asked, wanted);
          const Duration now = base::monotonic_now();
          service_.metrics().count(Api::check, decision, now - since);
          answers.push_back(
              told(decision, wanted, service_.open_decisions().add(in_force.limiter, decision)));
        }
        answer(with_json(200, checks->is_batch() ? json::value{{"answers", std::move(answers)}}
                                                 : json::value(std::move(answers.front()))));
      });
}

void HttpApi::auth(const ServerRequest& request, std::string_view query, Answer answer) {
  Result<AuthQuery> parsed = AuthQuery::parse(query);
  if (!parsed) return answer(bad_request(parsed.error()));
  const auto asked = std::make_shared<AuthQuery>(*std::move(parsed));
  const Duration since = base::monotonic_now();
  // The server keeps the request until it is answered.
  service_.run([this, asked, since, &request, answer = std::move(answer)](const InForce& in_force,
                                                                          Duration waited) {
    std::vector<identity::HeaderField> fields;
    for (const auto& [name, value] : request.fields) fields.push_back({name, value});
    identity::Request about{.peer = asked->client_ip ? *asked->client_ip : request.peer,
                            .headers = fields,
                            .method = asked->method ? *asked->method : request.method,
                            .route = asked->route};
    if (asked->user) about.user = *asked->user;
    about.cost = asked->cost;
    about.waited = waited;
    const Decision decision = in_force.limiter->decide(about);
    service_.metrics().count(Api::auth, decision, base::monotonic_now() - since);
    engine::HttpAnswer http = engine::http_answer(decision);
    ServerResponse response{.status = http.status, .body = std::move(http.body)};
    for (engine::HttpField& field : http.fields)
      response.fields.emplace_back(std::move(field.name), std::move(field.value));
    // nginx takes anything but 2xx, 401 and 403 for a failure of ours.
    response.fields.emplace_back("Weir-Status", std::to_string(response.status));
    if (decision.verdict != Verdict::admitted && asked->refusal_status)
      response.status = *asked->refusal_status;
    answer(std::move(response));
  });
}

void HttpApi::finish(const ServerRequest& request, Answer answer) {
  const Result<Reference> reference = reference_of(request.body, false);
  if (!reference) return answer(bad_request(reference.error()));
  service_.run([this, id = reference->id, answer = std::move(answer)](const InForce&, Duration) {
    answer(service_.open_decisions().finish(id) ? ServerResponse{.status = 204} : not_open());
  });
}

void HttpApi::settle(const ServerRequest& request, Answer answer) {
  const Result<Reference> reference = reference_of(request.body, true);
  if (!reference) return answer(bad_request(reference.error()));
  service_.run(
      [this, reference = *reference, answer = std::move(answer)](const InForce&, Duration) {
        const std::optional<std::int64_t> uncounted =
            service_.open_decisions().settle(reference.id, reference.cost);
        answer(uncounted ? with_json(200, {{"uncounted", *uncounted}}) : not_open());
      });
}

}  // namespace weir::serve
