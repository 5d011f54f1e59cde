#include "torture_cases/workers.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <vector>

#include "base/check.h"

namespace drover::torture {
namespace {

// Seeds of worker i of n: first + i, first + i + n, ... It answers each with "SEED LENGTH\n" and so many bytes of failure.
struct Worker {
  std::uint64_t next = 0;  // whose answer is awaited
  pid_t pid = -1;
  int from = -1;
  std::string heard;
};

void write_all(int to, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t count = write(to, text.data() + done, text.size() - done);
    if (count <= 0) std::_Exit(1);
    done += static_cast<std::size_t>(count);
  }
}

}  // namespace

Tally judge_all(const Work& work, const std::function<std::string(std::uint64_t)>& judge_seed,
                const std::function<void(std::uint64_t, const std::string&)>& progress) {
  const std::uint64_t end = work.first_seed + work.seeds;
  const auto stride = static_cast<std::uint64_t>(work.processes);
  std::vector<Worker> workers(stride);
  const auto start = [&](Worker& worker) {
    if (worker.next >= end) return;
    int ends[2];
    DROVER_CHECK(pipe(ends) == 0);
    std::fflush(nullptr);
    worker.pid = fork();
    DROVER_CHECK(worker.pid >= 0);
    if (worker.pid == 0) {
      close(ends[0]);
      for (std::uint64_t seed = worker.next; seed < end; seed += stride) {
        const std::string failure = judge_seed(seed);
        std::fflush(stdout);
        write_all(ends[1], std::to_string(failure.size()) + "\n" + failure);
      }
      std::_Exit(0);
    }
    close(ends[1]);
    worker.from = ends[0];
    worker.heard.clear();
  };
  for (std::uint64_t i = 0; i < stride; ++i) {
    workers[i].next = work.first_seed + i;
    start(workers[i]);
  }

  Tally tally;
  const auto settle = [&](Worker& worker, const std::string& failure) {
    progress(worker.next, failure);
    ++(failure.empty() ? tally.passed : tally.failed);
    worker.next += stride;
  };
  const auto hear = [&](Worker& worker) {
    char buffer[4096];
    const ssize_t count = read(worker.from, buffer, sizeof buffer);
    if (count > 0) worker.heard.append(buffer, static_cast<std::size_t>(count));
    for (;;) {
      const std::size_t line = worker.heard.find('\n');
      if (line == std::string::npos) break;
      const std::size_t size = std::strtoull(worker.heard.c_str(), nullptr, 10);
      if (worker.heard.size() < line + 1 + size) break;
      settle(worker, worker.heard.substr(line + 1, size));
      worker.heard.erase(0, line + 1 + size);
    }
    if (count > 0) return;
    close(worker.from);
    worker.from = -1;
    int status = 0;
    waitpid(worker.pid, &status, 0);
    if (worker.next >= end) return;
    settle(worker, WIFSIGNALED(status) ? "the process was killed by signal " + std::to_string(WTERMSIG(status)) + "\n"
                                       : "the process ended early\n");
    start(worker);
  };
  for (;;) {
    std::vector<pollfd> fds;
    for (const Worker& worker : workers) fds.push_back({worker.from, POLLIN, 0});  // poll leaves out what is below 0
    bool any = false;
    for (const Worker& worker : workers) any = any || worker.from >= 0;
    if (!any) return tally;
    if (poll(fds.data(), fds.size(), -1) < 0) continue;
    for (std::size_t i = 0; i < fds.size(); ++i) {
      if (fds[i].revents != 0) hear(workers[i]);
    }
  }
}

}  // namespace drover::torture
