#include "ledger/postgres_server.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace drover::test {
namespace {

namespace fs = std::filesystem;

std::string shell(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("no shell");
  std::string said;
  std::array<char, 512> piece{};
  while (fgets(piece.data(), piece.size(), pipe) != nullptr) said += piece.data();
  if (pclose(pipe) != 0) throw std::runtime_error(command + ": " + said);
  return said;
}

fs::path newest_programs() {
  fs::path newest;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql")) {
    if (newest.empty() || version.path() > newest) newest = version.path();
  }
  return newest / "bin";
}

}  // namespace

PostgresServer::PostgresServer() : as_user_(geteuid() == 0 ? "runuser -u postgres -- " : "") {
  std::string name = (fs::temp_directory_path() / "drover-pg-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
  folder_ = name;
  if (!as_user_.empty()) shell("chown postgres " + name);
  shell("cd / && " + as_user_ + program("initdb") + " --no-sync --auth=trust --username=drover --encoding=UTF8 --locale=C " + name +
        "/data");
  start();
}

PostgresServer::~PostgresServer() {
  try {
    if (running_) stop();
  } catch (const std::exception& failed) {
    std::fprintf(stderr, "%s\n", failed.what());
  }
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string PostgresServer::program(const std::string& name) const {
  static const fs::path programs = newest_programs();
  return (programs / name).string();
}

void PostgresServer::start() {
  const std::string folder = folder_.string();
  shell("cd / && " + as_user_ + program("pg_ctl") + " start -w -D " + folder + "/data -l " + folder + "/log -o \"-k " + folder +
        " -c listen_addresses= -c fsync=off\" </dev/null >/dev/null");
  running_ = true;
}

void PostgresServer::stop() {
  shell("cd / && " + as_user_ + program("pg_ctl") + " stop -w -m immediate -D " + folder_.string() + "/data");
  running_ = false;
}

std::string PostgresServer::new_database() {
  const std::string name = "ledger" + std::to_string(++databases_);
  run("postgres", "CREATE DATABASE " + name);
  return "host=" + folder_.string() + " user=drover dbname=" + name;
}

void PostgresServer::run(const std::string& database, const std::string& statement) {
  shell("psql -X -q -v ON_ERROR_STOP=1 -h " + folder_.string() + " -U drover -d " + database + " -c \"" + statement + "\"");
}

PostgresServer& postgres_server() {
  static PostgresServer server;
  return server;
}

}  // namespace drover::test
