#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <map>
#include <optional>

#include "scan/checks/property_authorization/checks.h"
#include "scan/checks/property_authorization/properties.h"

namespace weir::scan::property_authorization {
namespace {

namespace json = boost::json;

// What decides what somebody may do, and is never theirs to choose.
constexpr std::array<std::string_view, 11> kPrivileges = {
    "role",        "roles",    "is_admin",       "isAdmin", "admin",  "is_staff",
    "permissions", "verified", "email_verified", "balance", "credits"};

std::optional<json::object> body_of(const Request& request) {
  if (!request.body) return std::nullopt;
  json::error_code error;
  json::value value = json::parse(*request.body, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

// The properties on top of an answer, with their values.
std::map<std::string, std::string> values_of(const Answer& answer) {
  std::map<std::string, std::string> values;
  for (const Leaf& leaf : leaves_of(answer.response.body).value_or(std::vector<Leaf>())) {
    if (leaf.path == leaf.key && !leaf.is_null) values[leaf.key] = leaf.text;
  }
  return values;
}

Variant with_property(Surface& surface, const json::object& body, std::string_view name,
                      const json::value& value) {
  Variant variant = surface.base();
  json::object changed = body;
  changed[name] = value;
  variant.request.body = json::serialize(changed);
  variant.changed = fmt::format("body with {}: {}", name, json::serialize(value));
  return variant;
}

// A value of the kind that the answer has, but another one.
json::value other_value(Surface& surface, const std::string& present) {
  if (present == "true" || present == "false") return present == "false";
  if (!present.empty() && present.find_first_not_of("0123456789.-") == std::string::npos) {
    return 7000 + static_cast<std::int64_t>(surface.rng().below(1000));
  }
  return json::value("weir-" + surface.made_up());
}

CheckOutcome run(Surface& surface) {
  if (surface.base_request().method != "POST" || !surface.plan().allow_writes) {
    return CheckOutcome::not_applicable("no POST that --allow-writes allows");
  }
  const auto body = body_of(surface.base_request());
  if (!body) return CheckOutcome::not_applicable("the body is no JSON object");
  const Answer& own = surface.baseline();
  if (!own.served()) return CheckOutcome::inconclusive("the base is not served");
  int tried = 0;
  for (const auto& entry : values_of(own)) {
    const std::string& name = entry.first;
    const std::string& present = entry.second;
    if (std::find(kPrivileges.begin(), kPrivileges.end(), name) == kPrivileges.end()) continue;
    if (body->contains(name)) continue;  // the caller's own to choose
    ++tried;
    const auto takes = [&](std::string_view property, Answer& answer) {
      const json::value value = other_value(surface, present);
      answer = surface.send(with_property(surface, *body, property, value), "variant");
      const auto values = values_of(answer);
      const auto at = values.find(std::string(property));
      return answer.served() && at != values.end() &&
             at->second ==
                 (value.is_string() ? std::string(value.get_string()) : json::serialize(value));
    };
    Answer first;
    Answer control;
    Answer second;
    if (!takes(name, first)) continue;
    // The control: what repeats any property is an echo, and assigns nothing.
    if (takes("weir" + surface.made_up(6), control)) {
      return CheckOutcome::inconclusive("the answer repeats any property of the body");
    }
    if (!takes(name, second)) return CheckOutcome::inconclusive("it was taken once only");
    return CheckOutcome::vulnerable(
        Confidence::confirmed,
        surface.evidence(fmt::format("{} of the answer is what the body says, twice with other "
                                     "values; without it, it is {}; a made-up property is not "
                                     "repeated",
                                     name, present.substr(0, 40)),
                         {&own, &control, &first, &second}));
  }
  if (tried == 0) return CheckOutcome::not_applicable("the answer shows no privilege");
  return CheckOutcome::protected_(
      fmt::format("{} properties of the answer are not taken from the body", tried));
}

const CheckInfo kInfo = {
    "mass-assignment",
    "The body sets properties that are not the caller's to choose",
    Severity::critical,
    "property-authorization",
    {"API3:2023"},
    {915},
    {"6.2.4"},
    "Who adds role or balance to the body gets them.",
    "Take from the body only the properties that the operation names; refuse others "
    "(additionalProperties: false).",
    "read_only_fields = [\"role\", \"is_staff\", \"balance\"] in the serializer; "
    "UpdateExpression with named attributes, never a put_item of the body.",
    "",
    "With --allow-writes: a property of the answer that decides about privileges (role, is_admin, "
    "balance, ...) takes the value that the body gives it, twice with other values, and "
    "a made-up property is not repeated."};

}  // namespace

const SurfaceCheck kMassAssignment = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::property_authorization
