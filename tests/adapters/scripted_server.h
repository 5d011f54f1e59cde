// A loopback HTTP/1.1 server that does what a test's script says, byte by byte if it must, and counts what it received.
//
// Each connection runs the script on a thread of its own; the destructor ends them all. Thread safety: the counters may be
// read from anywhere; a Connection belongs to its script.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "adapters/http_test_certificates.h"
#include "base/time.h"

namespace drover::test {

struct ReceivedRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower case; of several with one name, a line each
  std::string body;
};

struct ServerTls {
  Identity identity;
  std::string client_ca_pem;  // not empty: a client certificate of this authority is demanded
  int max_version = TLS1_3_VERSION;
  int min_version = 0;  // below 1.2 it takes the digests of those times, too; 0: OpenSSL's own
};

class ScriptedServer {
 public:
  class Connection {
   public:
    Connection(ScriptedServer& server, int socket, SSL* tls, int index)
        : server_(server), socket_(socket), tls_(tls), index_(index) {}

    [[nodiscard]] int index() const { return index_; }    // 0 for the first connection
    [[nodiscard]] std::optional<ReceivedRequest> read();  // nullopt when the client has closed
    bool write(std::string_view bytes);                   // false when the client is gone
    bool respond(int status, std::string_view body, std::string_view header_lines = "");
    bool begin_chunks(int status = 200);
    bool chunk(std::string_view bytes);
    bool end_chunks();
    void reset();                                   // RST instead of FIN
    void finish();                                  // FIN now, not only when the script ends
    void wait_for_close();                          // until the client closes
    [[nodiscard]] std::string server_name() const;  // SNI
    [[nodiscard]] std::string client_name() const;  // CN of the client's certificate

   private:
    [[nodiscard]] bool fill();  // reads more; false at the end

    ScriptedServer& server_;
    const int socket_;
    SSL* const tls_;  // null for plain HTTP
    const int index_;
    std::string unread_;
  };
  using Script = std::function<void(Connection&)>;

  explicit ScriptedServer(Script script, std::optional<ServerTls> tls = std::nullopt, bool ipv6 = false);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string url() const;  // with the literal address
  [[nodiscard]] int connections() const { return connections_; }
  [[nodiscard]] int requests(const std::string& method) const;
  [[nodiscard]] std::size_t bytes_sent() const { return bytes_sent_; }
  // False when the time runs out first.
  [[nodiscard]] bool wait_for_requests(const std::string& method, int count, Duration limit = seconds{5}) const;

 private:
  void accept_loop();
  void serve(int socket, int index);
  void count(const std::string& method);

  const Script script_;
  const bool has_tls_;
  const bool ipv6_;
  SSL_CTX* tls_ = nullptr;
  int listener_ = -1;
  int port_ = 0;
  int wake_[2] = {-1, -1};
  std::atomic<int> connections_ = 0;
  std::atomic<std::size_t> bytes_sent_ = 0;

  mutable std::mutex mutex_;
  mutable std::condition_variable counted_;
  std::map<std::string, int> requests_;  // guarded by mutex_
  std::vector<int> open_sockets_;        // guarded by mutex_
  bool stopping_ = false;                // guarded by mutex_
  std::list<std::thread> threads_;       // the accept loop's, until it has ended
  std::thread acceptor_;
};

}  // namespace drover::test
