#include "report/json.h"

#include <boost/json.hpp>
#include <string_view>
#include <vector>

namespace weir::report {
namespace {

namespace json = boost::json;

template <class T>
json::value or_null(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

template <class T, class Convert>
json::array list(const std::vector<T>& values, Convert convert) {
  json::array array;
  array.reserve(values.size());
  for (const T& value : values) array.push_back(convert(value));
  return array;
}

template <class T>
json::array list(const std::vector<T>& values) {
  return list(values, [](const T& value) { return json::value(value); });
}

json::value to_json(const scan::Exchange& exchange) {
  return json::object{{"sent_s", exchange.sent_s},   {"answered_s", exchange.answered_s},
                      {"method", exchange.method},   {"target", exchange.target},
                      {"changed", exchange.changed}, {"status", exchange.status},
                      {"refused", exchange.refused}, {"note", exchange.note}};
}

json::value to_json(const scan::Evidence& evidence) {
  return json::object{
      {"claim", evidence.claim},
      {"exchanges", list(evidence.exchanges, [](const auto& each) { return to_json(each); })},
      {"exchanges_left_out", evidence.exchanges_left_out},
      {"curl", evidence.curl},
      {"admitted", evidence.admitted},
      {"allowed", evidence.allowed},
      {"rounds", evidence.rounds}};
}

json::value to_json(const std::optional<scan::Suppression>& suppressed) {
  if (!suppressed) return nullptr;
  return json::object{{"reason", suppressed->reason}, {"expires", suppressed->expires}};
}

json::value to_json(const scan::Finding& finding) {
  return json::object{
      {"id", finding.id},
      {"title", finding.title},
      {"severity", to_string(finding.severity)},
      {"confidence", to_string(finding.confidence)},
      {"category", finding.category},
      {"operation", finding.operation},
      {"evidence", list(finding.evidence, [](const auto& each) { return to_json(each); })},
      {"why", finding.why},
      {"remediation", finding.remediation},
      {"remediation_django_dynamodb", finding.remediation_django_dynamodb},
      {"weir_rule", finding.weir_rule},
      {"owasp", list(finding.owasp)},
      {"cwe", list(finding.cwe)},
      {"pci_dss", list(finding.pci_dss)},
      {"novelty", to_string(finding.novelty)},
      {"suppressed", to_json(finding.suppressed)}};
}

json::value to_json(const scan::CheckResult& check) {
  return json::object{{"id", check.id},
                      {"category", check.category},
                      {"operation", check.operation},
                      {"verdict", to_string(check.verdict)},
                      {"detail", check.detail},
                      {"requests", check.requests}};
}

json::value to_json(const scan::LimitSummary& limit) {
  return json::object{{"operation", limit.operation},
                      {"n", or_null(limit.n)},
                      {"window_s", or_null(limit.window_s)},
                      {"kind", to_string(limit.kind)},
                      {"fit", limit.fit},
                      {"refusal", limit.refusal},
                      {"detail", limit.detail}};
}

json::value to_json(const scan::Timeline& timeline) {
  return json::object{{"operation", timeline.operation},
                      {"n", or_null(timeline.n)},
                      {"window_s", or_null(timeline.window_s)},
                      {"points", list(timeline.points, [](const scan::TimelinePoint& point) {
                         return json::value(json::object{{"t_s", point.t_s},
                                                         {"status", point.status},
                                                         {"refused", point.refused},
                                                         {"phase", point.phase}});
                       })}};
}

json::value to_json(const scan::GoneFinding& gone) {
  return json::object{{"id", gone.id},
                      {"operation", gone.operation},
                      {"now", gone.now ? json::value(to_string(*gone.now)) : json::value(nullptr)}};
}

json::value to_json(const std::optional<scan::Comparison>& comparison) {
  if (!comparison) return nullptr;
  return json::object{
      {"started_at", comparison->started_at},
      {"score", comparison->score},
      {"new", comparison->fresh},
      {"unchanged", comparison->unchanged},
      {"gone", list(comparison->gone, [](const auto& each) { return to_json(each); })}};
}

json::value to_json(const scan::Declaration& declaration) {
  return json::object{
      {"operation", declaration.operation}, {"file", declaration.file}, {"line", declaration.line}};
}

json::value to_json(const std::optional<scan::OperationCoverage>& operations) {
  if (!operations) return nullptr;
  return json::object{
      {"document", operations->document},
      {"declared", operations->declared},
      {"tested", operations->tested},
      {"left_out", list(operations->left_out, [](const scan::LeftOut& each) {
         return json::value(json::object{{"operation", each.operation}, {"reason", each.reason}});
       })}};
}

json::object to_json(const std::map<std::string, int>& categories) {
  json::object object;
  for (const auto& [name, score] : categories) object.emplace(name, score);
  return object;
}

}  // namespace

std::string render_json(const scan::Report& report) {
  const json::object document{
      {"schema", report.schema},
      {"tool_version", report.tool_version},
      {"scan_id", report.scan_id},
      {"target", report.target},
      {"started_at", report.started_at},
      {"duration_s", report.duration_s},
      {"requests", report.requests},
      {"seed", report.seed},
      {"score", report.score},
      {"grade", std::string_view(&report.grade, 1)},
      {"coverage", report.coverage},
      {"interrupted", report.interrupted},
      {"categories", to_json(report.categories)},
      {"score_steps",
       list(report.score_steps,
            [](const scan::ScoreStep& step) {
              return json::value(json::object{{"what", step.what}, {"factor", step.factor}});
            })},
      {"limits", list(report.limits, [](const auto& each) { return to_json(each); })},
      {"checks", list(report.checks, [](const auto& each) { return to_json(each); })},
      {"findings", list(report.findings, [](const auto& each) { return to_json(each); })},
      {"timelines", list(report.timelines, [](const auto& each) { return to_json(each); })},
      {"declarations", list(report.declarations, [](const auto& each) { return to_json(each); })},
      {"operations", to_json(report.operations)},
      {"comparison", to_json(report.comparison)},
      {"notes", list(report.notes)}};
  return json::serialize(document) + "\n";
}

}  // namespace weir::report
