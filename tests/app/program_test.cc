// The program as a user runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "support/temporary_folder.h"

namespace drover {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// A run of the program whose output, of both streams, is read through a pipe.
class Program {
 public:
  explicit Program(std::vector<std::string> arguments) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    output_ = ends[0];
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, ends[1], STDERR_FILENO);
    posix_spawn_file_actions_addclose(&files, ends[0]);
    arguments.insert(arguments.begin(), DROVER_BINARY);
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::string home = "HOME=/nonexistent";
    // What a sanitizer may pass over holds for the program, too.
    const char* const passed_over = std::getenv("TSAN_OPTIONS");
    std::string sanitizer = "TSAN_OPTIONS=" + std::string(passed_over != nullptr ? passed_over : "");
    std::array<char*, 3> environment = {home.data(), sanitizer.data(), nullptr};
    EXPECT_EQ(posix_spawn(&pid_, DROVER_BINARY, &files, nullptr, argv.data(), environment.data()), 0);
    posix_spawn_file_actions_destroy(&files);
    close(ends[1]);
  }
  ~Program() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      wait();
    }
    close(output_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Reads on until the text has come, or the end.
  const std::string& read_until(const std::string& text) {
    std::array<char, 4096> buffer{};
    while (said_.find(text) == std::string::npos) {
      const ssize_t n = read(output_, buffer.data(), buffer.size());
      if (n <= 0) break;
      said_.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return said_;
  }
  void signal(int number) const { kill(pid_, number); }
  // The exit code; below zero: the signal that ended it.
  int wait() {
    read_until("\x01");  // to the end
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  [[nodiscard]] const std::string& said() const { return said_; }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string said_;
};

std::string ask(int port, const std::string& path) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    EXPECT_GT(send(fd, request.data(), request.size(), 0), 0);
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = recv(fd, buffer.data(), buffer.size(), 0)) > 0;)
      answer.append(buffer.data(), static_cast<std::size_t>(n));
  }
  close(fd);
  return answer;
}

class ProgramTest : public testing::Test {
 protected:
  std::string kubeconfig(const std::string& text) { return folder.write("kubeconfig", text); }
  // Of a server that nobody runs: port 1 refuses.
  std::string nobody() {
    return kubeconfig(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: k, cluster: {server: 'http://127.0.0.1:1'}}]\n"
        "users: [{name: u, user: {token: t}}]\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n");
  }
  test::TemporaryFolder folder;
};

TEST_F(ProgramTest, PrintsItsVersion) {
  Program program({"version"});
  EXPECT_EQ(program.wait(), 0);
  EXPECT_THAT(program.said(), testing::StartsWith("drover 0."));
}

TEST_F(ProgramTest, PlacesTheVmsOfAFile) {
  const auto file = folder.write("pool.json", R"({"nodes":[{"name":"a","cpu_m":9,"mem_mib":9},{"name":"b","cpu_m":9,"mem_mib":9}],
      "vms":[{"name":"x","cpu_m":3,"mem_mib":3,"node":"a"},{"name":"y","cpu_m":1,"mem_mib":1,"node":"b"}],"t":1})");
  Program json({"place", "--instance", file, "-o", "json"});
  EXPECT_EQ(json.wait(), 0);
  EXPECT_THAT(json.said(),
              testing::StartsWith(R"({"nodesUsed":1,"nodesBefore":2,"lowerBound":1,"gap":0.0,"feasible":true,"moves":[{"vm":)"));
  EXPECT_THAT(json.said(), AllOf(HasSubstr("\"cpuSeconds\":"), HasSubstr("\"wallSeconds\":")));
  Program table({"place", "--instance", file});
  EXPECT_EQ(table.wait(), 0);
  EXPECT_THAT(table.said(), AllOf(HasSubstr("2 now, 1 after the moves"), HasSubstr("1. ")));
}

