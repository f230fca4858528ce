#include "report/read_json.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>
#include <exception>
#include <limits>
#include <string>
#include <utility>

#include "report/visible.h"

namespace weir::report {
namespace {

namespace json = boost::json;

// Ends a reading; read_json() makes an Error of it.
struct Misread {
  std::string where;
  std::string what;
};

// A value and the way to it.
class Place {
 public:
  Place(const json::value& value, std::string path) : value_(&value), path_(std::move(path)) {}

  [[noreturn]] void fail(std::string what) const { throw Misread{path_, std::move(what)}; }

  bool is_null() const { return value_->is_null(); }

  // The member `name`, which must be there.
  Place operator[](const char* name) const {
    if (const json::value* member = find(name)) return {*member, path_of(name)};
    throw Misread{path_of(name), "is missing"};
  }

  // Calls `read` with the member `name` if it is there and not null.
  template <class Read>
  void if_there(const char* name, Read read) const {
    const json::value* member = find(name);
    if (member != nullptr && !member->is_null()) read(Place(*member, path_of(name)));
  }

  template <class T, class Read>
  void list_into(std::vector<T>& target, Read read) const {
    const json::array* array = value_->if_array();
    if (array == nullptr) fail("is not a list");
    target.reserve(array->size());
    for (std::size_t i = 0; i < array->size(); ++i) {
      target.push_back(read(Place((*array)[i], fmt::format("{}[{}]", path_, i))));
    }
  }

  template <class Read>
  void each_member(Read read) const {
    for (const auto& [name, member] : object()) {
      read(std::string(name), Place(member, path_of(valid_text(name, 40))));
    }
  }

  std::string text() const {
    const json::string* text = value_->if_string();
    if (text == nullptr) fail("is not a text");
    return std::string(*text);
  }

  bool truth() const {
    const bool* truth = value_->if_bool();
    if (truth == nullptr) fail("is neither true nor false");
    return *truth;
  }

  template <class T>
  T whole() const {
    boost::system::error_code error;
    const T number = value_->to_number<T>(error);
    if (error) fail("is not a whole number in range");
    return number;
  }

  double number() const {
    boost::system::error_code error;
    const double number = value_->to_number<double>(error);
    if (error || !std::isfinite(number)) fail("is not a number");
    return number;
  }

  // One of an enumeration, by the words of to_string().
  template <class T>
  T one_of(T last) const {
    const std::string word = text();
    for (int i = 0; i <= static_cast<int>(last); ++i) {
      if (word == to_string(static_cast<T>(i))) return static_cast<T>(i);
    }
    fail("'" + visible(valid_text(word, 40)) + "' is not a word that may stand here");
  }

 private:
  const json::object& object() const {
    const json::object* object = value_->if_object();
    if (object == nullptr) fail("is not an object");
    return *object;
  }
  const json::value* find(const char* name) const { return object().if_contains(name); }
  std::string path_of(const std::string& name) const {
    return path_.empty() ? name : path_ + "." + name;
  }

