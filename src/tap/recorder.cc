#include "tap/recorder.h"

#include <charconv>
#include <utility>

namespace weir::tap {
namespace {

// "attempt=2; max=3", as AWS's SDKs number their attempts.
int attempt_of(std::string_view field) {
  constexpr std::string_view kName = "attempt=";
  const std::size_t at = field.find(kName);
  if (at == std::string_view::npos) return 1;
  const std::string_view digits = field.substr(at + kName.size());
  int attempt = 1;
  std::from_chars(digits.data(), digits.data() + digits.size(), attempt);
  return attempt;
}

std::size_t bytes_of(const Exchange& seen) {
  return seen.request.body.size() + seen.answer.body.size() + sizeof(Exchange);
}

}  // namespace

Operation operation_of(const Exchange& seen) {
  const Result<std::string> answer = plain_body(seen.answer);
  Operation operation = read_operation(seen.operation, seen.request.body, seen.answer.status,
                                       answer ? std::string_view(*answer) : std::string_view());
  operation.at = seen.at;
  operation.took = seen.took;
  operation.connection = seen.connection;
  operation.fault = seen.fault;
  operation.invocation = seen.request.field("amz-sdk-invocation-id");
  operation.attempt = attempt_of(seen.request.field("amz-sdk-request"));
  return operation;
}

Recorder::Recorder(RecorderOptions options)
    : options_(std::move(options)), redactor_(options_.salt), thread_([this] { run(); }) {
  if (options_.file != nullptr) *options_.file << head_line(options_.head) << std::flush;
}

Recorder::~Recorder() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Recorder::record(Exchange seen) {
  const std::size_t bytes = bytes_of(seen);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return queue_.empty() || queued_bytes_ + bytes <= kMaxQueuedBytes; });
  queued_bytes_ += bytes;
  queue_.push_back(std::move(seen));
  lock.unlock();
  changed_.notify_all();
}

void Recorder::flush() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.empty() && !reading_; });
}

std::vector<Operation> Recorder::operations() const {
  const std::lock_guard lock(mutex_);
  return kept_;
}

std::size_t Recorder::recorded() const {
  const std::lock_guard lock(mutex_);
  return recorded_;
}

void Recorder::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const Exchange seen = std::move(queue_.front());
    queue_.pop_front();
    queued_bytes_ -= bytes_of(seen);
    reading_ = true;
    const bool last = queue_.empty();
    const bool room = recorded_ < kMaxOperations;
    lock.unlock();
    if (room) take(seen);
    if (last && options_.file != nullptr) options_.file->flush();
    lock.lock();
    ++recorded_;
    reading_ = false;
    changed_.notify_all();
  }
}

void Recorder::take(const Exchange& seen) {
  Operation operation = operation_of(seen);
  if (options_.keep) {
    const std::lock_guard lock(mutex_);
    kept_.push_back(operation);
  }
  if (options_.file == nullptr) return;
  if (!options_.head.values) redactor_.redact(operation);
  *options_.file << operation_line(operation, options_.head);
}

}  // namespace weir::tap
