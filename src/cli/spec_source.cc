#include "cli/spec_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/files.h"
#include "cli/scan_plan.h"
#include "net/http_client.h"
#include "openapi/percent.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;

bool is_url(const std::string& spec) {
  return spec.starts_with("http://") || spec.starts_with("https://");
}

// ---- files ----

Result<std::string> read_inside(const fs::path& folder, const std::string& path) {
  std::error_code error;
  const fs::path real = fs::canonical(folder / path, error);
  if (error) return fail(ErrorCode::not_found, "it is not there");
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), real.begin(), real.end());
  if (end != folder.end()) {
    return fail(ErrorCode::invalid_input, "it is a link out of the document's folder");
  }
  if (!fs::is_regular_file(real, error)) return fail(ErrorCode::invalid_input, "it is not a file");
  return read_file(real.string(), openapi::kMaxDocumentBytes);
}

Result<SpecSource> open_file(const std::string& spec) {
  auto text = read_file(spec, openapi::kMaxDocumentBytes);
  if (!text) return tl::unexpected(text.error());
  std::error_code error;
  const fs::path folder = fs::canonical(fs::path(spec).parent_path() / ".", error);
  return SpecSource{*std::move(text),
                    [folder](const std::string& path) { return read_inside(folder, path); }};
}

// ---- the target ----

// What is asked for lies in one folder of the target.
class Asker {
 public:
  Asker(const ScanOptions& options, net::Endpoint endpoint, std::vector<scan::Header> headers)
      : endpoint_(std::move(endpoint)),
        budget_(std::chrono::milliseconds(static_cast<std::int64_t>(options.timeout_s * 1000))),
        headers_(std::move(headers)),
        client_({.ca_file = "", .verify_peer = !options.insecure},
                {.max_response_bytes = openapi::kMaxDocumentBytes}) {}

  Result<std::string> get(const std::string& target) {
    std::vector<net::Header> sent;
    for (const scan::Header& header : headers_) sent.push_back({header.name, header.value});
    auto outcome = client_.call(endpoint_, {.target = target, .headers = sent}, budget_);
    if (!outcome) return tl::unexpected(outcome.error().error);
    if (outcome->status != 200) {
      return fail(ErrorCode::not_found,
                  fmt::format("{}{} answered {}", endpoint_.to_string(),
                              target.substr(0, target.find('?')), outcome->status),
                  "Give the URL at which the document itself is");
    }
    return std::move(outcome->body);
  }

 private:
  net::Endpoint endpoint_;
  Duration budget_;
  std::vector<scan::Header> headers_;
  net::HttpClient client_;
};

Result<SpecSource> open_url(const ScanOptions& options, const net::Url& target) {
  const auto url = net::Url::parse(options.spec);
  if (!url) return tl::unexpected(Error(url.error()).at("--spec"));
  if (url->endpoint() != target.endpoint()) {
    return fail(ErrorCode::invalid_input,
                "--spec: " + url->endpoint().to_string() +
                    " is not what is scanned, so it is not "
                    "asked",
                "Download the document and give the file");
  }
  auto headers = parse_headers(options.headers, "--header");
  if (!headers) return tl::unexpected(headers.error());
  const auto asker = std::make_shared<Asker>(options, url->endpoint(), *std::move(headers));
  auto text = asker->get(url->target);
  if (!text) return tl::unexpected(Error(text.error()).at("--spec"));
  const std::string folder(url->path().substr(0, url->path().rfind('/') + 1));
  return SpecSource{*std::move(text), [asker, folder](const std::string& path) {
                      return asker->get(folder + openapi::path_encoded(path));
                    }};
}

}  // namespace

Result<SpecSource> open_spec(const ScanOptions& options, const net::Url& target) {
  return is_url(options.spec) ? open_url(options, target) : open_file(options.spec);
}

}  // namespace weir::cli
