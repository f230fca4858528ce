#include "scan/checks/filing.h"

namespace weir::scan {

void file_outcome(const CheckInfo& info, const std::string& operation, CheckOutcome outcome,
                  int requests, Report& report, Listener& listener) {
  report.checks.push_back(
      {info.id, info.category, operation, outcome.verdict, outcome.detail, requests});
  if (outcome.verdict != CheckVerdict::vulnerable) return;
  Finding finding;
  finding.id = info.id;
  finding.title = info.title;
  finding.severity = info.severity;
  finding.confidence = outcome.confidence;
  finding.category = info.category;
  finding.operation = operation;
  finding.evidence = std::move(outcome.evidence);
  finding.why = info.why;
  finding.remediation = info.remediation;
  finding.remediation_django_dynamodb = info.remediation_django_dynamodb;
  finding.weir_rule = info.weir_rule;
  finding.owasp = info.owasp;
  finding.cwe = info.cwe;
  finding.pci_dss = info.pci_dss;
  listener.found(finding);
  report.findings.push_back(std::move(finding));
}

}  // namespace weir::scan
