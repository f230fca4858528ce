#include "scan/experiment/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "scan/probe/redact.h"

namespace weir::scan {
namespace {

// Answers overtake each other: of requests decided at one instant, a refusal that came back first
// does not show that there was no room before it.
void admitted_first(std::vector<Observation>& observations, std::size_t first) {
  const auto begin = observations.begin() + static_cast<std::ptrdiff_t>(first);
  std::vector<Observation> times(begin, observations.end());
  std::stable_partition(begin, observations.end(), [](const Observation& o) { return o.admitted; });
  for (std::size_t i = 0; i < times.size(); ++i) {
    observations[first + i].sent_s = times[i].sent_s;
    observations[first + i].answered_s = times[i].answered_s;
  }
}

}  // namespace

Bench::Bench(Prober& prober, Request base, Target target, Rng& rng,
             std::shared_ptr<const openapi::Operation> declared)
    : prober_(prober),
      base_(std::move(base)),
      target_(std::move(target)),
      rng_(rng),
      declared_(std::move(declared)) {}

Reply Bench::record(const Variant& variant, Response response, std::string_view note) {
  Reply reply;
  reply.outcome = refusal_.classify(response);
  reply.hints = read_hints(response.headers, response.answered);
  reply.sent_s = prober_.seconds(response.sent);
  reply.answered_s = prober_.seconds(response.answered);
  if (reply.hints.limit && !facts_.stated_limit) facts_.stated_limit = reply.hints.limit;
  if (reply.hints.window_s && !facts_.stated_window_s) {
    facts_.stated_window_s = reply.hints.window_s;
  }
  if (response.failure != Failure::not_sent) {
    Exchange exchange;
    exchange.sent_s = reply.sent_s;
    exchange.answered_s = reply.answered_s;
    exchange.method = variant.request.method;
    exchange.target = redact_target(variant.request.target).substr(0, 300);
    exchange.changed = variant.changed;
    exchange.status = response.status;
    exchange.refused = reply.refused();
    exchange.note = note;
    exchanges_.push_back(std::move(exchange));
    timeline_.push_back({reply.answered_s, response.status, reply.refused(), phase_});
  }
  reply.exchange = exchanges_.empty() ? 0 : exchanges_.size() - 1;
  const bool is_base = variant.changed.empty();
  if (response.failure != Failure::not_sent && (is_base || !reply.refused())) {
    spending_.push_back({reply.sent_s, reply.answered_s, !reply.refused(), together_,
                         /*unclear=*/!reply.refused() && !reply.admitted()});
  }
  const bool sent = response.failure != Failure::not_sent;
  reply.response = std::move(response);
  if (sent && (is_base || reply.refused())) observe(reply, !is_base);
  return reply;
}

// Enters it into the trace; whether it was admitted may still be unclear.
void Bench::observe(Reply& reply, bool foreign) {
  // Of those that were released together, the later answers were waiting for their turn.
  const double turn_s =
      trace_.empty() ? reply.sent_s : std::min(trace_.back().answered_s, reply.answered_s);
  const bool unclear = !reply.admitted() && !reply.refused();
  reply.observed = trace_.size();
  trace_.push_back({std::max(reply.sent_s, turn_s), reply.answered_s, reply.admitted(), together_,
                    unclear, foreign});
  if (!unclear && !foreign) file_base(reply);
}

void Bench::file_base(const Reply& reply) {
  Reply light = reply;
  light.response.body.clear();
  bases_.push_back(light);
  if (reply.refused()) refused_bases_.push_back(std::move(light));
}

void Bench::reconsider(Reply& reply) {
  const bool filed = reply.admitted() || reply.refused();
  const Outcome before = reply.outcome;
  reply.outcome = refusal_.classify(reply.response);
  if (reply.outcome == before || exchanges_.empty()) return;
  exchanges_[reply.exchange].refused = reply.refused();
  timeline_[reply.exchange].refused = reply.refused();
  trace_[reply.observed].admitted = reply.admitted();
  trace_[reply.observed].unclear = !reply.admitted() && !reply.refused();
  if (!filed) {
    if (reply.admitted() || reply.refused()) file_base(reply);
    return;
  }
  // Taken for admitted when it came: the latest are at the end.
  for (std::size_t i = bases_.size(); i-- > 0;) {
    if (bases_[i].exchange != reply.exchange) continue;
    bases_[i].outcome = reply.outcome;
    if (reply.refused()) refused_bases_.push_back(bases_[i]);
    return;
  }
}

Reply Bench::base(std::string_view note) {
  return send({"", base_}, note);
}

Reply Bench::send(const Variant& variant, std::string_view note) {
  return record(variant, prober_.send(variant.request), note);
}

std::vector<Reply> Bench::base_together(int count, std::string_view note) {
  return together(std::vector<Variant>(static_cast<std::size_t>(count), Variant{"", base_}), note);
}

std::vector<Reply> Bench::together(const std::vector<Variant>& variants, std::string_view note) {
  std::vector<Request> requests;
  for (const Variant& variant : variants) requests.push_back(variant.request);
  std::vector<Response> responses = prober_.send_together(requests);
  // The order of the answers is the best guess at the order in which the target decided.
  std::vector<std::size_t> order(responses.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return responses[a].answered < responses[b].answered;
  });
  const std::size_t traced = trace_.size();
  const std::size_t spent = spending_.size();
  std::vector<Reply> replies;
  together_ = true;
  for (const std::size_t i : order) {
    replies.push_back(record(variants[i], std::move(responses[i]), note));
  }
  together_ = false;
  admitted_first(trace_, traced);
  admitted_first(spending_, spent);
  return replies;
}

