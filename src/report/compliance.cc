#include "report/compliance.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "report/bounded.h"
#include "report/text_page.h"

namespace weir::report {
namespace {

struct Risk {
  const char* id;
  const char* title;
  std::vector<std::string_view> soc2;
};

const std::vector<Risk>& risks() {
  static const std::vector<Risk> all = {
      {"API1:2023", "Broken object level authorization", {"CC6.1", "CC6.3"}},
      {"API2:2023", "Broken authentication", {"CC6.1"}},
      {"API3:2023", "Broken object property level authorization", {"CC6.1", "CC6.3"}},
      {"API4:2023", "Unrestricted resource consumption", {"A1.1", "CC6.6"}},
      {"API5:2023", "Broken function level authorization", {"CC6.1", "CC6.3"}},
      {"API6:2023", "Unrestricted access to sensitive business flows", {"CC6.6"}},
      {"API7:2023", "Server side request forgery", {"CC6.6"}},
      {"API8:2023", "Security misconfiguration", {"CC6.6", "CC7.1"}},
      {"API9:2023", "Improper inventory management", {"CC7.1"}},
      {"API10:2023", "Unsafe consumption of APIs", {"CC6.6", "CC9.2"}},
  };
  return all;
}

const std::pair<const char*, const char*> kSoc2[] = {
    {"A1.1", "Capacity is monitored and managed"},
    {"CC6.1", "Logical access to protected information is restricted"},
    {"CC6.3", "Access follows roles and least privilege"},
    {"CC6.6", "Measures against threats from outside the system's boundary"},
    {"CC7.1", "Weaknesses in the configuration are looked for"},
    {"CC9.2", "Risks of vendors and partners are managed"},
};

const std::pair<const char*, const char*> kPciDss[] = {
    {"6.2.4", "Software withstands common attacks"},
    {"6.4.1", "Public web applications are protected against attacks"},
    {"6.4.2", "Attacks on public web applications are detected and prevented"},
    {"8.3.4", "Accounts are locked after failed attempts"},
};

template <class Titles>
std::string title_in(const Titles& titles, std::string_view clause) {
  for (const auto& [id, title] : titles) {
    if (clause == id) return title;
  }
  return {};
}

std::vector<std::string_view> soc2_of(const std::vector<std::string>& owasp) {
  std::set<std::string_view> clauses;
  for (const Risk& risk : risks()) {
    if (std::find(owasp.begin(), owasp.end(), risk.id) == owasp.end()) continue;
    clauses.insert(risk.soc2.begin(), risk.soc2.end());
  }
  return {clauses.begin(), clauses.end()};
}

class Clauses {
 public:
  Clause& at(const std::string& framework, const std::string& clause, const std::string& title) {
    const auto found = std::find_if(all_.begin(), all_.end(), [&](const Clause& each) {
      return each.framework == framework && each.clause == clause;
    });
    if (found != all_.end()) return *found;
    return all_.emplace_back(Clause{framework, clause, title});
  }

  void count(const CheckReferences& references, scan::CheckVerdict verdict) {
    for (const std::string& risk : references.owasp) add(at("OWASP API 2023", risk, ""), verdict);
    for (const int weakness : references.cwe) {
      add(at("CWE", fmt::format("CWE-{}", weakness), ""), verdict);
    }
    for (const std::string& clause : references.pci_dss) {
      add(at("PCI DSS 4.0.1", clause, title_in(kPciDss, clause)), verdict);
    }
    for (const std::string_view clause : soc2_of(references.owasp)) {
      add(at("SOC 2", std::string(clause), title_in(kSoc2, clause)), verdict);
    }
  }

  std::vector<Clause> take() && {
    const auto rank = [](const Clause& clause) {
      for (int i = 0; const char* name : {"OWASP API 2023", "CWE", "PCI DSS 4.0.1", "SOC 2"}) {
        if (clause.framework == name) return i;
        ++i;
      }
      return 4;
    };
    std::stable_sort(all_.begin(), all_.end(),
                     [&rank](const Clause& a, const Clause& b) { return rank(a) < rank(b); });
    return std::move(all_);
  }

 private:
  static void add(Clause& clause, scan::CheckVerdict verdict) {
    if (verdict == scan::CheckVerdict::vulnerable) ++clause.findings;
    if (verdict == scan::CheckVerdict::protected_) ++clause.held;
    if (verdict == scan::CheckVerdict::inconclusive) ++clause.undecided;
  }

  std::vector<Clause> all_;
};

std::string plural(int count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

std::vector<Clause> compliance(const scan::Report& report,
                               const std::vector<CheckReferences>& references) {
  Clauses clauses;
  for (const Risk& risk : risks()) clauses.at("OWASP API 2023", risk.id, risk.title);
  for (const scan::CheckResult& check : report.checks) {
    const auto known =
        std::find_if(references.begin(), references.end(),
                     [&check](const CheckReferences& each) { return each.id == check.id; });
    if (known != references.end()) clauses.count(*known, check.verdict);
  }
  return std::move(clauses).take();
}

std::string standing(const Clause& clause) {
  if (clause.findings > 0) return "contradicted by " + plural(clause.findings, "finding");
  if (clause.held > 0) return "supporting evidence: " + plural(clause.held, "check") + " held";
  if (clause.undecided > 0) {
    return "nothing can be said: " + plural(clause.undecided, "check") + " undecided";
  }
  return "not tested";
}

std::string render_compliance(const scan::Report& report,
                              const std::vector<CheckReferences>& references, bool colour,
                              int width) {
  const scan::Report shown = bounded(report);
  TextPage page(colour, static_cast<std::size_t>(std::clamp(width, 40, 200)));
  page.line({{"Weir scan: what it has to say to an audit", fmt::emphasis::bold}});
  page.line({{fmt::format("{} · {} · scan {}", shown.target, shown.started_at, shown.scan_id)}});
  page.blank();
  page.paragraph("", 0,
                 "A finding contradicts a clause. That checks held is supporting evidence only: it "
                 "was tried from outside, on that day, on the operations of this report. No clause "
                 "is fulfilled by a scan.",
                 0);
  std::string framework;
  std::vector<Row> rows;
  const auto flush = [&page, &rows] {
    if (!rows.empty()) page.table(rows, 2);
    rows.clear();
  };
  for (const Clause& clause : compliance(shown, references)) {
    if (clause.framework != framework) {
      flush();
      framework = clause.framework;
      page.heading(framework);
    }
    rows.push_back({{clause.clause}, {clause.title}, {standing(clause)}});
  }
  flush();
  return std::move(page).take();
}

}  // namespace weir::report
