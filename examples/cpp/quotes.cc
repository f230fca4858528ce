// A service that asks before it works, whatever it speaks: here it reads the address of a client a
// line, and answers as an HTTP server would.
//
//   printf '203.0.113.7\n%.0s' 1 2 3 4 5 6 | quotes weir.yaml
#include <weir/limiter.h>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>

int main(int argc, char** argv) {
  weir::LimiterOptions options;
  options.environment = [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  options.on_event = [](std::string_view message) { std::cerr << message << '\n'; };
  const weir::Opened opened = weir::Limiter::open(argc > 1 ? argv[1] : "weir.yaml", options);
  if (!opened.limiter) {
    std::cerr << opened.error << '\n';
    return 2;
  }
  for (std::string peer; std::getline(std::cin, peer);) {
    weir::Request request{.peer = peer, .method = "GET", .route = "/quotes/{pair}"};
    const weir::Answer answer = opened.limiter->decide(request);
    std::cout << answer.status;
    for (const weir::Field& field : answer.fields) {
      if (field.name == "Retry-After") std::cout << " retry after " << field.value << " s";
    }
    std::cout << '\n';
    opened.limiter->finish(answer);
  }
}
