// Proof: a parameter sets how many entries a list brings (asked for one, exactly one came), and
// asked for far too many it brings them: more than the declared maximum, more than 1,000, or with a
// negative or zero size more than the maximum that it keeps to otherwise. Each twice.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "scan/checks/rate_limiting/checks.h"
#include "scan/experiment/served.h"

namespace weir::scan::rate_limiting {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 12> kNames = {
    "limit", "page_size", "per_page", "pageSize", "perPage",     "size",
    "count", "first",     "top",      "$top",     "max_results", "rows"};
constexpr std::size_t kSane = 1000;  // entries a page
constexpr std::size_t kFar = 10000;
constexpr std::size_t kDepth = 4;

// Entries of the longest list in it.
std::size_t longest(const json::value& value, std::size_t depth = 0) {
  if (depth == kDepth) return 0;
  std::size_t most = 0;
  if (const json::array* list = value.if_array()) return list->size();
  if (const json::object* object = value.if_object()) {
    for (const auto& member : *object) most = std::max(most, longest(member.value(), depth + 1));
  }
  return most;
}

// nullopt: the answer is no JSON. An answer that was cut off at the bound on bodies is long enough.
std::optional<std::size_t> entries(const Response& response) {
  if (response.truncated) return kFar;
  json::error_code error;
  const json::value value = json::parse(response.body, error);
  if (error) return std::nullopt;
  return longest(value);
}

void set_parameter(Request& request, std::string_view name, std::string_view value) {
  const std::size_t mark = request.target.find('?');
  std::string path = request.target.substr(0, mark);
  std::string query;
  std::string_view rest = mark == std::string::npos
                              ? std::string_view()
                              : std::string_view(request.target).substr(mark + 1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    if (pair.substr(0, pair.find('=')) != name) query += std::string(pair) + "&";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  request.target = fmt::format("{}?{}{}={}", path, query, name, value);
}

class Paging {
 public:
  explicit Paging(Bench& bench) : bench_(bench), served_(bench) {}

  CheckOutcome run() {
    const auto usual = entries(bench_.refusal().example());
    if (usual.value_or(0) < 2) {
      return CheckOutcome::not_applicable("the answer is no list of several entries");
    }
    const auto name = honoured_name(*usual);
    if (!name) {
      if (no_room_) return CheckOutcome::inconclusive("no room came back to ask for a list");
      return bench_.stopped() ? CheckOutcome::inconclusive(bench_.prober().stop_reason())
                              : CheckOutcome::not_applicable(
                                    "no known parameter sets how many entries the list brings");
    }
    return probe(*name, *usual);
  }

 private:
  // Entries of the answer; nullopt: it was not served, or is no list.
  std::optional<std::size_t> ask(const std::string& name, const std::string& value) {
    const auto reply = served_.send(fmt::format("query {}={}", name, value),
                                    [&](Request& request) { set_parameter(request, name, value); });
    no_room_ = !reply;
    if (!reply || reply->response.status != bench_.refusal().admitted_status()) return std::nullopt;
    if (!bench_.exchanges().empty()) kept_.push_back(bench_.exchanges()[reply->exchange]);
    return entries(reply->response);
  }

  const openapi::Parameter* declaration(std::string_view name) const {
    if (bench_.declared() == nullptr) return nullptr;
    for (const openapi::Parameter& parameter : bench_.declared()->parameters) {
      if (parameter.in == "query" && parameter.name == name) return &parameter;
    }
    return nullptr;
  }

  // All of them at once first: if one entry does not come then, none of them is honoured.
  std::optional<std::string> honoured_name(std::size_t usual) {
    const auto all = served_.send("query with all page sizes 1", [](Request& request) {
      for (const std::string_view name : kNames) set_parameter(request, name, "1");
    });
    no_room_ = !all;
    if (no_room_) return std::nullopt;
    const bool answered = all->response.status == bench_.refusal().admitted_status();
    if (answered && entries(all->response).value_or(usual) == usual) return std::nullopt;
    for (const std::string_view name : kNames) {
      if (bench_.stopped()) break;
      if (ask(std::string(name), "1") == 1) return std::string(name);
    }
    return std::nullopt;
  }

  CheckOutcome probe(const std::string& name, std::size_t usual) {
    const openapi::Parameter* declared = declaration(name);
    if (declared != nullptr && declared->maximum && *declared->maximum >= 1 &&
        *declared->maximum < static_cast<double>(kFar)) {
      const auto most = static_cast<std::size_t>(*declared->maximum);
      if (beyond(name, std::to_string(most + 1), most)) {
        return found(name, fmt::format("the document declares a maximum of {}, and {} entries came",
                                       most, most + 1));
      }
    }
    const auto sane = ask(name, std::to_string(kSane));
    if (sane && *sane >= kSane && beyond(name, std::to_string(kFar), kSane)) {
      return found(name, fmt::format("{} entries came for {}={}, where {} come without it", last_,
                                     name, kFar, usual));
    }
    // What it keeps to when it is asked for many; where the list has no more entries, nothing can
    // be more than that.
    const std::size_t kept_to = std::max(sane.value_or(usual), usual);
    for (const char* odd : {"-1", "0"}) {
      if (beyond(name, odd, kept_to + kept_to / 2)) {
        return found(name,
                     fmt::format("{} entries came for {}={}, where at most {} come for a large "
                                 "number",
                                 last_, name, odd, kept_to));
      }
    }
    if (bench_.stopped()) return CheckOutcome::inconclusive(bench_.prober().stop_reason());
    if (!sane) return CheckOutcome::protected_(fmt::format("{}={} is not served", name, kSane));
    return CheckOutcome::protected_(
        fmt::format("{} is honoured, but never more than {} entries came", name, kept_to));
  }

  // More than `most` entries, twice.
  bool beyond(const std::string& name, const std::string& value, std::size_t most) {
    for (int i = 0; i < 2; ++i) {
      const auto count = ask(name, value);
      if (!count || *count <= most) return false;
      last_ = *count;
    }
    shown_ = value;
    return true;
  }

  CheckOutcome found(const std::string& name, std::string claim) {
    Evidence evidence;
    evidence.claim = std::move(claim);
    evidence.rounds = 2;
    evidence.exchanges = std::move(kept_);
    Request request = bench_.base_request();
    set_parameter(request, name, shown_);
    evidence.curl = bench_.curl(request);
    return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
  }

  Bench& bench_;
  Served served_;
  std::vector<Exchange> kept_;
  std::size_t last_ = 0;
  bool no_room_ = false;
  std::string shown_;
};

CheckOutcome run(Bench& bench) {
  if (bench.refusal().admitted_status() == 0) {
    return CheckOutcome::not_applicable("the plain request was never served");
  }
  if (bench.base_request().method != "GET") {
    return CheckOutcome::not_applicable("only the answers to GET are paged");
  }
  return Paging(bench).run();
}

const CheckInfo kInfo = {
    "unbounded-page-size",
    "One request brings as many entries as the client asks for",
    Severity::medium,
    "rate-limiting",
    {"API4:2023"},
    {770, 1284, 400},
    {},
    "A limit on requests says nothing if one request can ask for everything: the whole table is "
    "read, "
    "serialised and sent for the price of one. That is what scrapers and denial of service use "
    "first.",
    "Bound the page size on the server, whatever the client asks for (100 is usual), and refuse or "
    "clamp negative and zero sizes. Declare `maximum` in the OpenAPI document.",
    "In Django REST framework set max_page_size of the pagination class. Pass a bounded Limit to "
    "DynamoDB's Query and hand LastEvaluatedKey out as the cursor.",
    "rules:\n  - id: lists\n    match: {routes: [/items]}\n    key: client_ip\n    limit: 100/m   "
    "# and "
    "bound the page in the view, or charge `cost` by its size\n",
    "A parameter sets the number of entries (asked for one, one came), and twice brings more than "
    "the declared maximum, more than 1,000, or for -1 or 0 half as many again as for 1,000."};

}  // namespace

const Check kUnboundedPageSize = {&kInfo, Stage::with_room, run};

}  // namespace weir::scan::rate_limiting
