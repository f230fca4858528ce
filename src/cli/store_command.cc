#include "cli/store_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <memory>
#include <optional>

#include "base/system_clock.h"
#include "cli/commands.h"
#include "store/shared/shared_store.h"

namespace weir::cli {
namespace {

namespace json = boost::json;

constexpr Duration kPatience = std::chrono::seconds(2);

struct StoreArguments {
  std::string file;
  std::string format = "text";
  bool keys = false;
  std::string key;
  bool all = false;

  bool as_json() const { return format == "json"; }
};

int report(const Error& error, const StoreArguments& arguments) {
  if (arguments.as_json()) {
    const json::value out = {
        {"error",
         {{"code", to_string(error.code)}, {"message", error.message}, {"cure", error.cure}}}};
    fmt::print("{}\n", json::serialize(out));
  } else {
    fmt::print(stderr, "weir: {}\n", error.to_string());
  }
  return error.code == ErrorCode::timeout ? kExitUnreachable : kExitUsage;
}

std::string_view name_of(store::Algorithm algorithm) {
  switch (algorithm) {
    case store::Algorithm::exact_window:
      return "exact_window";
    case store::Algorithm::gcra:
      return "gcra";
    case store::Algorithm::fixed_window:
      return "fixed_window";
    case store::Algorithm::distinct:
      return "distinct";
    case store::Algorithm::concurrency:
      return "concurrency";
  }
  return "unknown";
}

std::string hex(const store::KeyTag& tag) {
  std::string text;
  for (const std::byte byte : tag) text += fmt::format("{:02x}", std::to_integer<int>(byte));
  return text;
}

std::optional<store::KeyTag> tag_from(const std::string& text) {
  store::KeyTag tag{};
  if (text.size() != 2 * tag.size()) return std::nullopt;
  if (text.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) return std::nullopt;
  for (std::size_t i = 0; i < tag.size(); ++i) {
    tag[i] = static_cast<std::byte>(std::stoi(text.substr(2 * i, 2), nullptr, 16));
  }
  return tag;
}

// "live for 12.3 s", "dead".
std::string life(Time until, Time now) {
  if (until <= now) return "dead";
  const std::chrono::duration<double> left = until - now;
  return fmt::format("live for {:.1f} s", left.count());
}

Result<std::unique_ptr<store::SharedStore>> open(const StoreArguments& arguments, bool mend) {
  return store::SharedStore::open(
      {.file = arguments.file, .missing = store::SharedFile::Missing::fail, .mend = mend});
}

int inspect(const StoreArguments& arguments) {
  const auto opened = open(arguments, false);
  if (!opened) return report(opened.error(), arguments);
  store::SharedStore& store = **opened;
  const Time now = base::SystemClock().now();
  const auto summary = store.summary(now);
  if (!summary) return report(summary.error(), arguments);
  const double occupancy =
      static_cast<double>(summary->keys) / static_cast<double>(summary->max_keys);
  json::array lines;
  if (!arguments.as_json()) {
    fmt::print("file       {}\nkeys       {} of {} ({:.1f} %)\nlive       {}\n", arguments.file,
               summary->keys, summary->max_keys, 100 * occupancy, summary->live);
    fmt::print("records    {} of {} bytes taken\nsize       {} bytes\n", summary->arena_taken,
               summary->arena, summary->bytes);
  }
  if (arguments.keys) {
    const Status told = store.for_each_key([&](const store::KeyLine& line) {
      if (arguments.as_json()) {
        const bool live = line.live_until > now;
        lines.push_back({{"key", hex(line.tag)},
                         {"algorithm", name_of(line.algorithm)},
                         {"bytes", line.bytes},
                         {"live", live}});
      } else {
        fmt::print("{}  {:<12} {:>4} bytes  {}\n", hex(line.tag), name_of(line.algorithm),
                   line.bytes, life(line.live_until, now));
      }
    });
    if (!told) return report(told.error(), arguments);
  }
  if (arguments.as_json()) {
    json::object out = {
        {"file", arguments.file},         {"max_keys", summary->max_keys},
        {"keys", summary->keys},          {"live", summary->live},
        {"occupancy", occupancy},         {"bytes", summary->bytes},
        {"record_bytes", summary->arena}, {"record_bytes_taken", summary->arena_taken}};
    if (arguments.keys) out["key_list"] = std::move(lines);
    fmt::print("{}\n", json::serialize(out));
  }
  return kExitOk;
}

int verify(const StoreArguments& arguments) {
  const auto opened = open(arguments, false);
  if (!opened) return report(opened.error(), arguments);
  const auto flaws = (*opened)->flaws();
  if (!flaws) return report(flaws.error(), arguments);
  if (arguments.as_json()) {
    const json::value out = {{"file", arguments.file},
                             {"ok", flaws->empty()},
                             {"keys", (*opened)->keys()},
                             {"flaws", json::array(flaws->begin(), flaws->end())}};
    fmt::print("{}\n", json::serialize(out));
  } else if (flaws->empty()) {
    fmt::print("{}: OK, {} keys\n", arguments.file, (*opened)->keys());
  } else {
    for (const std::string& flaw : *flaws) fmt::print("{}: {}\n", arguments.file, flaw);
    fmt::print(
        "The next process to open the file alone mends it: what makes no sense is removed, the "
        "rest is kept.\n");
  }
  return flaws->empty() ? kExitOk : kExitGateFailed;
}

Result<std::size_t> forget(store::SharedStore& store, const store::KeyTag& tag) {
  Key key;  // of which the file keeps no more than the tag
  std::copy(tag.begin(), tag.end(), key.bytes.begin());
  const Result<bool> forgotten = store.forget(key, kPatience);
  if (!forgotten) return tl::unexpected(forgotten.error());
  return *forgotten ? 1 : 0;
}

int reset(const StoreArguments& arguments) {
  const auto tag = tag_from(arguments.key);
  if (arguments.all == !arguments.key.empty() || (!arguments.all && !tag)) {
    return report({.code = ErrorCode::invalid_input,
                   .message = arguments.key.empty() ? "nothing is said to be reset"
                                                    : "'" + arguments.key + "' is no key",
                   .cure = "Give one key of 32 hexadecimal digits, as 'weir store inspect --keys' "
                           "prints them, or --all"},
                  arguments);
  }
  const auto opened = open(arguments, true);
  if (!opened) return report(opened.error(), arguments);
  const auto forgotten = arguments.all ? (*opened)->forget_all() : forget(**opened, *tag);
  if (!forgotten) return report(forgotten.error(), arguments);
  if (*forgotten == 0 && !arguments.all) {
    return report({.code = ErrorCode::not_found, .message = "no such key is counted"}, arguments);
  }
  if (arguments.as_json()) {
    const json::value out = {{"file", arguments.file}, {"forgotten", *forgotten}};
    fmt::print("{}\n", json::serialize(out));
  } else {
    fmt::print("{}: forgot {} key{}\n", arguments.file, *forgotten, *forgotten == 1 ? "" : "s");
  }
  return kExitOk;
}

}  // namespace

void add_store_command(CLI::App& app, int& exit_code) {
  CLI::App* store = app.add_subcommand("store", "Look at the file of a shared store, or reset it");
  store->require_subcommand(1);
  const auto add = [&](const char* name, const char* what, int (*run)(const StoreArguments&)) {
    const auto arguments = std::make_shared<StoreArguments>();
    CLI::App* command = store->add_subcommand(name, what);
    command->add_option("--file", arguments->file, "The store's file, as the policy names it")
        ->required();
    command->add_option("--format", arguments->format, "How to print it")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    command->callback([arguments, run, &exit_code] { exit_code = run(*arguments); });
    return std::pair(command, arguments);
  };
  const auto [inspecting, inspected] =
      add("inspect", "How many keys it has, how many are live, how full it is", inspect);
  inspecting->add_flag("--keys", inspected->keys,
                       "Every key, as it is stored: 32 digits of an HMAC");
  add("verify", "Check every record and the index; 1 if something is wrong", verify);
  const auto [resetting, resets] = add("reset", "Forget what was counted", reset);
  resetting->add_option("KEY", resets->key, "One key, as inspect --keys prints it");
  resetting->add_flag("--all", resets->all, "All keys");
}

}  // namespace weir::cli
