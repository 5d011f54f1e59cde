// Peers: the connections of a server, all of them on one thread that never waits for any of them. A whole request goes to `ask`;
// its answer comes back by answer() from any thread. A slow or silent peer costs a socket and a deadline, and nobody else's time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/http_server/connection.h"
#include "adapters/http_server/request.h"
#include "base/mutex.h"

struct pollfd;
struct sockaddr_storage;

namespace drover {

// Whether a peer with this address is on the same machine; of IPv4, IPv6, and IPv4 in IPv6.
[[nodiscard]] bool is_loopback(const sockaddr_storage& address);

class Peers {
 public:
  // A request, and where it came from.
  struct Asked {
    std::uint64_t peer = 0;
    HttpHead head;
    bool is_local = false;  // as `is_local` says
  };
  // False: nobody can answer now.
  using Ask = std::function<bool(Asked asked)>;

  using IsLocal = bool (*)(const sockaddr_storage& peer);

  // `listener` is a non-blocking socket; `tls` is null for plain HTTP. Both must outlive this.
  Peers(int listener, SSL_CTX* tls, IsLocal is_local, Ask ask)
      : listener_(listener), tls_(tls), is_local_(is_local), ask_(std::move(ask)) {}

  // Until stop().
  void run();
  // On any thread.
  void stop();
  void answer(std::uint64_t peer, std::string text);

 private:
  using Time = std::chrono::steady_clock::time_point;
  enum class Stage { Opens, Asks, Waits, Listens };
  struct Peer {
    Peer(FileDescriptor socket, SSL_CTX* tls, bool local, Time until)
        : connection(std::move(socket), tls), is_local(local), deadline(until) {}
    Connection connection;
    bool is_local;
    Time deadline;
    Stage stage = Stage::Opens;
    Connection::Outcome wants = Connection::Outcome::WantsToRead;
    std::string head;
    std::string text;  // of the answer
    std::string_view left;
  };

  void accept_all();
  void take_answers();
  void close_late(Time now);
  // Does what can be done now. False: the peer is over.
  [[nodiscard]] bool advance(std::uint64_t id, Peer& peer);
  [[nodiscard]] bool hear(std::uint64_t id, Peer& peer);
  [[nodiscard]] std::vector<pollfd> watched(std::vector<std::uint64_t>& ids) const;
  [[nodiscard]] int wait_milliseconds() const;

  const int listener_;
  SSL_CTX* const tls_;
  const IsLocal is_local_;
  const Ask ask_;
  const Doorbell doorbell_;
  std::atomic<bool> stopped_ = false;
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, Peer> peers_;  // in order of arrival
  Mutex mutex_;
  std::vector<std::pair<std::uint64_t, std::string>> answers_ DROVER_GUARDED_BY(mutex_);
};

}  // namespace drover
