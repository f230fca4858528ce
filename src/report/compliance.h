// What a scan has to say on the clauses of standards that auditors ask about: OWASP API Security
// Top 10 2023, CWE, PCI DSS 4.0.1 and SOC 2.
//
// A scan contradicts a clause by a finding; it never fulfils one. That checks held is supporting
// evidence: it was tried from outside, on that day, on those operations. The words say so.
//
// The clauses of PCI DSS are those that a check names itself. Those of SOC 2 follow from the OWASP
// risk; that mapping is Weir's own reading of the Trust Services Criteria (2017, points of focus
// 2022), not the AICPA's. Thread safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "scan/model.h"

namespace weir::report {

// What a check is about, from its entry in the catalogue.
struct CheckReferences {
  std::string id;
  std::vector<std::string> owasp;
  std::vector<int> cwe;
  std::vector<std::string> pci_dss;
};

struct Clause {
  std::string framework;  // "OWASP API 2023", "CWE", "PCI DSS 4.0.1", "SOC 2"
  std::string clause;     // "API4:2023", "CWE-770", "6.2.4", "CC6.6"
  std::string title;      // empty for a CWE
  int findings = 0;       // that contradict it; suppressed ones too
  int held = 0;           // checks that held
  int undecided = 0;
};

// In the order of the frameworks. All ten risks of OWASP, of the others those that a check touches.
std::vector<Clause> compliance(const scan::Report& report,
                               const std::vector<CheckReferences>& references);

// "contradicted by 2 findings", "supporting evidence: 5 checks held", "not tested".
std::string standing(const Clause& clause);

// A page for a terminal. `report` need not have been bounded.
std::string render_compliance(const scan::Report& report,
                              const std::vector<CheckReferences>& references, bool colour,
                              int width);

}  // namespace weir::report
