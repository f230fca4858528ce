// Proof: requests that each carry m operations, all of them answered, bring more operations in half
// a window than two windows allow, and the request after those is served as well. Operations are
// counted in the answers, never in what was asked for.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cctype>

#include "scan/checks/rate_limiting/checks.h"
#include "scan/experiment/served.h"

namespace weir::scan::rate_limiting {
namespace {

namespace json = boost::json;

constexpr int kMostInOne = 50;
constexpr int kFewInOne = 10;
constexpr int kMostBatches = 30;
constexpr std::size_t kMaxDepth = 32;

struct Batch {
  std::string label;                                           // "a JSON array of 20 requests"
  std::function<Request(const Request&, int)> make;            // with so many operations
  std::function<int(const Bench&, const Response&)> answered;  // operations that the answer holds
};

std::optional<json::object> object_of(const Request& request) {
  json::error_code error;
  json::value value = json::parse(request.body.value_or(""), error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

// Entries of an array answer that are each what the base gets.
int like_the_base(const Bench& bench, const Response& response) {
  json::error_code error;
  const json::value value = json::parse(response.body, error);
  if (error || !value.is_array()) return 0;
  int count = 0;
  for (const json::value& entry : value.get_array()) {
    Response single = response;
    single.body = json::serialize(entry);
    if (bench.refusal().same_document(single)) ++count;
  }
  return count;
}

// The base's body so many times in one array.
Batch array_of_bodies() {
  return {"a JSON array of requests",
          [](const Request& base, int count) {
            Request request = base;
            json::array list;
            const auto body = object_of(base);
            for (int i = 0; body && i < count; ++i) {
              json::object one = *body;
              if (one.contains("jsonrpc")) one["id"] = i + 1;
              list.push_back(std::move(one));
            }
            request.body = json::serialize(list);
            return request;
          },
          like_the_base};
}

// A member that lists operations, with its first entry repeated.
Batch longer_list(const std::string& member) {
  return {fmt::format("a longer list in {}", member),
          [member](const Request& base, int count) {
            Request request = base;
            auto body = object_of(base);
            if (!body) return request;
            json::array& list = body->at(member).get_array();
            const json::value first = list.front();
            list.clear();
            for (int i = 0; i < count; ++i) list.push_back(first);
            request.body = json::serialize(*body);
            return request;
          },
          [](const Bench&, const Response& response) {
            json::error_code error;
            const json::value value = json::parse(response.body, error);
            if (error) return 0;
            std::size_t most = value.is_array() ? value.get_array().size() : 0;
            if (const json::object* object = value.if_object()) {
              for (const auto& entry : *object) {
                if (entry.value().is_array()) {
                  most = std::max(most, entry.value().get_array().size());
                }
              }
            }
            return static_cast<int>(most);
          }};
}

// The first field of a GraphQL query, with its arguments and selection: "quote(id: 1) { bid }".
std::string first_field(std::string_view query) {
  const std::size_t open = query.find('{');
  if (open == std::string_view::npos) return "";
  std::size_t at = open + 1;
  while (at < query.size() && std::isspace(static_cast<unsigned char>(query[at])) != 0) ++at;
  const std::size_t start = at;
  std::size_t depth = 0;
  bool selected = false;
  for (; at < query.size(); ++at) {
    const char c = query[at];
    if (c == '{' || c == '(') {
      if (++depth > kMaxDepth) return "";
      selected = selected || c == '{';
    } else if (c == '}' || c == ')') {
      if (depth == 0) break;
      if (--depth == 0 && c == '}') {
        ++at;
        break;
      }
    } else if (depth == 0 && !selected && (c == '\n' || c == ',')) {
      break;
    }
  }
  std::string_view field = query.substr(start, at - start);
  const std::size_t colon = field.find(':');
  if (colon < field.find_first_of("({ ")) field.remove_prefix(colon + 1);  // an alias of its own
  while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
  return field.starts_with("...") ? "" : std::string(field);
}

Batch graphql_aliases(const std::string& field) {
  return {"GraphQL aliases of one field",
          [field](const Request& base, int count) {
            Request request = base;
            auto body = object_of(base);
            if (!body) return request;
            std::string query = "query {";
            for (int i = 0; i < count; ++i) query += fmt::format(" a{}: {}", i, field);
            (*body)["query"] = query + " }";
            body->erase("operationName");
            request.body = json::serialize(*body);
            return request;
          },
          [](const Bench&, const Response& response) {
            json::error_code error;
            const json::value value = json::parse(response.body, error);
            const json::object* object = error ? nullptr : value.if_object();
            const json::value* data = object != nullptr ? object->if_contains("data") : nullptr;
            if (data == nullptr || !data->is_object()) return 0;
            return static_cast<int>(
                std::count_if(data->get_object().begin(), data->get_object().end(),
                              [](const auto& member) { return !member.value().is_null(); }));
          }};
}

std::vector<Batch> batches_for(const Request& base) {
  std::vector<Batch> batches;
  const auto body = object_of(base);
  if (!body || base.method != "POST") return batches;
  const json::value* query = body->if_contains("query");
  if (query != nullptr && query->is_string()) {
    const std::string text(query->get_string());
    const std::string field = first_field(text);
    if (text.find('{') != std::string::npos && !field.empty() && text.find("mutation") != 0) {
      batches.push_back(graphql_aliases(field));
    }
  }
  for (const auto& member : *body) {
    static constexpr std::array<std::string_view, 7> kLists = {
        "requests", "operations", "batch", "commands", "calls", "items", "queries"};
    const bool listed =
        std::find(kLists.begin(), kLists.end(), std::string_view(member.key())) != kLists.end();
    if (listed && member.value().is_array() && !member.value().get_array().empty()) {
      batches.push_back(longer_list(member.key()));
    }
  }
  batches.push_back(array_of_bodies());
  return batches;
}

class Amplification {
 public:
  explicit Amplification(Bench& bench) : bench_(bench), served_(bench) {}

  CheckOutcome run() {
    const std::vector<Batch> batches = batches_for(bench_.base_request());
    if (batches.empty()) {
      return CheckOutcome::not_applicable("the request has no JSON body that could hold several");
    }
    if (!bench_.facts().learned) {
      return CheckOutcome::not_applicable("there is no limit to carry more through");
    }
    int accepted = 0;
    for (const Batch& batch : batches) {
      const int size = largest(batch);
      if (bench_.stopped() || no_room_) break;
      if (size < 2) continue;
      ++accepted;
      if (auto outcome = exceed(batch, size)) return *outcome;
    }
    if (bench_.stopped()) return CheckOutcome::inconclusive(bench_.prober().stop_reason());
    if (no_room_) return CheckOutcome::inconclusive("no room came back to send batches");
    if (accepted > 0 && !unclear_.empty()) return CheckOutcome::inconclusive(unclear_);
    return CheckOutcome::protected_(
        accepted == 0 ? fmt::format("{} forms of batches tried, none is understood", batches.size())
                      : "what a batch carries is counted");
  }

 private:
  // How many operations of one request are answered: as many as asked for, or none.
  int largest(const Batch& batch) {
    const int n = bench_.facts().n;
    for (const int size : {std::min(n + 5, kMostInOne), kFewInOne}) {
      const auto reply = served_.send(fmt::format("{} ({})", batch.label, size),
                                      [&](Request& r) { r = batch.make(r, size); });
      if (!reply) {
        // A batch that costs more than the whole limit is refused for ever: that is counting.
        no_room_ = !served_.send("", [](Request&) {}).has_value();
        if (no_room_) return 0;
        continue;
      }
      if (batch.answered(bench_, reply->response) >= size) return size;
    }
    return 0;
  }

  std::optional<CheckOutcome> exceed(const Batch& batch, int size) {
    const LimitFacts& facts = bench_.facts();
    const int n = facts.n + facts.uncertain;
    const int needed = (2 * n + 2 + size - 1) / size + 1;
    if (needed > kMostBatches) {
      unclear_ = fmt::format("{} batches of {} would be needed to exceed the limit of {}", needed,
                             size, n);
      return std::nullopt;
    }
    if (!served_.begin()) {
      no_room_ = true;
      return std::nullopt;
    }
    Evidence evidence;
    int operations = 0;
    int sent = 0;
    for (; sent < needed && !bench_.stopped(); ++sent) {
      const Reply reply =
          served_.same(fmt::format("{} ({})", batch.label, size),
                       [&](Request& request) { request = batch.make(request, size); });
      if (!bench_.exchanges().empty()) {
        evidence.exchanges.push_back(bench_.exchanges()[reply.exchange]);
      }
      const int answered = reply.refused() ? 0 : batch.answered(bench_, reply.response);
      if (answered == 0) break;
      operations += answered;
    }
    const double took_s = bench_.now_s() - served_.began_s();
    const double window_s = std::max(facts.window_low_s, 0.5);
    // Even with a reset in between, two windows' worth is all that a counting limit lets pass.
    const bool in_time = facts.window_high_s > 0 && took_s < 0.5 * window_s && !facts.trickles;
    const double trickled = facts.token_s > 0 ? took_s / facts.token_s + 1 : 0;
    const bool trickle_in_time = facts.trickles && facts.token_s > 0;
    if (sent < needed || operations <= 2 * n + static_cast<int>(trickled)) return std::nullopt;
    if (!in_time && !trickle_in_time) {
      unclear_ = "batches exceeded the limit, but took too long of its window to be sure";
      return std::nullopt;
    }
    evidence.admitted = operations;
    evidence.allowed = n;
    evidence.rounds = sent;
    evidence.claim = fmt::format(
        "{} requests with {}, {} in each, brought {} operations in {:.1f} s, where the limit "
        "is {} in {:.1f} s",
        sent, batch.label, size, operations, took_s, n, facts.window_high_s);
    evidence.curl = bench_.curl(batch.make(bench_.base_request(), size));
    return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
  }

  Bench& bench_;
  Served served_;
  bool no_room_ = false;
  std::string unclear_;
};

CheckOutcome run(Bench& bench) {
  return Amplification(bench).run();
}

const CheckInfo kInfo = {
    "batch-amplification",
    "One counted request carries many operations",
    Severity::high,
    "rate-limiting",
    {"API4:2023", "API6:2023"},
    {770, 799, 400},
    {"6.2.4"},
    "The limit counts HTTP requests while the API takes many operations in one: a JSON array, a "
    "list, "
    "GraphQL aliases. Guessing and scraping go on at many times the limit, and the work of a whole "
    "quota fits into one request.",
    "Charge what a request costs: the number of its operations, before any of them runs. Bound how "
    "many one request may carry; turn batching off where nobody needs it.",
    "Count the operations in the middleware and pass their number as the cost: ADD hits :n with "
    "the "
    "condition hits <= :limit - :n. In a GraphQL schema add a rule on aliases and complexity.",
    "rules:\n  - id: operations\n    key: api_key\n    limit: 100/m   # @rate_limit(cost=...) "
    "charges "
    "each operation of a batch\n",
    "Requests with several operations each bring more operations within half a window than two "
    "windows allow, counted in the answers, and the requests after those are served as well."};

}  // namespace

const Check kBatchAmplification = {&kInfo, Stage::with_room, run};

}  // namespace weir::scan::rate_limiting
