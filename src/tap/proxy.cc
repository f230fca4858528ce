#include "tap/proxy.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "net/deadline.h"
#include "net/listener.h"
#include "net/resolver.h"
#include "net/stream.h"

namespace weir::tap {
namespace {

constexpr Duration kIdleTime = std::chrono::minutes(10);       // between requests
constexpr Duration kRequestTime = std::chrono::seconds(60);    // to send one; to take an answer
constexpr Duration kConnectTime = std::chrono::seconds(10);    // to reach the upstream
constexpr Duration kUpstreamTime = std::chrono::seconds(120);  // for its answer
constexpr std::size_t kReadBytes = 64 * 1024;

// "DynamoDB_20120810.UpdateItem" -> "UpdateItem"
std::string_view operation_of(const Message& request) {
  const std::string_view target = request.field("X-Amz-Target");
  return target.substr(std::min(target.find('.') + 1, target.size()));
}

// Reads one whole message. nullopt: there is none, because it is not one (`why`), or because the
// other side has closed or said nothing in time.
std::optional<Message> read_message(net::Stream& stream, MessageReader& reader, Duration idle,
                                    Duration whole, Status& why) {
  std::array<char, kReadBytes> bytes;  // NOLINT(*-member-init): written before it is read
  bool begun = reader.has_begun();
  net::Deadline deadline = net::Deadline::in(begun ? whole : idle);
  bool told_to_continue = false;
  why = reader.feed({});
  while (why && !reader.is_done()) {
    const Result<std::size_t> got = stream.read(bytes, deadline);
    if (!got) return std::nullopt;
    if (*got == 0) return reader.feed_end() ? std::optional(reader.take()) : std::nullopt;
    why = reader.feed({bytes.data(), *got});
    if (!std::exchange(begun, true)) deadline = net::Deadline::in(whole);
    if (why && reader.wants_continue() && !std::exchange(told_to_continue, true)) {
      bool handed_over = false;
      if (!stream.write("HTTP/1.1 100 Continue\r\n\r\n", deadline, handed_over))
        return std::nullopt;
    }
  }
  if (!why) return std::nullopt;
  return reader.take();
}

}  // namespace

class Proxy::Impl {
 public:
  Impl(ProxyOptions options, Clock& clock, std::unique_ptr<net::Listener> listener,
       net::TlsContext tls)
      : options_(std::move(options)),
        clock_(clock),
        listener_(std::move(listener)),
        tls_(std::move(tls)),
        acceptor_([this] { accept_all(); }) {}

  ~Impl() { stop(Duration::zero()); }

  const net::ListenAddress& address() const { return listener_->address(); }
  std::uint64_t exchanges() const { return exchanges_.load(std::memory_order_relaxed); }

  void stop(Duration patience) {
    stopping_ = true;
    listener_->stop();
    if (acceptor_.joinable()) acceptor_.join();
    std::unique_lock lock(mutex_);
    for (Session& session : sessions_) {
      if (session.client && !session.busy) session.client->shut_down();
    }
    ended_.wait_for(lock, patience, [this] { return open_ == 0; });
    for (Session& session : sessions_) {
      if (session.client) session.client->shut_down();
      if (session.upstream) session.upstream->shut_down();
    }
    ended_.wait(lock, [this] { return open_ == 0; });
    std::list<Session> ended = std::move(sessions_);
    sessions_.clear();
    lock.unlock();
    for (Session& session : ended) session.thread.join();
  }

 private:
  struct Session {
    std::uint64_t id = 0;
    // Only the thread changes them, under mutex_, under which others may look; null once it ends.
    std::unique_ptr<net::Stream> client;
    std::unique_ptr<net::Stream> upstream;
    bool busy = false;   // under mutex_: a request has come, no answer has gone
    bool ended = false;  // under mutex_
    std::thread thread;
  };

  void accept_all() {
    while (auto client = listener_->accept()) {
      std::unique_lock lock(mutex_);
      join_ended(lock);
      if (open_ >= kMaxConnections) continue;  // closes it
      Session& session = sessions_.emplace_back();
      session.id = ++last_id_;
      session.client = std::move(client);
      try {
        session.thread = std::thread([this, &session] { serve(session); });
        ++open_;
      } catch (const std::system_error&) {
        sessions_.pop_back();  // closes it: the system has no thread left
      }
    }
  }

  void join_ended(std::unique_lock<std::mutex>& lock) {
    std::list<Session> ended;
    for (auto it = sessions_.begin(); it != sessions_.end();) {
      const auto next = std::next(it);
      if (it->ended) ended.splice(ended.end(), sessions_, it);
      it = next;
    }
    lock.unlock();
    for (Session& session : ended) session.thread.join();
    lock.lock();
  }

  void serve(Session& session) {
    MessageReader requests(MessageReader::Side::request);
    MessageReader answers(MessageReader::Side::response);
    while (!stopping_) {
      Status why;
      auto request = read_message(*session.client, requests, kIdleTime, kRequestTime, why);
      if (!request) {
        if (!why) {
          say(session, error_response(400, "WeirTapNotUnderstood", why.error().to_string()));
        }
        break;
      }
      set_busy(session, true);
      const bool go_on = exchange(session, *std::move(request), answers);
      set_busy(session, false);
      if (!go_on) break;
    }
    const std::lock_guard lock(mutex_);
    session.client.reset();
    session.upstream.reset();
    session.ended = true;
    --open_;
    ended_.notify_all();
  }

  void set_busy(Session& session, bool busy) {
    const std::lock_guard lock(mutex_);
    session.busy = busy;
  }