std::vector<Reply> Bench::while_holding(const Variant& same, int most,
                                        const std::function<bool(const Reply&)>& go_on) {
  std::vector<Response> responses =
      prober_.send_while_holding(same.request, same.request, most, [&](const Response& response) {
        Reply reply;
        reply.outcome = refusal_.classify(response);
        return go_on(reply);
      });
  std::vector<Reply> replies;
  for (Response& response : responses) {
    const bool last = replies.size() + 1 == responses.size();
    replies.push_back(
        record(same, std::move(response), last ? "held back until now" : "while one is held back"));
  }
  return replies;
}

Variant Bench::with_header(std::string_view name, std::string_view value) const {
  Variant variant{fmt::format("{}: {}", name, value), base_};
  variant.request.set_header(name, value);
  return variant;
}

Variant Bench::from_fresh_source() {
  // 127.0.0.0/8 is all this machine (RFC 1122 §3.2.1.3). Not 127.0.0.x, which people use.
  const int index = ++sources_used_;
  const std::string address =
      fmt::format("127.{}.{}.{}", 77 + index / 60000 % 100, 1 + index / 250 % 250, 1 + index % 250);
  Variant variant{"sent from " + address, base_};
  variant.request.source_address = address;
  return variant;
}

MakeVariant Bench::fresh_identities() {
  if (facts_.sources_count_apart.value_or(false)) return [this] { return from_fresh_source(); };
  return proven_identities_;
}

std::string made_up_text(Rng& rng, std::size_t length) {
  static constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::string text;
  while (text.size() < length) text += kLetters[rng.below(text.empty() ? 26 : kLetters.size())];
  return text;
}

std::string Bench::made_up(std::size_t length) {
  return made_up_text(rng_, length);
}

std::string Bench::made_up_address() {
  static constexpr std::string_view kNetworks[] = {"203.0.113", "198.51.100", "192.0.2"};
  return fmt::format("{}.{}", kNetworks[rng_.below(3)], 1 + rng_.below(254));
}

std::string Bench::curl(const Request& request) const {
  return curl_line(request, base_, target_.origin);
}

std::string Bench::name() const {
  return operation_name(base_);
}

}  // namespace weir::scan
