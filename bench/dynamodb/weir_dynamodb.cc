// Weir's DynamoDB store as a driver of bench/dynamodb: a key's name in, a decision out.
// python/demand.py says how a driver is talked to.
#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "base/rng.h"
#include "base/system_clock.h"
#include "bench/process_cost.h"
#include "identity/key_tuple.h"
#include "policy/policy.h"
#include "store/dynamodb/dynamodb_store.h"
#include "store/dynamodb/table.h"

namespace {

using namespace weir;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Burst {
  Duration on{};
  Duration period{};
  Duration trickle{};
};

struct Job {
  std::string prefix;
  std::size_t keys = 1;
  std::size_t callers = 1;
  std::int64_t n = 1;
  Duration window{};
  Duration length{};
  std::string record;
  std::optional<Burst> burst;
};

struct Admission {
  Duration asked;
  Duration granted;
  std::size_t key;
};

struct Counts {
  std::uint64_t decisions = 0;
  std::uint64_t admitted = 0;
  std::uint64_t refused = 0;
  std::uint64_t errors = 0;
  std::string first_error;
  std::vector<Admission> admissions;
};

[[noreturn]] void die(const std::string& message) {
  std::fprintf(stderr, "weir_dynamodb: %s\n", message.c_str());
  std::exit(1);
}

Job parse_job(std::string_view text) {
  const boost::json::value root = boost::json::parse(text);
  Job job;
  job.prefix = boost::json::value_to<std::string>(root.at("prefix"));
  job.keys = root.at("keys").to_number<std::size_t>();
  job.callers = root.at("callers").to_number<std::size_t>();
  job.n = root.at("n").to_number<std::int64_t>();
  job.window = seconds(root.at("window_s").to_number<std::int64_t>());
  job.length = Duration(static_cast<std::int64_t>(root.at("seconds").to_number<double>() * 1e9));
  job.record = boost::json::value_to<std::string>(root.at("record"));
  if (const boost::json::value& burst = root.at("burst"); !burst.is_null()) {
    const auto ms = [&burst](const char* name) {
      return milliseconds(burst.at(name).to_number<std::int64_t>());
    };
    job.burst = Burst{ms("on_ms"), ms("period_ms"), ms("trickle_ms")};
  }
  return job;
}

std::optional<std::string> environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

void create_table(const store::DynamoDbOptions& options, Clock& clock) {
  Result<store::DynamoDbTarget> target = store::resolve_target(options, environment);
  if (!target) die(target.error().to_string());
  auto http = store::make_http_client(options, environment);
  if (!http) die(http.error().to_string());
  store::DynamoDbClient client(options, *target, environment, std::move(*http), clock);
  const auto table = store::create_table(client, net::Deadline::in(seconds(20)));
  if (!table) die(table.error().to_string());
}

void sleep_until(Duration instant) {
  if (const Duration left = instant - base::monotonic_now(); left > Duration::zero()) {
    base::sleep_for(left);
  }
}

class Caller {
 public:
  Caller(const Job& job, std::size_t index, Duration start, store::Store& store, Clock& clock)
      : job_(job), index_(index), start_(start), store_(store), clock_(clock) {
    for (std::size_t key = 0; key < job.keys; ++key) {
      names_.push_back(job.prefix + "-" + std::to_string(key));
    }
    limit_ = {.n = job.n,
              .geometry = limit::Geometry::for_window(job.window, policy::kDynamoDbClockSkew)};
  }

  Counts run() {
    const Duration end = start_ + job_.length;
    std::size_t key = index_ * job_.keys / job_.callers;
    Duration trickle = start_;
    sleep_until(start_);
    for (Duration now = base::monotonic_now(); now < end; now = base::monotonic_now()) {
      if (job_.burst && index_ == 0) {
        sleep_until(trickle);
        trickle += job_.burst->trickle;
      } else if (job_.burst) {
        const Duration phase = (now - start_) % job_.burst->period;
        if (phase >= job_.burst->on) {
          sleep_until(now + job_.burst->period - phase);
          continue;
        }
      }
      decide(key);
      key = (key + 1) % job_.keys;
    }
    return std::move(counts_);
  }

 private:
  void decide(std::size_t key) {
    const Duration asked = base::monotonic_now();
    ++counts_.decisions;
    identity::KeyTuple tuple = rule_;
    tuple.add("api_key");
    tuple.add(names_[key]);
    const Result<store::ChargeOutcome> outcome = store_.charge({.key = tuple.key(),
                                                                .limit = limit_,
                                                                .cost = 1,
                                                                .now = clock_.now(),
                                                                .budget = seconds(5)});
    if (!outcome) {
      ++counts_.errors;
      if (counts_.first_error.empty()) counts_.first_error = outcome.error().to_string();
    } else if (!outcome->charge.admitted) {
      ++counts_.refused;
    } else {
      ++counts_.admitted;
      if (!job_.record.empty()) counts_.admissions.push_back({asked, base::monotonic_now(), key});
    }
  }

  const Job& job_;
  const std::size_t index_;
  const Duration start_;
  store::Store& store_;
  Clock& clock_;
  const identity::KeyTuple rule_{"a pepper of 32 bytes, for a test", "bench", "per-key"};
  limit::WindowLimit limit_;
  std::vector<std::string> names_;
  Counts counts_;
};

void write_admissions(const std::string& path, const std::vector<Counts>& all) {
  std::ofstream file(path);
  for (const Counts& counts : all) {
    for (const Admission& admission : counts.admissions) {
      file << admission.asked.count() << ' ' << admission.granted.count() << ' ' << admission.key
           << '\n';
    }
  }
  if (!file.flush()) die("cannot write " + path);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) die("usage: weir_dynamodb_bench JOB");
  const Job job = parse_job(argv[1]);
  base::SystemClock clock;
  store::DynamoDbOptions options;
  options.table = "weir_bench";
  create_table(options, clock);
  auto store = store::open_dynamodb_store(options, environment, clock, base::entropy_seed());
  if (!store) die(store.error().to_string());
  if (const Status ready = (*store)->check(seconds(5)); !ready) die(ready.error().to_string());

  std::cout << "ready" << std::endl;
  std::int64_t start_ns = 0;
  if (!(std::cin >> start_ns)) die("no start");
  const Duration start(start_ns);

  const double cpu = bench::cpu_s();
  std::vector<Counts> all(job.callers);
  std::vector<std::thread> threads;
  for (std::size_t index = 0; index < job.callers; ++index) {
    threads.emplace_back(
        [&, index] { all[index] = Caller(job, index, start, **store, clock).run(); });
  }
  for (std::thread& thread : threads) thread.join();
  const double elapsed = std::chrono::duration<double>(base::monotonic_now() - start).count();

  const double cpu_used = bench::cpu_s() - cpu;

  Counts total;
  for (const Counts& counts : all) {
    total.decisions += counts.decisions;
    total.admitted += counts.admitted;
    total.refused += counts.refused;
    total.errors += counts.errors;
    if (total.first_error.empty()) total.first_error = counts.first_error;
  }
  if (!job.record.empty()) write_admissions(job.record, all);
  std::cout << boost::json::object{{"decisions", total.decisions},     {"admitted", total.admitted},
                                   {"refused", total.refused},         {"errors", total.errors},
                                   {"first_error", total.first_error}, {"seconds", elapsed},
                                   {"cpu_seconds", cpu_used}}
            << std::endl;
} catch (const std::exception& error) {
  die(error.what());
}
