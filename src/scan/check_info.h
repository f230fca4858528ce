// What is said of a flaw wherever it is found: by a check of the scanner or by a rule of the tap.
// Plain data.
#pragma once

#include <string>
#include <vector>

#include "scan/model.h"

namespace weir::scan {

struct CheckInfo {
  const char* id;
  const char* title;
  Severity severity;
  const char* category;
  std::vector<std::string> owasp;
  std::vector<int> cwe;
  std::vector<std::string> pci_dss;
  const char* why;
  const char* remediation;
  const char* remediation_django_dynamodb;
  const char* weir_rule;
  const char* proof = nullptr;  // what has to be seen before it is reported: one or two sentences
};

}  // namespace weir::scan
