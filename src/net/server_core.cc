#include "net/server_core.h"

#include <sys/stat.h>
#include <unistd.h>

namespace weir::net {

ServerCore::ServerCore(int threads, std::size_t max_connections)
    : io(threads),
      thread_count_(threads),
      max_connections_(max_connections),
      work_(io.get_executor()) {}

bool ServerCore::add(const std::shared_ptr<ServerConnection>& connection) {
  const std::lock_guard lock(mutex_);
  if (connections_.size() >= max_connections_) return false;
  connections_.insert(connection);
  return true;
}

void ServerCore::remove(const std::shared_ptr<ServerConnection>& connection) {
  const std::lock_guard lock(mutex_);
  connections_.erase(connection);
  if (connections_.empty()) gone_.notify_all();
}

std::size_t ServerCore::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

void ServerCore::start_threads() {
  for (int i = 0; i < thread_count_; ++i) threads_.emplace_back([this] { io.run(); });
}

bool ServerCore::drain(Duration patience) {
  draining_ = true;
  stop_listening();
  std::unique_lock lock(mutex_);
  for (const auto& connection : connections_) connection->end_when_idle();
  return gone_.wait_for(lock, patience, [&] { return connections_.empty(); });
}

void ServerCore::end() {
  drain(Duration::zero());
  {
    const std::lock_guard lock(mutex_);
    for (const auto& connection : connections_) connection->end();
    stopped_ = true;
  }
  // The threads end when nothing is left to do: no handler stays behind that holds what holds it.
  work_.reset();
  for (std::thread& thread : threads_) thread.join();
  stop_listening = nullptr;
  if (address.is_unix()) ::unlink(address.path.c_str());
}

void remove_dead_socket(boost::asio::io_context& io, const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) return;
  boost::asio::local::stream_protocol::socket probe(io);
  boost::system::error_code error;
  probe.connect(path, error);
  if (error == boost::asio::error::connection_refused) ::unlink(path.c_str());
}

}  // namespace weir::net
