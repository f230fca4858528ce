#include "report/sarif.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "report/artifact_path.h"
#include "report/bounds.h"
#include "report/fingerprint.h"
#include "report/markdown_text.h"
#include "report/visible.h"

namespace weir::report {
namespace {

namespace json = boost::json;

constexpr const char* kSchema = "https://json.schemastore.org/sarif-2.1.0.json";
constexpr const char* kCwe = "CWE";
constexpr const char* kOwasp = "OWASP-API-2023";

// Never empty, which GitHub does not take.
std::string plain(std::string_view text, std::size_t most = kMaxSarifText) {
  const std::string shown = valid_text(visible(text), most);
  return shown.empty() ? "-" : shown;
}

// In messages, "[words](place)" is a link.
std::string message(std::string_view text) {
  std::string escaped;
  for (const char letter : plain(text)) {
    if (letter == '[' || letter == ']' || letter == '\\') escaped += '\\';
    escaped += letter;
  }
  return escaped;
}

const char* level_of(scan::Severity severity) {
  switch (severity) {
    case scan::Severity::critical:
    case scan::Severity::high:
      return "error";
    case scan::Severity::medium:
      return "warning";
    case scan::Severity::low:
    case scan::Severity::info:
      return "note";
  }
  return "note";
}

// GitHub's scale: above 9.0 critical, 7.0 high, 4.0 medium, 0.1 low.
const char* security_severity_of(scan::Severity severity) {
  switch (severity) {
    case scan::Severity::critical:
      return "9.5";
    case scan::Severity::high:
      return "8.0";
    case scan::Severity::medium:
      return "5.5";
    case scan::Severity::low:
      return "2.0";
    case scan::Severity::info:
      return "0.0";
  }
  return "0.0";
}

const char* precision_of(scan::Confidence confidence) {
  switch (confidence) {
    case scan::Confidence::confirmed:
      return "very-high";
    case scan::Confidence::firm:
      return "high";
    case scan::Confidence::tentative:
      return "low";
  }
  return "low";
}

json::object text_object(std::string_view text) {
  return {{"text", plain(text)}};
}

json::object relationship(const std::string& id, const char* taxonomy) {
  return {{"target", json::object{{"id", id}, {"toolComponent", json::object{{"name", taxonomy}}}}},
          {"kinds", json::array{"relevant"}}};
}

json::object help_of(const scan::Finding& finding) {
  std::string text = finding.remediation;
  std::string markdown = markdown_prose(finding.remediation);
  if (!finding.remediation_django_dynamodb.empty()) {
    text += "\n\nIn Django with DynamoDB: " + finding.remediation_django_dynamodb;
    markdown +=
        "\n\n**In Django with DynamoDB.** " + markdown_prose(finding.remediation_django_dynamodb);
  }
  if (!finding.weir_rule.empty()) {
    markdown += "\n\nThe Weir rule that closes it:\n\n" + markdown_block(finding.weir_rule);
  }
  const std::string shown = visible(text, Lines::keep);
  return {{"text", shown.empty() ? "-" : shown}, {"markdown", markdown.empty() ? "-" : markdown}};
}

json::object rule_of(const scan::Finding& finding) {
  json::array tags{"security", "api", plain(finding.category)};
  json::array relationships;
  for (const int weakness : finding.cwe) {
    tags.push_back(json::string(fmt::format("external/cwe/cwe-{:03}", weakness)));
    relationships.push_back(relationship(std::to_string(weakness), kCwe));
  }
  for (const std::string& risk : finding.owasp) {
    tags.push_back(json::string(plain(risk)));
    relationships.push_back(relationship(plain(risk), kOwasp));
  }
  json::array unique;
  std::set<std::string> seen;
  for (json::value& tag : tags) {
    if (seen.insert(std::string(tag.as_string())).second) unique.push_back(std::move(tag));
  }
  return {
      {"id", plain(finding.id)},
      {"shortDescription", text_object(finding.title)},
      {"fullDescription", text_object(finding.why.empty() ? finding.title : finding.why)},
      {"help", help_of(finding)},
      {"defaultConfiguration", json::object{{"level", level_of(finding.severity)}}},
      {"relationships", std::move(relationships)},
      {"properties", json::object{{"tags", std::move(unique)},
                                  {"precision", precision_of(finding.confidence)},
                                  {"security-severity", security_severity_of(finding.severity)}}}};
}

const scan::Declaration* declaration_of(const scan::Report& report, const std::string& operation) {
  const auto found = std::find_if(
      report.declarations.begin(), report.declarations.end(),
      [&operation](const scan::Declaration& each) { return each.operation == operation; });
  return found == report.declarations.end() ? nullptr : &*found;
}

json::object location_of(const scan::Report& report, const scan::Finding& finding) {
  const scan::Declaration* declared = declaration_of(report, finding.operation);
  const std::string uri =
      declared != nullptr ? document_uri(declared->file) : operation_uri(finding.operation);
  const int line = declared != nullptr ? std::max(declared->line, 1) : 1;
  return {{"physicalLocation",
           json::object{{"artifactLocation", json::object{{"uri", uri}}},
                        {"region", json::object{{"startLine", line}, {"startColumn", 1}}}}},
          {"logicalLocations",
           json::array{json::object{{"fullyQualifiedName", plain(finding.operation)},
                                    {"kind", "resource"}}}}};
}

// The request that decided, and its answer: the first one that was changed and served.
void add_exchange(json::object& result, const scan::Finding& finding) {
  for (const scan::Evidence& evidence : finding.evidence) {
    for (const scan::Exchange& exchange : evidence.exchanges) {
      if (exchange.refused || exchange.changed.empty() || exchange.status == 0) continue;
      result["webRequest"] =
          json::object{{"protocol", "HTTP"},
                       {"version", "1.1"},
                       {"method", plain(exchange.method)},
                       {"target", plain(exchange.target)},
                       {"properties", json::object{{"changed", plain(exchange.changed)}}}};
      result["webResponse"] =
          json::object{{"protocol", "HTTP"}, {"version", "1.1"}, {"statusCode", exchange.status}};
      return;
    }
  }
}

json::object result_of(const scan::Report& report, const scan::Finding& finding,
                       std::size_t rule_index) {
  std::string words = finding.title;
  if (!finding.evidence.empty()) words += ": " + finding.evidence.front().claim;
  json::object result{
      {"ruleId", plain(finding.id)},
      {"ruleIndex", rule_index},
      {"kind", "fail"},
      {"level", level_of(finding.severity)},
      {"message", json::object{{"text", message(words)}}},
      {"locations", json::array{location_of(report, finding)}},
      {"partialFingerprints", json::object{{"primaryLocationLineHash",
                                            fingerprint(finding.id, finding.operation) + ":1"}}},
      {"properties", json::object{{"confidence", to_string(finding.confidence)},
                                  {"severity", to_string(finding.severity)},
                                  {"operation", plain(finding.operation)}}}};
  if (finding.novelty != scan::Novelty::not_compared) {
    result["baselineState"] = to_string(finding.novelty);
  }
  result["suppressions"] =
      finding.suppressed
          ? json::array{json::object{
                {"kind", "external"},
                {"status", "accepted"},
                {"justification", plain(fmt::format("{} (until {})", finding.suppressed->reason,
                                                    finding.suppressed->expires))}}}
          : json::array{};
  add_exchange(result, finding);
  return result;
}

json::object taxonomy(const char* name, const char* full_name, const char* organization,
                      const std::set<std::string>& ids) {
  json::array taxa;
  for (const std::string& id : ids) {
    taxa.push_back(json::object{{"id", id}, {"shortDescription", json::object{{"text", id}}}});
  }
  return {{"name", name},
          {"organization", organization},
          {"shortDescription", json::object{{"text", full_name}}},
          {"taxa", std::move(taxa)}};
}

json::array taxonomies_of(const scan::Report& report) {
  std::set<std::string> weaknesses;
  std::set<std::string> risks;
  for (const scan::Finding& finding : report.findings) {
    for (const int weakness : finding.cwe) weaknesses.insert(std::to_string(weakness));
    for (const std::string& risk : finding.owasp) risks.insert(plain(risk));
  }
  return {taxonomy(kCwe, "Common Weakness Enumeration", "MITRE", weaknesses),
          taxonomy(kOwasp, "OWASP API Security Top 10 2023", "OWASP", risks)};
}

// One category for each API, so that several scans of one commit do not replace each other.
std::string category_of(const scan::Report& report) {
  if (report.operations) return document_uri(report.operations->document);
  if (!report.declarations.empty()) return document_uri(report.declarations.front().file);
  if (!report.checks.empty()) return operation_uri(report.checks.front().operation);
  return "weir-scan";
}

json::object driver_of(const scan::Report& report, json::array rules) {
  return {{"name", "weir"},
          {"version", plain(report.tool_version)},
          {"rules", std::move(rules)},
          {"supportedTaxonomies",
           json::array{json::object{{"name", kCwe}}, json::object{{"name", kOwasp}}}}};
}

}  // namespace

std::string render_sarif(const scan::Report& report) {
  json::array rules;
  json::array results;
  std::map<std::string, std::size_t> index_of;
  for (const scan::Finding& finding : report.findings) {
    const auto [entry, is_new] = index_of.emplace(plain(finding.id), rules.size());
    if (is_new) rules.push_back(rule_of(finding));
    results.push_back(result_of(report, finding, entry->second));
  }
  const json::object run{
      {"tool", json::object{{"driver", driver_of(report, std::move(rules))}}},
      {"automationDetails", json::object{{"id", "weir/" + category_of(report) + "/"}}},
      {"invocations", json::array{json::object{{"executionSuccessful", !report.interrupted}}}},
      {"columnKind", "utf16CodeUnits"},
      {"taxonomies", taxonomies_of(report)},
      {"results", std::move(results)},
      {"properties", json::object{{"score", report.score},
                                  {"grade", std::string_view(&report.grade, 1)},
                                  {"coverage", report.coverage},
                                  {"target", plain(report.target)},
                                  {"seed", std::to_string(report.seed)}}}};
  return json::serialize(
             json::object{{"$schema", kSchema}, {"version", "2.1.0"}, {"runs", json::array{run}}}) +
         "\n";
}

}  // namespace weir::report
