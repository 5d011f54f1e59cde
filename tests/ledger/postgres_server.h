// A PostgreSQL of the test's own: made in a new folder, listening on a socket in it alone, and gone with this object.
#pragma once

#include <filesystem>
#include <string>

namespace drover::test {

class PostgresServer {
 public:
  // Throws std::runtime_error with what the programs said.
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // A connection string of a new, empty database.
  [[nodiscard]] std::string new_database();
  void stop();  // as in a loss of power
  void start();
  // One statement; throws like the constructor.
  void run(const std::string& database, const std::string& statement);

 private:
  [[nodiscard]] std::string program(const std::string& name) const;
  std::filesystem::path folder_;
  std::string as_user_;  // PostgreSQL refuses to run as root
  int databases_ = 0;
  bool running_ = false;
};

// The one of this process, started when it is first asked for.
[[nodiscard]] PostgresServer& postgres_server();

}  // namespace drover::test