// Names are others' text: a tenant's must not clear the screen, nor forge a line.
TEST_F(ProgramTest, ShowsNoNameAsWhatDrivesATerminal) {
  const auto file = folder.write("pool.json", R"({"nodes":[{"name":"a","cpu_m":9,"mem_mib":9},{"name":"b","cpu_m":9,"mem_mib":9}],
      "vms":[{"name":"e\u001b[2J\nf: x -> y","cpu_m":1,"mem_mib":1,"node":"a"},{"name":"\u009b1m","cpu_m":3,"mem_mib":3,"node":"b"}],"t":5})");
  for (const char* output : {"table", "json"}) {
    Program place({"place", "--instance", file, "-o", output});
    EXPECT_EQ(place.wait(), 0);
    EXPECT_THAT(place.said(),
                AllOf(testing::Not(HasSubstr("\x1b")), testing::Not(HasSubstr("\nf: ")), testing::Not(HasSubstr("\xc2\x9b"))));
  }
  Program table({"place", "--instance", file});
  EXPECT_EQ(table.wait(), 0);
  EXPECT_THAT(table.said(), HasSubstr(R"(1. e\x1b[2J f: x -> y: a -> b)"));
  Program error({"place", "--instance", folder.path("no\x1b[31mfile")});
  EXPECT_EQ(error.wait(), 2);
  EXPECT_THAT(error.said(), AllOf(HasSubstr(R"(no\x1b[31mfile)"), testing::Not(HasSubstr("\x1b"))));
}

TEST_F(ProgramTest, SendsNoTokenInTheClear) {
  const auto token = folder.write("token", "t");
  Program clear({"plan", "--kubeconfig", nobody(), "--prometheus-url", "http://p:9090", "--prometheus-bearer-token-file", token});
  EXPECT_EQ(clear.wait(), 1);
  EXPECT_THAT(clear.said(), AllOf(HasSubstr("--prometheus-bearer-token-file: the token would go in the clear to http://p:9090"),
                                  HasSubstr("https://")));
  Program header(
      {"plan", "--kubeconfig", nobody(), "--prometheus-url", "http://p", "--prometheus-header", "Authorization: Basic x"});
  EXPECT_EQ(header.wait(), 1);
  EXPECT_THAT(header.said(), HasSubstr("would go in the clear"));
}

TEST_F(ProgramTest, Exits2AndNamesTheFileOfABrokenInstance) {
  const auto file = folder.write("pool.json", "{\n\"nodes\": [");
  Program cut({"place", "--instance", file, "-o", "json"});
  EXPECT_EQ(cut.wait(), 2);
  EXPECT_THAT(cut.said(), AllOf(HasSubstr(file), HasSubstr("line 2"), testing::Not(HasSubstr("nodesUsed"))));
  Program missing({"place", "--instance", "/nowhere"});
  EXPECT_EQ(missing.wait(), 2);
  EXPECT_THAT(missing.said(), HasSubstr("/nowhere"));
}

TEST_F(ProgramTest, Exits2OnWrongUsage) {
  Program program({"operate"});
  EXPECT_EQ(program.wait(), 2);
  EXPECT_THAT(program.said(), HasSubstr("operate"));
}

TEST_F(ProgramTest, Exits1AndNamesFileFieldAndFixOfABrokenKubeconfig) {
  const std::vector<std::pair<std::string, std::string>> broken = {
      {"{{{", "kubeconfig"},
      {"apiVersion: v1\nkind: Config\ncurrent-context: gone\n", "gone"},
      {"apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: nowhere, user: u}}]\n",
       "nowhere"}};
  for (const auto& [text, named] : broken) {
    const auto file = kubeconfig(text);
    for (const auto& command :
         std::vector<std::vector<std::string>>{{"plan"}, {"operator", "--prometheus-url", "http://127.0.0.1:1"}}) {
      auto arguments = command;
      arguments.insert(arguments.end(), {"--kubeconfig", file});
      Program program(arguments);
      EXPECT_EQ(program.wait(), 1) << named;
      EXPECT_THAT(program.said(), AllOf(HasSubstr(file), HasSubstr(named)));
    }
  }
}

TEST_F(ProgramTest, Exits1WhenTheApiServerIsNotThere) {
  Program program({"explain", "vm", "a/b", "--kubeconfig", nobody()});
  EXPECT_EQ(program.wait(), 1);
  EXPECT_THAT(program.said(), AllOf(HasSubstr("the cluster of context c of " + folder.path("kubeconfig") + " can't be read: "),
                                    HasSubstr("127.0.0.1:1"), HasSubstr("is its API server up")));
}