  static bool say(Session& session, std::string_view bytes) {
    bool handed_over = false;
    return session.client->write(bytes, net::Deadline::in(kRequestTime), handed_over).has_value();
  }

  // One request, to its end. False: the connection ends with it.
  bool exchange(Session& session, Message request, MessageReader& answers) {
    using Kind = Treatment::Kind;
    Exchange seen;
    seen.connection = session.id;
    seen.at = clock_.now();
    seen.operation = operation_of(request);
    Treatment treatment;
    if (options_.treat) {
      treatment = options_.treat(
          {.connection = session.id, .operation = seen.operation, .request = &request});
    }
    seen.fault = treatment.name;
    const Kind kind = treatment.kind;
    if (kind == Kind::pass || kind == Kind::replace || kind == Kind::lose) {
      seen.answer = ask_or_say_why(session, request, answers);
    }
    // What was lost is as unknown to the record as to the application.
    if (kind == Kind::lose) seen.answer = {};
    if (kind == Kind::answer || kind == Kind::replace) seen.answer = own(treatment.answer);
    if (treatment.delay > Duration::zero()) {
      session.client->wait_for_close(net::Deadline::in(treatment.delay));
    }
    seen.took = clock_.now() - seen.at;
    const std::string wire = std::exchange(seen.answer.wire, {});
    const bool keep_alive = request.keep_alive && seen.answer.keep_alive;
    report(std::move(seen), std::move(request));
    if (kind == Kind::silent) session.client->wait_for_close(net::Deadline::in(kUpstreamTime));
    if (kind == Kind::cut || kind == Kind::lose) session.client->reset_when_closed();
    return !wire.empty() && say(session, wire) && keep_alive;
  }

  // The upstream's answer; a 502 where nothing was sent; none where it may have been carried out.
  Message ask_or_say_why(Session& session, const Message& request, MessageReader& answers) {
    bool handed_over = false;
    auto answer = ask(session, request, answers, handed_over);
    if (answer) return *std::move(answer);
    if (handed_over) return {};
    return own(error_response(502, "WeirTapCannotAskUpstream", answer.error().to_string()));
  }

  static Message own(std::string_view wire) {
    MessageReader reader(MessageReader::Side::response);
    static_cast<void>(reader.feed(wire));
    return reader.take();
  }

  void report(Exchange seen, Message request) {
    exchanges_.fetch_add(1, std::memory_order_relaxed);
    if (!options_.saw) return;
    seen.request = std::move(request);
    seen.request.wire.clear();
    options_.saw(std::move(seen));
  }

  // Passes the request on and reads the answer. `handed_over` says whether any of it was sent: then
  // it may have been carried out.
  Result<Message> ask(Session& session, const Message& request, MessageReader& answers,
                      bool& handed_over) {
    std::string made;
    if (options_.sign) {
      const auto signature = options_.sign(request);
      if (!signature) return tl::unexpected(signature.error());
      made = signed_anew(request, options_.upstream.authority(), *signature);
    }
    if (!session.upstream || !session.upstream->is_quiet()) {
      auto connected = connect(net::Deadline::in(kConnectTime));
      if (!connected) return tl::unexpected(connected.error());
      const std::lock_guard lock(mutex_);
      session.upstream = *std::move(connected);
      answers = MessageReader(MessageReader::Side::response);
    }
    if (request.method == "HEAD") answers.expect_no_body();
    Status done = session.upstream->write(options_.sign ? made : request.wire,
                                          net::Deadline::in(kUpstreamTime), handed_over);
    if (done) {
      auto answer = read_message(*session.upstream, answers, kUpstreamTime, kUpstreamTime, done);
      if (answer) {
        if (!answer->keep_alive) drop_upstream(session);
        return *std::move(answer);
      }
      if (done) done = fail(ErrorCode::unavailable, "the upstream gave no whole answer");
    }
    drop_upstream(session);
    return tl::unexpected(done.error());
  }

  Result<std::unique_ptr<net::Stream>> connect(const net::Deadline& deadline) {
    const auto addresses = resolver_.resolve(options_.upstream, deadline);
    if (!addresses) return tl::unexpected(addresses.error());
    return net::Stream::connect(options_.upstream, *addresses, &tls_, deadline);
  }

  void drop_upstream(Session& session) {
    const std::lock_guard lock(mutex_);
    session.upstream.reset();
  }

  const ProxyOptions options_;
  Clock& clock_;
  const std::unique_ptr<net::Listener> listener_;
  const net::TlsContext tls_;
  net::Resolver resolver_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> exchanges_ = 0;  // relaxed: a count and nothing else
  std::mutex mutex_;                          // guards what follows
  std::condition_variable ended_;
  std::list<Session> sessions_;
  std::size_t open_ = 0;
  std::uint64_t last_id_ = 0;
  std::thread acceptor_;
};

Proxy::Proxy(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Proxy::~Proxy() = default;

Result<std::unique_ptr<Proxy>> Proxy::start(ProxyOptions options, Clock& clock) {
  net::TlsContext tls;
  if (options.upstream.is_tls()) {
    auto made = net::TlsContext::client(options.tls);
    if (!made) return tl::unexpected(made.error());
    tls = *std::move(made);
  }
  auto listener = net::Listener::listen(options.listen);
  if (!listener) return tl::unexpected(listener.error());
  return std::unique_ptr<Proxy>(new Proxy(
      std::make_unique<Impl>(std::move(options), clock, *std::move(listener), std::move(tls))));
}

const net::ListenAddress& Proxy::address() const {
  return impl_->address();
}

std::uint64_t Proxy::exchanges() const {
  return impl_->exchanges();
}

void Proxy::stop(Duration patience) {
  impl_->stop(patience);
}

}  // namespace weir::tap
