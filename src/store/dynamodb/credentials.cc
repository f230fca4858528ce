#include "store/dynamodb/credentials.h"

#include <fmt/format.h>

#include <array>

#include "store/dynamodb/profile_files.h"

namespace weir::store {
CredentialSource environment_credentials(Environment environment) {
  return [environment = std::move(environment)](Duration) -> Result<std::optional<Credentials>> {
    const auto id = read_variable(environment, "AWS_ACCESS_KEY_ID");
    const auto secret = read_variable(environment, "AWS_SECRET_ACCESS_KEY");
    if (!id && !secret) return std::nullopt;
    if (!id || !secret) {
      return fail(ErrorCode::unauthorized,
                  fmt::format("the environment has {} but not {}",
                              id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                              id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID"),
                  "set both or neither");
    }
    return Credentials{*id, *secret, read_variable(environment, "AWS_SESSION_TOKEN").value_or(""),
                       std::nullopt, "the environment"};
  };
}

CredentialSource profile_credentials(Environment environment) {
  return [environment = std::move(environment)](Duration) -> Result<std::optional<Credentials>> {
    const Result<Profile> profile = read_profile(environment);
    if (!profile) return tl::unexpected(profile.error());
    const std::string name = fmt::format("profile '{}' in {}", profile->name, profile->places);
    const auto id = profile->get("aws_access_key_id");
    const auto secret = profile->get("aws_secret_access_key");
    if (id && secret) {
      return Credentials{*id, *secret, profile->get("aws_session_token").value_or(""), std::nullopt,
                         name};
    }
    if (id || secret) {
      return fail(
          ErrorCode::unauthorized,
          fmt::format("{} has only one of aws_access_key_id and aws_secret_access_key", name),
          "set both");
    }
    for (const std::string_view other :
         {"role_arn", "sso_session", "sso_start_url", "credential_process",
          "web_identity_token_file", "login_session"}) {
      if (profile->get(other)) {
        return fail(
            ErrorCode::unsupported,
            fmt::format("{} gets its credentials by {}, which Weir cannot do yet", name, other),
            "put temporary credentials into the environment: aws configure "
            "export-credentials --format env");
      }
    }
    if (profile->chosen && !profile->found) {
      return fail(ErrorCode::unauthorized, fmt::format("there is no {}", name),
                  "correct AWS_PROFILE or add the profile");
    }
    return std::nullopt;
  };
}

CredentialChain::CredentialChain(const Environment& environment, net::HttpCaller& http,
                                 Clock& clock)
    : CredentialChain(
          {environment_credentials(environment), profile_credentials(environment),
           container_credentials(environment, http), instance_credentials(environment, http)},
          clock) {}

CredentialChain::CredentialChain(std::vector<CredentialSource> sources, Clock& clock)
    : sources_(std::move(sources)), clock_(clock) {}

Result<std::shared_ptr<const Credentials>> CredentialChain::find(Duration budget) const {
  for (const CredentialSource& source : sources_) {
    Result<std::optional<Credentials>> found = source(budget);
    if (!found) return tl::unexpected(found.error());
    if (*found) return std::make_shared<const Credentials>(std::move(**found));
  }
  return fail(ErrorCode::unauthorized,
              "no AWS credentials: looked at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the "
              "shared files (~/.aws/credentials, ~/.aws/config), the container's endpoint "
              "(AWS_CONTAINER_CREDENTIALS_*) and the instance's (IMDSv2)",
              "set one of them; an emulator takes any AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
}

Result<std::shared_ptr<const Credentials>> CredentialChain::get(Duration budget) {
  const auto usable = [&](Duration margin) -> std::shared_ptr<const Credentials> {
    const std::lock_guard lock(mutex_);
    if (!current_ || (current_->expires && *current_->expires - clock_.now() <= margin)) return {};
    return current_;
  };
  if (auto fresh = usable(kRenewBefore)) return fresh;

  // Whoever finds credentials that still work goes on with them if another thread renews already.
  std::unique_lock renewing(renewing_, std::defer_lock);
  const std::shared_ptr<const Credentials> old = usable(Duration::zero());
  if (old ? !renewing.try_lock() : !renewing.try_lock_for(budget)) {
    if (old) return old;
    return fail(ErrorCode::timeout, "getting AWS credentials took too long",
                "check the container's or instance's credential endpoint");
  }
  if (auto fresh = usable(kRenewBefore)) return fresh;
  Result<std::shared_ptr<const Credentials>> found = find(budget);
  if (!found && old) return old;
  if (found) {
    const std::lock_guard lock(mutex_);
    current_ = *found;
  }
  return found;
}

void CredentialChain::renew(const std::shared_ptr<const Credentials>& rejected) {
  const std::lock_guard lock(mutex_);
  if (current_ == rejected) current_.reset();
}

}  // namespace weir::store