TEST_F(ProgramTest, Exits2WhenItCannotUseAFlag) {
  Program listen({"operator", "--kubeconfig", nobody(), "--prometheus-url", "http://127.0.0.1:1", "--listen", "here"});
  EXPECT_EQ(listen.wait(), 2);
  EXPECT_THAT(listen.said(), HasSubstr("--listen"));
}

TEST_F(ProgramTest, LivesWithoutAnApiServerSaysSoAndEndsCleanlyOnSigterm) {
  for (const char* transport : {"cpprest", "curl"}) {
    Program program({"operator", "--kubeconfig", nobody(), "--prometheus-url", "http://127.0.0.1:1", "--listen", "127.0.0.1:0",
                     "--http-transport", transport});
    const std::string& log = program.read_until(" port=");
    const auto at = log.find(" port=");
    ASSERT_NE(at, std::string::npos) << log;
    const int port = std::stoi(log.substr(at + 6));
    program.read_until("can't be read");
    EXPECT_THAT(ask(port, "/healthz"), HasSubstr("200 OK"));
    EXPECT_THAT(ask(port, "/readyz"), AllOf(HasSubstr("503"), HasSubstr("not listed yet: nodes")));
    EXPECT_THAT(ask(port, "/metrics"), HasSubstr("drover_leader 0"));
    EXPECT_THAT(ask(port, "/debug/view"), HasSubstr("\"synced\": false"));
    program.signal(SIGTERM);
    EXPECT_EQ(program.wait(), 0) << program.said();
  }
}

TEST_F(ProgramTest, ShowsTheDemoAsLinesServesMetricsMeanwhileAndEndsWithAReport) {
  Program program({"demo", "--seconds", "1", "--listen", "127.0.0.1:0"});
  const std::string opening = program.read_until("/metrics\n");
  const auto port = opening.rfind(':');
  ASSERT_NE(port, std::string::npos) << opening;
  EXPECT_THAT(ask(std::stoi(opening.substr(port + 1)), "/metrics"),
              AllOf(HasSubstr("200 OK"), HasSubstr("drover_energy_joules_total")));
  EXPECT_EQ(program.wait(), 0) << program.said();
  EXPECT_THAT(program.said(), AllOf(HasSubstr("01:00  "), HasSubstr("Energy"), HasSubstr("All held"), HasSubstr("What to try next"),
                                    testing::Not(HasSubstr("\033"))));
}

TEST_F(ProgramTest, EndsTheDemoWithItsReportOnSigint) {
  Program program({"demo", "--seconds", "600", "--listen", ""});
  program.read_until("VMs");
  program.signal(SIGINT);
  EXPECT_EQ(program.wait(), 0);
  EXPECT_THAT(program.said(), HasSubstr("It was ended early"));
}

TEST_F(ProgramTest, GoesOnWithTheDemoWhenThePortIsTaken) {
  const int taken = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(taken, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(taken, 1), 0);
  getsockname(taken, reinterpret_cast<sockaddr*>(&address), &size);
  Program program({"demo", "--seconds", "0.1", "--listen", "127.0.0.1:" + std::to_string(ntohs(address.sin_port))});
  EXPECT_EQ(program.wait(), 0);
  EXPECT_THAT(program.said(), AllOf(HasSubstr("the demo goes on without /metrics"), HasSubstr("What to try next")));
  close(taken);
}

TEST_F(ProgramTest, Exits2WhenTheDemoCannotUseItsSamplesOrItsAddress) {
  Program samples({"demo", "--samples", folder.path("none")});
  EXPECT_EQ(samples.wait(), 2);
  EXPECT_THAT(samples.said(), HasSubstr("day.yaml"));
  Program address({"demo", "--listen", "here"});
  EXPECT_EQ(address.wait(), 2);
  EXPECT_THAT(address.said(), HasSubstr("--listen"));
}

}  // namespace
}  // namespace drover
