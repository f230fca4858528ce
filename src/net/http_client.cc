#include "net/http_client.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <mutex>

#include "net/deadline.h"
#include "net/http_message.h"
#include "net/resolver.h"
#include "net/stream.h"

namespace weir::net {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;

tl::unexpected<HttpFailure> failed(Delivery delivery, Error error) {
  return tl::unexpected(HttpFailure{delivery, std::move(error)});
}

}  // namespace

// The connections of one process.
class HttpClient::Pool {
 public:
  Pool(std::size_t max_connections, Duration max_idle)
      : max_connections_(max_connections), max_idle_(max_idle) {}

  pid_t owner() const { return owner_; }
  Resolver& resolver() { return resolver_; }
  std::uint64_t made() const { return made_.load(std::memory_order_relaxed); }

  // Takes over from the parent process's pool: closes the child's copies of its idle connections,
  // without a word to their servers, since the parent still uses them. A thread of the parent may
  // have held the lock at the fork; then they stay open until the child ends. The parent's pool is
  // never destroyed here: threads that the child does not have may be waiting in it.
  void replace(Pool* parents) {
    inherited_ = parents;
    if (const std::unique_lock lock(parents->mutex_, std::try_to_lock); lock) {
      parents->idle_.clear();
    }
  }

  // Waits for the right to use one connection; false when the deadline passes first.
  bool enter(const Deadline& deadline) {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_for(lock, deadline.left(), [&] { return in_use_ < max_connections_; })) {
      return false;
    }
    ++in_use_;
    return true;
  }

  // An idle connection that can still be used, or nullptr.
  std::unique_ptr<Stream> reuse(const Endpoint& endpoint) {
    for (;;) {
      std::unique_ptr<Stream> stream;  // closed, if at all, without the lock
      {
        const std::lock_guard lock(mutex_);
        // The most recently used first: it is the least likely to have been closed.
        auto found = idle_.rbegin();
        while (found != idle_.rend() && found->endpoint != endpoint) ++found;
        if (found == idle_.rend()) break;
        if (found->since + max_idle_ >= base::monotonic_now()) stream = std::move(found->stream);
        idle_.erase(std::next(found).base());
      }
      if (stream && stream->is_quiet()) return stream;
    }
    // A new one is about to be made: the oldest idle one of whatever endpoint makes room for it.
    std::unique_ptr<Stream> oldest;
    const std::lock_guard lock(mutex_);
    if (!idle_.empty() && idle_.size() + in_use_ > max_connections_) {
      oldest = std::move(idle_.front().stream);
      idle_.erase(idle_.begin());
    }
    return nullptr;
  }

  void count_new() { made_.fetch_add(1, std::memory_order_relaxed); }

  // Ends the use that enter() began; `stream` is null if it cannot be used again.
  void leave(const Endpoint& endpoint, std::unique_ptr<Stream> stream) {
    {
      const std::lock_guard lock(mutex_);
      --in_use_;
      if (stream) idle_.push_back({endpoint, std::move(stream), base::monotonic_now()});
    }
    freed_.notify_one();
  }

 private:
  struct Idle {
    Endpoint endpoint;
    std::unique_ptr<Stream> stream;
    Duration since;
  };

  const pid_t owner_ = ::getpid();
  const std::size_t max_connections_;
  const Duration max_idle_;
  Pool* inherited_ = nullptr;
  Resolver resolver_;
  std::atomic<std::uint64_t> made_{0};
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<Idle> idle_;  // least recently used first
  std::size_t in_use_ = 0;
};

HttpClient::HttpClient(TlsOptions tls, HttpClientOptions options)
    : tls_options_(std::move(tls)),
      options_(options),
      pool_(new Pool(options.max_connections, options.max_idle)) {}

HttpClient::~HttpClient() {
  delete pool_.load(std::memory_order_acquire);
}

