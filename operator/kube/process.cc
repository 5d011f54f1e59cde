#include "kube/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace drover::kube {
namespace {

constexpr std::size_t kMaxErrorBytes = 4096;
constexpr int kTickMs = 20;  // how soon a stop or an exit behind open pipes is noticed

// Both ends of a pipe, closed on exec and at the end of the scope.
class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] bool ok() const { return ends_[0] >= 0; }
  [[nodiscard]] int reader() const { return ends_[0]; }
  [[nodiscard]] int writer() const { return ends_[1]; }
  void close_writer() { close_end(1); }
  void close_reader() { close_end(0); }

 private:
  void close_end(std::size_t i) {
    if (ends_[i] >= 0) close(ends_[i]);
    ends_[i] = -1;
  }
  std::array<int, 2> ends_{-1, -1};
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_of(const Program& program) {
  std::vector<std::string> all;
  for (const auto& [name, value] : program.environment) all.push_back(name + "=" + value);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view name = std::string_view(*entry).substr(0, std::string_view(*entry).find('='));
    const bool replaced =
        std::any_of(program.environment.begin(), program.environment.end(), [&](const auto& ours) { return ours.first == name; });
    if (!replaced) all.emplace_back(*entry);
  }
  return all;
}

// 0 or an errno. In a process group of its own, with default signals and no files of ours.
int spawn(const Program& program, const Pipe& out, const Pipe& err, pid_t& child) {
  std::vector<std::string> argument_texts{program.command};
  argument_texts.insert(argument_texts.end(), program.arguments.begin(), program.arguments.end());
  std::vector<std::string> environment_texts = environment_of(program);
  const std::vector<char*> arguments = pointers(argument_texts);
  const std::vector<char*> environment = pointers(environment_texts);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, out.writer(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, err.writer(), STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t defaults;
  sigemptyset(&defaults);
  for (const int signal : {SIGPIPE, SIGTERM, SIGINT, SIGHUP}) sigaddset(&defaults, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int fault = posix_spawnp(&child, program.command.c_str(), &files, &attributes, arguments.data(), environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return fault;
}

enum class Read { Data, End };

Read read_some(int fd, std::string& into, std::size_t keep) {
  std::array<char, 8192> buffer{};
  const ssize_t count = read(fd, buffer.data(), buffer.size());
  if (count < 0 && errno == EINTR) return Read::Data;
  if (count <= 0) return Read::End;
  const std::size_t room = keep > into.size() ? keep - into.size() : 0;
  into.append(buffer.data(), std::min(room, static_cast<std::size_t>(count)));
  return Read::Data;
}

// Reads both pipes until they end, or the program has (a child it left behind may hold the pipes open).
Status collect(const Program& program, Pipe& out, Pipe& err, pid_t child, std::optional<int>& exited, ProgramResult& result,
               const std::stop_token& stop) {
  const auto end = std::chrono::steady_clock::now() + program.timeout;
  while (out.reader() >= 0 || err.reader() >= 0 || !exited) {
    if (stop.stop_requested()) return Error{ErrorClass::Cancelled, program.command + " was stopped"};
    if (std::chrono::steady_clock::now() >= end) {
      return Error{ErrorClass::Retryable, program.command + " did not end within " + to_string(program.timeout)};
    }
    std::array<pollfd, 2> polled{pollfd{out.reader(), POLLIN, 0}, pollfd{err.reader(), POLLIN, 0}};
    const int ready = poll(polled.data(), polled.size(), kTickMs);
    if (polled[0].revents != 0 && read_some(out.reader(), result.output, program.max_output_bytes + 1) == Read::End)
      out.close_reader();
    if (polled[1].revents != 0 && read_some(err.reader(), result.error_text, kMaxErrorBytes) == Read::End) err.close_reader();
    if (result.output.size() > program.max_output_bytes) {
      return Error{ErrorClass::Invalid,
                   program.command + " printed more than " + std::to_string(program.max_output_bytes) + " bytes"};
    }
    if (ready == 0 && exited) break;
    int state = 0;
    if (!exited && waitpid(child, &state, WNOHANG) == child) {
      exited = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
    }
  }
  return ok();
}

}  // namespace

Result<ProgramResult> run_program(const Program& program, std::stop_token stop) {
  Pipe out;
  Pipe err;
  if (!out.ok() || !err.ok()) return Error{ErrorClass::Retryable, program.command + ": no pipe: " + std::strerror(errno)};
  pid_t child = -1;
  if (const int fault = spawn(program, out, err, child); fault != 0) {
    const bool absent = fault == ENOENT || fault == EACCES || fault == ENOTDIR;
    return Error{absent ? ErrorClass::NotFound : ErrorClass::Retryable, program.command + ": " + std::strerror(fault)};
  }
  out.close_writer();
  err.close_writer();
  ProgramResult result;
  std::optional<int> exited;
  const Status collected = collect(program, out, err, child, exited, result, stop);
  if (!collected) kill(-child, SIGKILL);
  if (!exited) {
    int state = 0;
    while (waitpid(child, &state, 0) < 0 && errno == EINTR) {
    }
  }
  if (!collected) return collected.error();
  result.exit_code = *exited;
  return result;
}

}  // namespace drover::kube
