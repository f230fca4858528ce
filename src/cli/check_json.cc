#include "cli/check_json.h"

#include <boost/json/value_from.hpp>

namespace weir::cli {

boost::json::object check_json(const scan::CheckInfo& check) {
  return {{"id", check.id},
          {"title", check.title},
          {"severity", to_string(check.severity)},
          {"category", check.category},
          {"proof", check.proof == nullptr ? "" : check.proof},
          {"why", check.why},
          {"remediation", check.remediation},
          {"remediation_django_dynamodb", check.remediation_django_dynamodb},
          {"weir_rule", check.weir_rule},
          {"owasp", boost::json::value_from(check.owasp)},
          {"cwe", boost::json::value_from(check.cwe)},
          {"pci_dss", boost::json::value_from(check.pci_dss)}};
}

boost::json::array checks_json(const std::vector<const scan::CheckInfo*>& checks) {
  boost::json::array all;
  for (const scan::CheckInfo* check : checks) {
    all.push_back({{"id", check->id},
                   {"title", check->title},
                   {"severity", to_string(check->severity)},
                   {"category", check->category}});
  }
  return all;
}

}  // namespace weir::cli