  const json::value* value_;
  std::string path_;
};

scan::Exchange exchange_of(const Place& place) {
  scan::Exchange exchange;
  exchange.sent_s = place["sent_s"].number();
  exchange.answered_s = place["answered_s"].number();
  exchange.method = place["method"].text();
  exchange.target = place["target"].text();
  exchange.changed = place["changed"].text();
  exchange.status = place["status"].whole<int>();
  exchange.refused = place["refused"].truth();
  exchange.note = place["note"].text();
  return exchange;
}

scan::Evidence evidence_of(const Place& place) {
  scan::Evidence evidence;
  evidence.claim = place["claim"].text();
  place["exchanges"].list_into(evidence.exchanges, exchange_of);
  evidence.exchanges_left_out = place["exchanges_left_out"].whole<std::uint32_t>();
  evidence.curl = place["curl"].text();
  evidence.admitted = place["admitted"].whole<int>();
  evidence.allowed = place["allowed"].whole<int>();
  evidence.rounds = place["rounds"].whole<int>();
  return evidence;
}

std::string text_of(const Place& place) {
  return place.text();
}

scan::Finding finding_of(const Place& place) {
  scan::Finding finding;
  finding.id = place["id"].text();
  finding.title = place["title"].text();
  finding.severity = place["severity"].one_of(scan::Severity::critical);
  finding.confidence = place["confidence"].one_of(scan::Confidence::confirmed);
  finding.category = place["category"].text();
  finding.operation = place["operation"].text();
  place["evidence"].list_into(finding.evidence, evidence_of);
  finding.why = place["why"].text();
  finding.remediation = place["remediation"].text();
  finding.remediation_django_dynamodb = place["remediation_django_dynamodb"].text();
  finding.weir_rule = place["weir_rule"].text();
  place["owasp"].list_into(finding.owasp, text_of);
  place["cwe"].list_into(finding.cwe, [](const Place& each) { return each.whole<int>(); });
  place["pci_dss"].list_into(finding.pci_dss, text_of);
  place.if_there("novelty", [&finding](const Place& novelty) {
    finding.novelty = novelty.one_of(scan::Novelty::unchanged);
  });
  place.if_there("suppressed", [&finding](const Place& suppressed) {
    finding.suppressed = {suppressed["reason"].text(), suppressed["expires"].text()};
  });
  return finding;
}

scan::CheckResult check_of(const Place& place) {
  return {place["id"].text(),        place["category"].text(),
          place["operation"].text(), place["verdict"].one_of(scan::CheckVerdict::not_applicable),
          place["detail"].text(),    place["requests"].whole<int>()};
}

void read_n_and_window(const Place& place, std::optional<std::int64_t>& n,
                       std::optional<double>& window_s) {
  place.if_there("n", [&n](const Place& each) { n = each.whole<std::int64_t>(); });
  place.if_there("window_s", [&window_s](const Place& each) { window_s = each.number(); });
}

scan::LimitSummary limit_of(const Place& place) {
  scan::LimitSummary limit;
  limit.operation = place["operation"].text();
  read_n_and_window(place, limit.n, limit.window_s);
  limit.kind = place["kind"].one_of(scan::LimitKind::per_process);
  limit.fit = place["fit"].number();
  limit.refusal = place["refusal"].text();
  limit.detail = place["detail"].text();
  return limit;
}

scan::TimelinePoint point_of(const Place& place) {
  return {place["t_s"].number(), place["status"].whole<int>(), place["refused"].truth(),
          place["phase"].text()};
}

scan::Timeline timeline_of(const Place& place) {
  scan::Timeline timeline;
  timeline.operation = place["operation"].text();
  read_n_and_window(place, timeline.n, timeline.window_s);
  place["points"].list_into(timeline.points, point_of);
  return timeline;
}

scan::GoneFinding gone_of(const Place& place) {
  scan::GoneFinding gone{place["id"].text(), place["operation"].text(), std::nullopt};
  place.if_there("now", [&gone](const Place& now) {
    gone.now = now.one_of(scan::CheckVerdict::not_applicable);
  });
  return gone;
}

scan::Comparison comparison_of(const Place& place) {
  scan::Comparison comparison;
  comparison.started_at = place["started_at"].text();
  comparison.score = place["score"].whole<int>();
  comparison.fresh = place["new"].whole<int>();
  comparison.unchanged = place["unchanged"].whole<int>();
  place["gone"].list_into(comparison.gone, gone_of);
  return comparison;
}

scan::OperationCoverage coverage_of(const Place& place) {
  scan::OperationCoverage coverage;
  coverage.document = place["document"].text();
  coverage.declared = place["declared"].whole<int>();
  coverage.tested = place["tested"].whole<int>();
  place["left_out"].list_into(coverage.left_out, [](const Place& each) {
    return scan::LeftOut{each["operation"].text(), each["reason"].text()};
  });
  return coverage;
}

scan::Report report_of(const Place& place) {
  scan::Report report;
  if (place["schema"].text() != report.schema) {
    place["schema"].fail("is not '" + report.schema + "'");
  }
  report.tool_version = place["tool_version"].text();
  report.target = place["target"].text();
  report.started_at = place["started_at"].text();
  report.duration_s = place["duration_s"].number();
  report.requests = place["requests"].whole<int>();
  report.seed = place["seed"].whole<std::uint64_t>();
  report.score = place["score"].whole<int>();
  const std::string grade = place["grade"].text();
  if (grade.size() != 1) place["grade"].fail("is not a letter");
  report.grade = grade.front();
  report.coverage = place["coverage"].number();
  report.interrupted = place["interrupted"].truth();
  place["categories"].each_member([&report](const std::string& name, const Place& score) {
    report.categories[name] = score.whole<int>();
  });
  place["score_steps"].list_into(report.score_steps, [](const Place& step) {
    return scan::ScoreStep{step["what"].text(), step["factor"].number()};
  });
  place["limits"].list_into(report.limits, limit_of);
  place["checks"].list_into(report.checks, check_of);
  place["findings"].list_into(report.findings, finding_of);
  place["timelines"].list_into(report.timelines, timeline_of);
  place["notes"].list_into(report.notes, text_of);
  place.if_there("scan_id", [&report](const Place& id) { report.scan_id = id.text(); });
  place.if_there("declarations", [&report](const Place& declarations) {
    declarations.list_into(report.declarations, [](const Place& each) {
      return scan::Declaration{each["operation"].text(), each["file"].text(),
                               each["line"].whole<int>()};
    });
  });
  place.if_there("operations", [&report](const Place& operations) {
    report.operations = coverage_of(operations);
  });
  place.if_there("comparison", [&report](const Place& comparison) {
    report.comparison = comparison_of(comparison);
  });
  return report;
}

constexpr const char* kCure = "Give a report that 'weir scan --format json' wrote";

}  // namespace

Result<scan::Report> read_json(std::string_view text, std::string_view name) try {
  if (text.size() > kMaxReportBytes) {
    return fail(ErrorCode::limit_exceeded,
                fmt::format("{}: larger than {} bytes", name, kMaxReportBytes), kCure);
  }
  json::parse_options options;
  options.max_depth = kMaxReportDepth;
  boost::system::error_code error;
  const json::value document = json::parse(text, error, {}, options);
  if (error) {
    return fail(ErrorCode::invalid_input, fmt::format("{}: is not JSON: {}", name, error.message()),
                kCure);
  }
  return report_of(Place(document, ""));
} catch (const Misread& misread) {
  const std::string where = misread.where.empty() ? "the document" : misread.where;
  return fail(ErrorCode::invalid_input,
              fmt::format("{}: {}: {}", name, visible(valid_text(where, 200)), misread.what),
              kCure);
} catch (const std::exception& error) {
  return fail(ErrorCode::internal, fmt::format("{}: cannot be read: {}", name, error.what()),
              kCure);
}

}  // namespace weir::report