HttpClient::Pool& HttpClient::pool() const {
  // Acquire and release: whoever sees a new pool sees it whole.
  Pool* current = pool_.load(std::memory_order_acquire);
  if (current->owner() == ::getpid()) return *current;
  auto mine = std::make_unique<Pool>(options_.max_connections, options_.max_idle);
  Pool* const parents = current;
  if (pool_.compare_exchange_strong(current, mine.get(), std::memory_order_acq_rel)) {
    mine->replace(parents);
    return *mine.release();
  }
  return *current;  // another thread of this child was first
}

const Result<TlsContext>& HttpClient::tls() const {
  std::call_once(tls_once_, [&] { tls_ = TlsContext::client(tls_options_); });
  return tls_;
}

std::uint64_t HttpClient::connections_made() const {
  return pool().made();
}

// One request and its answer. `stream` is left holding the connection if it can be used again.
HttpOutcome HttpClient::exchange(Pool& connections, std::unique_ptr<Stream>& stream,
                                 const Endpoint& endpoint, const HttpRequest& request,
                                 std::string_view wire, const Deadline& deadline) const {
  const bool safe = request.method == "GET" || request.method == "HEAD";  // RFC 9110 §9.2.1
  stream = connections.reuse(endpoint);
  for (bool reused = stream != nullptr;; reused = false) {
    if (!reused) {
      const TlsContext* tls_context = nullptr;
      if (endpoint.is_tls()) {
        const Result<TlsContext>& made = tls();
        if (!made) return failed(Delivery::not_sent, made.error());
        tls_context = &*made;
      }
      Result<std::vector<SocketAddress>> addresses =
          connections.resolver().resolve(endpoint, deadline);
      if (!addresses) return failed(Delivery::not_sent, addresses.error());
      Result<std::unique_ptr<Stream>> connected =
          Stream::connect(endpoint, *addresses, tls_context, deadline);
      if (!connected) return failed(Delivery::not_sent, connected.error());
      stream = std::move(*connected);
      connections.count_new();
    }

    bool handed_over = false;
    bool answer_began = false;
    ResponseReader reader(request.method, options_);
    Status status = stream->write(wire, deadline, handed_over);
    std::array<char, kReadBytes> buffer;
    while (status && !reader.is_done()) {
      const Result<std::size_t> got = stream->read(buffer, deadline);
      if (!got) {
        status = tl::unexpected(got.error());
      } else if (*got == 0) {
        status = reader.feed_end();
      } else {
        answer_began = true;
        status = reader.feed({buffer.data(), *got});
      }
    }
    if (status) {
      if (!reader.keeps_alive()) stream.reset();
      return reader.take();
    }
    stream.reset();
    // The server may have closed an idle connection at the moment when it was taken up again.
    const bool closed_meanwhile =
        reused && !answer_began && status.error().code == ErrorCode::unavailable;
    if (closed_meanwhile && (safe || !handed_over)) continue;
    Error error = std::move(status.error());
    if (error.message.starts_with("the server")) {
      error = std::move(error).at(endpoint.to_string());
    }
    return failed(handed_over ? Delivery::unknown : Delivery::not_sent, std::move(error));
  }
}

HttpOutcome HttpClient::call(const Endpoint& endpoint, const HttpRequest& request,
                             Duration budget) {
  const Deadline deadline = Deadline::in(budget);
  thread_local std::string wire;
  wire.clear();
  if (Status written = write_request(endpoint, request, wire); !written) {
    return failed(Delivery::not_sent, written.error());
  }
  Pool& connections = pool();
  if (!connections.enter(deadline)) {
    return failed(Delivery::not_sent,
                  {ErrorCode::timeout,
                   fmt::format("no connection to {} became free in time", endpoint.to_string()),
                   "allow more connections or more time", true});
  }
  std::unique_ptr<Stream> stream;
  HttpOutcome outcome = exchange(connections, stream, endpoint, request, wire, deadline);
  connections.leave(endpoint, std::move(stream));
  return outcome;
}

}  // namespace weir::net
