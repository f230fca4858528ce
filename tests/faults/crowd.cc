#include "faults/crowd.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/system_clock.h"

extern char** environ;

namespace weir::test {
namespace {

// How long a condition is waited for before the test is given up. Never reached by a Weir that
// works.
constexpr Duration kPatience = std::chrono::seconds(60);
constexpr Duration kLook = std::chrono::milliseconds(20);

}  // namespace

Crowd::Crowd(std::string kind, std::string address, const RecordingPlan& plan,
             std::size_t processes, std::uint64_t seed)
    : kind_(std::move(kind)), address_(std::move(address)), plan_(plan), rng_(seed) {
  while (workers_.size() < processes) workers_.push_back(start());
}

Crowd::~Crowd() {
  for (const Worker& worker : workers_) {
    ::kill(worker.process, SIGKILL);
    ::waitpid(worker.process, nullptr, 0);
  }
  for (const std::string& file : files_) std::filesystem::remove(file);
}

Crowd::Worker Crowd::start() {
  Worker worker;
  worker.file = (std::filesystem::temp_directory_path() /
                 ("weir-crowd-" + plan_.key_hex + "-" + std::to_string(started_++)))
                    .string();
  std::vector<std::string> words = {WEIR_STORE_RECORDER,    kind_,      address_, plan_.to_text(),
                                    std::to_string(rng_()), worker.file};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  WEIR_CHECK(posix_spawn(&worker.process, argv[0], nullptr, nullptr, argv.data(), environ) == 0);
  files_.push_back(worker.file);
  return worker;
}

void Crowd::suspend(std::size_t worker) {
  ::kill(workers_[worker].process, SIGSTOP);
  ::waitpid(workers_[worker].process, nullptr, WUNTRACED);
}

void Crowd::resume(std::size_t worker) {
  ::kill(workers_[worker].process, SIGCONT);
}

void Crowd::replace(std::size_t worker) {
  ::kill(workers_[worker].process, SIGKILL);
  ::waitpid(workers_[worker].process, nullptr, 0);
  workers_[worker] = start();
}

bool Crowd::wait_until_at_work() {
  return poll([&] {
    return std::all_of(workers_.begin(), workers_.end(),
                       [](const Worker& worker) { return std::filesystem::exists(worker.file); });
  });
}

bool Crowd::wait_until_admitted(std::int64_t cost, Duration since) {
  const Time from(plan_.epoch + since);
  return wait_until([&](const Recording& recording) {
    std::int64_t admitted = 0;
    for (const Admission& admission : recording.asked) {
      if (admission.at >= from) admitted += admission.cost;
    }
    return admitted >= cost;
  });
}

bool Crowd::poll(const std::function<bool()>& condition) {
  const Duration give_up = base::monotonic_now() + kPatience;
  while (!condition()) {
    if (base::monotonic_now() > give_up) return false;
    base::sleep_for(kLook);
  }
  return true;
}

Recording Crowd::so_far() const {
  Recording all;
  for (const std::string& file : files_) all.append(read_recording(file));
  return all;
}

Recording Crowd::end() {
  for (const Worker& worker : workers_) ::kill(worker.process, SIGTERM);
  for (const Worker& worker : workers_) {
    int status = 0;
    ::waitpid(worker.process, &status, 0);
    const bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!well || !read_recording(worker.file).ended) ++failed_;
  }
  workers_.clear();
  return so_far();
}

}  // namespace weir::test
