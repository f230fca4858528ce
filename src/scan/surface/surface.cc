#include "scan/surface/surface.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "openapi/document.h"
#include "scan/probe/redact.h"
#include "scan/surface/body.h"

namespace weir::scan {
namespace {

constexpr double kFirstWaitS = 0.5;  // where a refusal does not say how long; doubled each time

std::optional<double> stated_wait_s(const Response& response) {
  const auto value = find_header(response.headers, "Retry-After");
  if (!value) return std::nullopt;
  int seconds = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), seconds);
  if (error != std::errc() || end != value->data() + value->size() || seconds < 0) {
    return std::nullopt;
  }
  return seconds;
}

using Parameters = std::vector<std::pair<std::string, std::string>>;

Parameters parameters_of(std::string_view target) {
  Parameters parameters;
  const std::size_t mark = target.find('?');
  std::string_view rest = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    const std::size_t equals = part.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    if (!part.empty()) parameters.emplace_back(part.substr(0, equals), value);
  }
  return parameters;
}

// `target` without the parameters for which `drop` says so.
template <class Drop>
std::string without_parameters(const std::string& target, Drop drop) {
  std::string kept = target.substr(0, target.find('?'));
  char joint = '?';
  for (const auto& [name, value] : parameters_of(target)) {
    if (drop(name)) continue;
    kept += fmt::format("{}{}={}", joint, name, value);
    joint = '&';
  }
  return kept;
}

}  // namespace

Surface::Surface(Prober& prober, Rng& rng, const ScanPlan& plan, const ScanOperation* operation,
                 const RefusalModel* refusal)
    : prober_(prober), rng_(rng), plan_(plan), operation_(operation), refusal_(refusal) {
  if (operation != nullptr) {
    base_ = operation->request;
  } else if (!plan.operations.empty()) {
    base_.headers = plan.operations.front().request.headers;
    base_.remove_header("Content-Type");
  }
}

std::string Surface::stop_reason() const {
  return prober_.stopped() ? prober_.stop_reason() : stop_reason_;
}

bool Surface::may_send(const Request& request) {
  if (stopped()) return false;
  const bool read_only =
      request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
  const bool allowed_post =
      plan_.allow_writes && request.method == "POST" && base_.method == "POST";
  if (!read_only && !allowed_post) return false;
  if (sent_ >= kMaxOfSurface) {
    stop_reason_ =
        fmt::format("the bound of {} requests to one operation is reached", kMaxOfSurface);
    return false;
  }
  return true;
}

bool Surface::is_refusal(const Response& response) const {
  if (response.status == 429) return true;
  if (response.status == 503 && find_header(response.headers, "Retry-After")) return true;
  return refusal_ != nullptr && refusal_->knows_refusal() &&
         refusal_->classify(response) == Outcome::refused;
}

std::string Surface::fresh_source() {
  // As Bench's, elsewhere in 127.0.0.0/8.
  const int index = ++sources_used_;
  return fmt::format("127.{}.{}.{}", 181 + static_cast<int>(rng_.below(60)), 1 + index / 250 % 250,
                     1 + index % 250);
}

Response Surface::send_when_there_is_room(const Request& request) {
  double wait_s = kFirstWaitS;
  while (true) {
    Request probe = request;
    if (from_fresh_sources_ && !probe.source_address) probe.source_address = fresh_source();
    Response response;
    response.failure = Failure::not_sent;
    if (!may_send(probe)) return response;
    response = prober_.send(probe);
    if (response.failure != Failure::not_sent) ++sent_;
    if (!is_refusal(response)) return response;
    // A limit that counts addresses apart has room for each new one.
    if (plan_.loopback && !from_fresh_sources_ && !request.source_address && waited_s_ <= 0) {
      Request other = request;
      other.source_address = fresh_source();
      if (!may_send(other)) return response;
      Response served = prober_.send(other);
      if (served.failure != Failure::not_sent) ++sent_;
      if (served.ok() && !is_refusal(served)) {
        from_fresh_sources_ = true;
        return served;
      }
    }
    const double next_s = std::max(stated_wait_s(response).value_or(wait_s), 0.05);
    if (waited_s_ + next_s > plan_.max_wait_s) {
      stop_reason_ = fmt::format("a limit refuses, also after {:.0f} s of waiting", waited_s_);
      response.failure = Failure::not_sent;
      return response;
    }
    prober_.wait_until(prober_.now_s() + next_s, "waiting for room under the limit");
    waited_s_ += next_s;
    wait_s *= 2;
  }
}

Answer Surface::send(const Variant& variant, std::string_view note) {
  Answer answer;
  answer.sent = variant;
  answer.response = send_when_there_is_room(variant.request);
  if (answer.response.failure == Failure::not_sent) return answer;
  answer.exchange.sent_s = prober_.seconds(answer.response.sent);
  answer.exchange.answered_s = prober_.seconds(answer.response.answered);
  answer.exchange.method = variant.request.method;
  answer.exchange.target = redact_target(variant.request.target).substr(0, 300);
  answer.exchange.changed = variant.changed.substr(0, 300);
  answer.exchange.status = answer.response.status;
  answer.exchange.note = note;
  return answer;
}

const Answer& Surface::baseline() {
  if (!baseline_) {
    baseline_ = send(base(), "base");
    baseline_again_ = baseline_->response.body;
    if (baseline_->served()) {
      const Answer again = send(base(), "base");
      if (again.served()) baseline_again_ = again.response.body;
    }
  }
  return *baseline_;
}

const Answer& Surface::anonymous() {
  if (!anonymous_) anonymous_ = send(without_credentials(), "no credential");
  return *anonymous_;
}

