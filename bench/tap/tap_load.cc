// The parts of the tap's benchmark: a server that answers every request as DynamoDB answers an
// UpdateItem, at once; the tap, put up as `weir tap` does; and clients that ask one request after
// the other on connections that they keep. measure.py runs them, each a process of its own.
//
//   weir_tap_load serve                             prints its port, serves until it is ended
//   weir_tap_load tap PORT [FILE]                   the same before that port; records into the
//   file weir_tap_load ask PORT CONNECTIONS REQUESTS     prints "P50_US P99_US REQUESTS_PER_SECOND"
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/system_clock.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "tap/proxy.h"
#include "tap/recorder.h"

namespace {

using namespace weir;
using Monotonic = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

constexpr std::string_view kAnswer =
    R"({"Attributes":{"hits":{"N":"17"}},"ConsumedCapacity":{"CapacityUnits":1.0,"TableName":"t"}})";
constexpr std::string_view kRequest =
    R"({"TableName":"quote_rate_limits","Key":{"pk":{"S":"user-17#29927000"}},)"
    R"("UpdateExpression":"ADD hits :one","ConditionExpression":)"
    R"("attribute_not_exists(hits) OR hits < :limit","ExpressionAttributeValues":)"
    R"({":one":{"N":"1"},":limit":{"N":"100"}},"ReturnValues":"UPDATED_NEW"})";

int serve() {
  const auto server =
      net::HttpServer::listen(*net::ListenAddress::parse("127.0.0.1:0"), {},
                              [](const net::ServerRequest&, const net::Answer& answer) {
                                answer({.status = 200,
                                        .fields = {{"Content-Type", "application/x-amz-json-1.0"}},
                                        .body = std::string(kAnswer)});
                              });
  if (!server) return 1;
  fmt::print("{}\n", (*server)->address().port);
  std::fflush(stdout);
  for (;;) ::pause();
}

int stand_before(std::uint16_t port, const char* path) {
  base::SystemClock clock;
  const net::Endpoint upstream{net::Scheme::http, "127.0.0.1", port};
  tap::ProxyOptions options{.listen = *net::ListenAddress::parse("127.0.0.1:0"),
                            .upstream = upstream};
  std::ofstream file;
  std::optional<tap::Recorder> recorder;
  if (path != nullptr) {
    file.open(path);
    recorder.emplace(tap::RecorderOptions{
        .file = &file, .head = {.upstream = upstream.to_string(), .started = clock.now()}});
    options.saw = [&recorder](tap::Exchange seen) { recorder->record(std::move(seen)); };
  }
  const auto proxy = tap::Proxy::start(std::move(options), clock);
  if (!proxy) return 1;
  fmt::print("{}\n", (*proxy)->address().port);
  std::fflush(stdout);
  for (;;) ::pause();
}

int ask(std::uint16_t port, int connections, int requests) {
  static constexpr std::array<net::Header, 3> kHeaders = {{
      {"X-Amz-Target", "DynamoDB_20120810.UpdateItem"},
      {"Content-Type", "application/x-amz-json-1.0"},
      {"Authorization", "AWS4-HMAC-SHA256 Credential=bench/20261125/r/dynamodb/aws4_request"},
  }};
  const net::Endpoint endpoint{net::Scheme::http, "127.0.0.1", port};
  std::vector<std::vector<double>> taken(static_cast<std::size_t>(connections));
  std::vector<std::thread> clients;
  const Monotonic::time_point began = Monotonic::now();
  for (std::vector<double>& mine : taken) {
    clients.emplace_back([&mine, &endpoint, requests] {
      net::HttpClient client;
      for (int i = 0; i < requests; ++i) {
        const Monotonic::time_point sent = Monotonic::now();
        const auto answer = client.call(
            endpoint, {.method = "POST", .target = "/", .headers = kHeaders, .body = kRequest},
            std::chrono::seconds(30));
        if (!answer || answer->status != 200) std::exit(1);
        mine.push_back(Microseconds(Monotonic::now() - sent).count());
      }
    });
  }
  for (std::thread& client : clients) client.join();
  const double seconds = std::chrono::duration<double>(Monotonic::now() - began).count();
  std::vector<double> all;
  for (const auto& mine : taken) all.insert(all.end(), mine.begin(), mine.end());
  std::sort(all.begin(), all.end());
  fmt::print("{:.1f} {:.1f} {:.0f}\n", all[all.size() / 2], all[all.size() * 99 / 100],
             static_cast<double>(all.size()) / seconds);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "serve" && argc == 2) return serve();
  if (mode == "tap" && (argc == 3 || argc == 4)) {
    return stand_before(static_cast<std::uint16_t>(std::atoi(argv[2])), argv[3]);
  }
  if (mode == "ask" && argc == 5) {
    return ask(static_cast<std::uint16_t>(std::atoi(argv[2])), std::atoi(argv[3]),
               std::atoi(argv[4]));
  }
  fmt::print(stderr,
             "usage: weir_tap_load serve | tap PORT [FILE] | ask PORT CONNECTIONS REQUESTS\n");
  return 2;
}
