#include "adapters/http_server/peers.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>

namespace drover {
namespace {

using Clock = std::chrono::steady_clock;
using Outcome = Connection::Outcome;

constexpr auto kDeadline = std::chrono::seconds(10);  // for the request, and again for taking the answer
constexpr std::size_t kMaxHeadBytes = 8192;
constexpr std::size_t kMostPeers = 256;

}  // namespace

bool is_loopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    return (ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr) >> 24) == 127;
  }
  if (address.ss_family != AF_INET6) return false;
  const in6_addr& ip = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&ip) || (IN6_IS_ADDR_V4MAPPED(&ip) && ip.s6_addr[12] == 127);
}

void Peers::stop() {
  stopped_ = true;
  doorbell_.ring();
}

void Peers::answer(std::uint64_t peer, std::string text) {
  {
    const MutexLock lock(mutex_);
    answers_.emplace_back(peer, std::move(text));
  }
  doorbell_.ring();
}

std::vector<pollfd> Peers::watched(std::vector<std::uint64_t>& ids) const {
  std::vector<pollfd> fds{{doorbell_.fd(), POLLIN, 0}, {listener_, POLLIN, 0}};
  ids.clear();
  for (const auto& [id, peer] : peers_) {
    if (peer.stage == Stage::Waits) continue;  // nothing is expected of it
    fds.push_back({peer.connection.fd(), static_cast<short>(peer.wants == Outcome::WantsToWrite ? POLLOUT : POLLIN), 0});
    ids.push_back(id);
  }
  return fds;
}

int Peers::wait_milliseconds() const {
  std::optional<Time> first;
  for (const auto& [id, peer] : peers_) {
    if (peer.stage != Stage::Waits) first = std::min(first.value_or(peer.deadline), peer.deadline);
  }
  if (!first) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*first - Clock::now()).count();
  return static_cast<int>(std::max<std::int64_t>(left, 0));
}

void Peers::run() {
  std::vector<std::uint64_t> ids;
  while (!stopped_) {
    std::vector<pollfd> fds = watched(ids);
    const int ready = poll(fds.data(), fds.size(), wait_milliseconds());
    if (ready < 0 && errno != EINTR) std::this_thread::sleep_for(std::chrono::milliseconds(10));  // out of memory
    if (ready > 0 && fds[0].revents != 0) take_answers();
    for (std::size_t i = 0; ready > 0 && i < ids.size(); ++i) {
      if (fds[i + 2].revents == 0) continue;
      const auto at = peers_.find(ids[i]);
      if (at != peers_.end() && !advance(at->first, at->second)) peers_.erase(at);
    }
    close_late(Clock::now());
    if (ready > 0 && fds[1].revents != 0) accept_all();
  }
  peers_.clear();
}

void Peers::accept_all() {
  while (true) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    FileDescriptor socket(accept4(listener_, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.get() < 0) {
      // No descriptor is free: leave the peer in the backlog.
      if (errno == EMFILE || errno == ENFILE) std::this_thread::sleep_for(std::chrono::milliseconds(10));
      return;
    }
    if (peers_.size() >= kMostPeers) {
      // Whoever has been silent for longest has had its time.
      const auto oldest = std::find_if(peers_.begin(), peers_.end(), [](const auto& p) { return p.second.stage != Stage::Waits; });
      peers_.erase(oldest == peers_.end() ? peers_.begin() : oldest);
    }
    const std::uint64_t id = next_++;
    const auto at = peers_.try_emplace(id, std::move(socket), tls_, is_local_(from), Clock::now() + kDeadline).first;
    if (!advance(id, at->second)) peers_.erase(at);
  }
}

void Peers::take_answers() {
  doorbell_.silence();
  std::vector<std::pair<std::uint64_t, std::string>> answers;
  {
    const MutexLock lock(mutex_);
    answers.swap(answers_);
  }
  for (auto& [id, text] : answers) {
    const auto at = peers_.find(id);
    if (at == peers_.end()) continue;  // it is gone
    Peer& peer = at->second;
    peer.text = std::move(text);
    peer.left = peer.text;
    peer.stage = Stage::Listens;
    peer.deadline = Clock::now() + kDeadline;
    if (!advance(id, peer)) peers_.erase(at);
  }
}

void Peers::close_late(Time now) {
  std::erase_if(peers_, [&](const auto& p) { return p.second.stage != Stage::Waits && p.second.deadline <= now; });
}

bool Peers::advance(std::uint64_t id, Peer& peer) {
  if (peer.stage == Stage::Opens) {
    peer.wants = peer.connection.open();
    if (peer.wants == Outcome::Done) peer.stage = Stage::Asks;
  }
  if (peer.stage == Stage::Asks) return hear(id, peer);
  if (peer.stage == Stage::Listens) {
    peer.wants = peer.connection.write(peer.left);
    if (peer.wants == Outcome::Done) return false;
  }
  return peer.wants != Outcome::Over;
}

bool Peers::hear(std::uint64_t id, Peer& peer) {
  while (true) {
    peer.wants = peer.connection.read(peer.head);
    if (peer.wants != Outcome::Done) return peer.wants != Outcome::Over;
    if (peer.head.size() > kMaxHeadBytes) return false;
    const std::size_t end = peer.head.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    auto head = read_head(std::string_view(peer.head).substr(0, end));
    if (!head) return false;
    peer.stage = Stage::Waits;
    if (ask_({id, std::move(*head), peer.is_local})) return true;
    answer(id, render_page({503, "text/plain; charset=utf-8", "too many requests at once; ask again\n"}, true));
    return true;
  }
}

}  // namespace drover