const Answer& Surface::stranger() {
  if (stranger_) return *stranger_;
  Variant variant = without_credentials();
  variant.changed = "made-up credentials";
  for (const Header& header : credential_headers()) {
    // The scheme of Authorization and a cookie's name stay; the secret is made up.
    const std::size_t space = header.value.find_first_of(" =");
    const std::size_t kept =
        space != std::string::npos && space + 1 < header.value.size() ? space + 1 : 0;
    variant.request.add_header(header.name,
                               header.value.substr(0, kept) + made_up(header.value.size() - kept));
  }
  stranger_ = send(variant, "made-up credential");
  return *stranger_;
}

const Answer& Surface::other() {
  if (!other_) other_ = send(as_other(base_), "the other user");
  return *other_;
}

const Answer& Surface::missing() {
  if (missing_) return *missing_;
  std::string path = this->path();
  path = path.substr(0, path.rfind('/') + 1) + "weir-" + made_up(12);
  Variant variant = with_target(path);
  variant.request.method = "GET";
  variant.request.body.reset();
  missing_ = send(variant, "a path that cannot exist");
  return *missing_;
}

const Answer& Surface::malformed() {
  if (malformed_) return *malformed_;
  const std::string& target = base_.target;
  const char* joint = target.find('?') == std::string::npos ? "?" : "&";
  malformed_ = send(with_target(target + joint + "%ff%00[=weir&limit[]=%"), "a malformed query");
  return *malformed_;
}

std::vector<const Answer*> Surface::look_around() {
  baseline();
  if (has_credentials()) anonymous();
  missing();
  malformed();
  std::vector<const Answer*> answers;
  for (const auto* answer : {&baseline_, &anonymous_, &missing_, &malformed_}) {
    if (answer->has_value() && (*answer)->ok()) answers.push_back(&**answer);
  }
  return answers;
}

Variant Surface::with_header(std::string_view name, std::string_view value) const {
  Variant variant{fmt::format("{}: {}", name, value), base_};
  variant.request.set_header(name, value);
  return variant;
}

Variant Surface::with_query(std::string_view name, std::string_view value) const {
  Variant variant{fmt::format("{}={}", name, value), base_};
  std::string& target = variant.request.target;
  target = without_parameters(target, [&](const std::string& each) { return each == name; });
  variant.request.add_parameter(name, value);
  return variant;
}

Variant Surface::with_target(std::string target) const {
  Variant variant{"path " + redact_target(target), base_};
  variant.request.target = std::move(target);
  return variant;
}

Variant Surface::with_method(std::string method) const {
  Variant variant{"method " + method, base_};
  variant.request.method = std::move(method);
  if (variant.request.method != "POST") variant.request.body.reset();
  return variant;
}

Variant Surface::without_credentials() const {
  return anonymous_of(base_);
}

Variant Surface::anonymous_of(Request request) const {
  Variant variant{"no credential", std::move(request)};
  for (const Header& header : credential_headers()) variant.request.remove_header(header.name);
  variant.request.target = without_parameters(variant.request.target, names_a_credential);
  return variant;
}

Variant Surface::as_other(Request request) const {
  Variant variant = anonymous_of(std::move(request));
  variant.changed = "the other user's credential";
  for (const Header& header : plan_.other) variant.request.set_header(header.name, header.value);
  return variant;
}

std::string Surface::made_up(std::size_t length) {
  return made_up_text(rng_, length);
}

const openapi::Operation* Surface::declared() const {
  return operation_ != nullptr ? operation_->declared.get() : nullptr;
}

std::string Surface::path() const {
  return std::string(base_.path());
}

std::vector<std::pair<std::string, std::string>> Surface::query() const {
  return parameters_of(base_.target);
}

std::vector<Header> Surface::credential_headers() const {
  std::vector<Header> credentials;
  for (const Header& header : base_.headers) {
    bool declared = false;
    if (plan_.api) {
      for (const openapi::SecurityScheme& scheme : plan_.api->security_schemes) {
        declared = declared || (scheme.type == "apiKey" && scheme.in == "header" &&
                                same_name(scheme.field, header.name));
      }
    }
    if (declared || is_secret_name(header.name)) credentials.push_back(header);
  }
  return credentials;
}

bool Surface::credential_in_query() const {
  const auto parameters = query();
  return std::any_of(parameters.begin(), parameters.end(),
                     [](const auto& parameter) { return names_a_credential(parameter.first); });
}

bool Surface::declares_security() const {
  const openapi::Operation* operation = declared();
  if (operation == nullptr || operation->security.empty()) return false;
  return std::none_of(operation->security.begin(), operation->security.end(),
                      [](const auto& alternative) { return alternative.empty(); });
}

bool Surface::same_document(const Answer& a, const Answer& b) {
  if (a.status() != b.status()) return false;
  return scan::same_document(a.response.body, b.response.body, baseline().response.body,
                             baseline_again_);
}

Evidence Surface::evidence(std::string claim, std::vector<const Answer*> answers) const {
  Evidence evidence;
  evidence.claim = std::move(claim);
  for (const Answer* answer : answers) evidence.exchanges.push_back(answer->exchange);
  evidence.rounds = 1;
  if (!answers.empty()) evidence.curl = curl(answers.back()->sent.request);
  return evidence;
}

std::string Surface::curl(const Request& request) const {
  return curl_line(request, base_, plan_.origin);
}

std::string Surface::curl_without_secrets(const Request& request) const {
  std::string line = curl_line(request, request, plan_.origin);
  // The variable has the name of the header, whoever's credential it is.
  for (const Header& header : plan_.other) {
    if (find_header(request.headers, header.name).value_or("") == header.value) {
      return line + "  # with the other user's credential";
    }
  }
  return line;
}

std::string Surface::name() const {
  return operation_ == nullptr ? plan_.origin : operation_name(base_);
}

}  // namespace weir::scan
