#include "store/dynamodb/options.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/dynamodb/profile_files.h"

namespace weir::store {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Regions become part of a host name: "eu-west-1", "us-gov-east-1".
bool is_region(std::string_view region) {
  return !region.empty() && region.size() <= 32 &&
         std::all_of(region.begin(), region.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-'; });
}

std::string default_endpoint(std::string_view region) {
  // https://docs.aws.amazon.com/general/latest/gr/ddb.html
  const std::string_view suffix = region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return fmt::format("https://dynamodb.{}.{}", region, suffix);
}

}  // namespace

Status check_table_name(std::string_view table) {
  const bool good = table.size() >= 3 && table.size() <= 255 &&
                    std::all_of(table.begin(), table.end(), [](char c) {
                      return is_alphanumeric(c) || c == '_' || c == '-' || c == '.';
                    });
  if (good) return {};
  return fail(ErrorCode::invalid_input, "the table's name is not one that DynamoDB accepts",
              "use 3 to 255 letters, digits, '_', '-' and '.'");
}

Result<DynamoDbTarget> resolve_target(const DynamoDbOptions& options,
                                      const Environment& environment) {
  const Result<Profile> profile = read_profile(environment);
  if (!profile) return tl::unexpected(profile.error());
  const std::string profile_place =
      fmt::format("profile '{}' in {}", profile->name, profile->places);

  struct Found {
    std::string value;
    std::string place;
  };
  Found region{options.region, "the region"};
  for (const std::string_view variable : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (!region.value.empty()) break;
    region = {read_variable(environment, variable).value_or(""), std::string(variable)};
  }
  if (region.value.empty()) region = {profile->get("region").value_or(""), profile_place};

  Found endpoint{options.endpoint_url, "the endpoint URL"};
  for (const std::string_view variable : {"AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"}) {
    if (!endpoint.value.empty()) break;
    endpoint = {read_variable(environment, variable).value_or(""), std::string(variable)};
  }
  if (endpoint.value.empty()) {
    endpoint = {profile->get("endpoint_url").value_or(""), profile_place};
  }

  if (region.value.empty()) {
    if (endpoint.value.empty()) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("no AWS region: looked at AWS_REGION, AWS_DEFAULT_REGION and {}",
                              profile_place),
                  "set AWS_REGION, or AWS_ENDPOINT_URL_DYNAMODB for an emulator");
    }
    region.value = "us-east-1";
  }
  if (!is_region(region.value)) {
    return fail(ErrorCode::invalid_input,
                fmt::format("{}: '{}' is not the name of an AWS region", region.place,
                            region.value.substr(0, 64)),
                "write it like eu-west-1");
  }
  if (endpoint.value.empty()) endpoint = {default_endpoint(region.value), region.place};
  Result<net::Url> url = net::Url::parse(endpoint.value);
  if (!url) return tl::unexpected(std::move(url.error()).at(endpoint.place));
  if (url->target != "/") {
    return fail(ErrorCode::invalid_input,
                fmt::format("{}: {} has a path", endpoint.place, url->to_string()),
                "leave out everything after the host and port");
  }
  return DynamoDbTarget{std::move(*url), region.value};
}

}  // namespace weir::store
