// Keeps a view of VMIs and nodes with Drover's own parts, as the operator does, and says what that took. The peer program
// (tests/bench/peer) speaks the same: a line of JSON when the view is synced, one two seconds later, and, after N events about
// VMIs, one more.
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

#include "adapters/clock/system_clock.h"
#include "adapters/http_cpprest/cpprest_transport.h"
#include "adapters/http_curl/curl_transport.h"
#include "base/bounded_queue.h"
#include "kube/kube_client.h"
#include "kube/kubeconfig.h"
#include "reflect/store.h"
#include "reflect/watcher.h"

namespace drover {
namespace {

// A figure of /proc/self/status, in bytes.
std::int64_t status(const std::string& field) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(field)) return std::stoll(line.substr(field.size())) * 1024;
  }
  return 0;
}

class Report {
 public:
  void print(const char* what, std::size_t vmis, std::size_t nodes) const {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds_of = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
    std::printf(R"({"what":"%s","wall":%.4f,"cpu":%.4f,"rss":%lld,"peak":%lld,"vmis":%zu,"nodes":%zu})"
                "\n",
                what, to_seconds(clock_.monotonic() - began_), seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime),
                static_cast<long long>(status("VmRSS:")), static_cast<long long>(status("VmHWM:")), vmis, nodes);
    std::fflush(stdout);
  }

 private:
  SystemClock clock_;
  Duration began_ = clock_.monotonic();
};

reflect::Watcher watch(KubeApi& api, const Clock& clock, BoundedQueue<reflect::Delta>& queue, Kind kind, std::int64_t page) {
  return reflect::Watcher(
      {api, clock, [&queue](reflect::Delta delta, const std::stop_token& stop) { return queue.push(std::move(delta), stop); },
       [] { return 0.5; }, wait_for},
      {.kind = kind, .label_selector = "", .field_selector = "", .page = page});
}

int run(const std::string& kubeconfig, const std::string& http, std::int64_t events, std::int64_t page) {
  const Report report;
  const SystemClock clock;
  auto connection = kube::load_kubeconfig({kubeconfig}, "", clock);
  if (!connection) throw std::runtime_error(connection.error().message);
  auto transport = kube::open_transport(
      *connection, http == "curl" ? TransportFactory(make_curl_transport) : TransportFactory(make_cpprest_transport));
  if (!transport) throw std::runtime_error(transport.error().message);
  kube::KubeClient api(std::move(*transport), *connection, clock);

  BoundedQueue<reflect::Delta> queue(1024);
  reflect::Store store({Kind::Vm, Kind::Node});
  const reflect::Watcher vms = watch(api, clock, queue, Kind::Vm, page);
  const reflect::Watcher nodes = watch(api, clock, queue, Kind::Node, page);
  const auto take = [&](Duration wait) {
    auto delta = queue.pop(wait);
    if (!delta) return false;
    if (delta->type == reflect::Delta::Type::Problem) std::fprintf(stderr, "%s\n", delta->error.message.c_str());
    const bool counts = delta->kind == Kind::Vm && delta->type == reflect::Delta::Type::Upsert;
    store.apply(std::move(*delta));
    return counts;
  };
  while (!store.synced()) take(seconds{60});
  report.print("synced", store.view().vms.size(), store.view().nodes.size());
  std::this_thread::sleep_for(seconds{2});
  report.print("steady", store.view().vms.size(), store.view().nodes.size());
  for (std::int64_t seen = 0; seen < events;) seen += take(seconds{60}) ? 1 : 0;
  if (events > 0) report.print("events", static_cast<std::size_t>(events), 0);
  std::_Exit(0);  // the watches would take their time to be cancelled
}

}  // namespace
}  // namespace drover

int main(int argc, char** argv) {
  std::string kubeconfig;
  std::string http = "cpprest";
  std::int64_t events = 0;
  std::int64_t page = 500;
  // Options as the peer has them.
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    const std::string value = argv[i + 1];
    if (option == "-kubeconfig") kubeconfig = value;
    if (option == "-http") http = value;
    if (option == "-events") events = std::stoll(value);
    if (option == "-page") page = std::stoll(value);
  }
  try {
    return drover::run(kubeconfig, http, events, page);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_cache: %s\n", error.what());
    return 1;
  }
}
