// `drover operator`: every part made, connected, started, and ended in the right order.
#include <unistd.h>

#include <array>
#include <atomic>
#include <random>

#include "act/executor.h"
#include "adapters/clock/system_clock.h"
#include "adapters/http_curl/curl_transport.h"
#include "adapters/http_server/http_server.h"
#include "adapters/redfish/redfish_driver.h"
#include "adapters/telemetry/prometheus_telemetry.h"
#include "adapters/time_zone/tz_database.h"
#include "app/access.h"
#include "app/books_keeper.h"
#include "app/commands.h"
#include "app/crash_point.h"
#include "app/machine_drivers.h"
#include "app/metered_kube_api.h"
#include "app/open_ledger.h"
#include "app/output.h"
#include "app/signals.h"
#include "app/version.h"
#include "base/hash.h"
#include "control/loop.h"
#include "control/pages.h"
#include "leader/lease_loop.h"
#include "reflect/kinds_to_watch.h"

namespace drover {
namespace {

constexpr Duration kAnswerWithin = seconds{5};  // the loop, to a probe
constexpr Duration kEndWithin = seconds{10};    // calls that run when the process is asked to end

std::string default_identity() {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  std::random_device random;
  return std::string(host.data()) + "_" + hash_text((std::uint64_t{random()} << 32) | random());
}

HttpPage from_loop(Loop& loop, std::function<HttpPage()> page) {
  auto made = std::make_shared<HttpPage>();
  if (loop.ask([made, page = std::move(page)] { return *made = page(), std::string(); }, kAnswerWithin)) return *made;
  return {503, "text/plain; charset=utf-8", "the loop has not answered for " + to_string(kAnswerWithin) + "\n"};
}

HttpPages pages(Loop& loop, const LeaseLoop& lease, const PrometheusTelemetry& telemetry) {
  return {{"/metrics",
           [&] {
             return HttpPage{200, "text/plain; version=0.0.4; charset=utf-8", telemetry.text()};
           }},
          {"/healthz", [&] { return from_loop(loop, [] { return HttpPage{.body = "ok\n"}; }); }},
          {"/readyz",
           [&] {
             HttpPage shown = from_loop(loop, [&loop] {
               const ReadyPage page = ready_page(loop);
               return HttpPage{.status = page.ready ? 200 : 503, .body = page.text};
             });
             const LeaderState state = lease.state();
             if (!state.holder.empty()) shown.body += "the lease is held by " + state.holder + "\n";
             if (!state.problem.empty()) shown.body += "the lease can't be read or written: " + state.problem + "\n";
             return shown;
           }},
          {"/debug/view", [&] {
             return from_loop(loop, [&loop] { return HttpPage{.content_type = "application/json", .body = debug_page(loop)}; });
           }}};
}

// The parts, in the order in which they depend on each other; they end in reverse.
class Operator {
 public:
  // `metal3`: the API of another cluster where BareMetalHosts are; null: they are in this one.
  Operator(const OperatorFlags& flags, Access& access, KubeApi* metal3, Log& log)
      : flags_(flags),
        identity_(flags.identity.empty() ? default_identity() : flags.identity),
        log_(log),
        api_(*access.api, clock_, telemetry_),
        redfish_({.api = api_, .clock = clock_, .transport = make_curl_transport}),
        machines_(api_, metal3 != nullptr ? *metal3 : api_, clock_),
        loop_({.clock = clock_,
               .log = log,
               .telemetry = telemetry_,
               .dispatch = [this](Effect effect) { executor_.dispatch(std::move(effect)); },
               .forget =
                   [this] {
                     executor_.forget();
                     if (books_) books_->pause();
                   },
               .time_zone = [this](const std::string& name) { return load_time_zone(name, clock_.now()); },
               .stepped =
                   [this](const ClusterView& view, const Core& core, const StepResult& result) {
                     if (!books_) return;
                     // Asked of the lease itself: one that hung hears late that another leads, and must not book that one's time.
                     if (!may_act()) return books_->pause();
                     books_->look(view, core, result, clock_.now());
                   }},
              core_options(flags), all_kinds()),
        lease_(api_, clock_, log, {flags.ns, flags.lease_name}, {.identity = identity_},
               {.started = [this] { lead(true); }, .stopped = [this](const std::string&) { lead(false); }}),
        executor_({.api = api_,
                   .metrics = *access.metrics,
                   .clock = clock_,
                   .drivers = drivers(),
                   .instance = identity_,
                   .may_act = [this] { return may_act(); },
                   .boundary = crash_point_from_environment()},
                  log, telemetry_, [this](Event event) { loop_.inbox().put(Urgent(std::move(event))); }) {
    if (!flags.ledger.empty()) {
      books_.emplace([location = flags.ledger] { return open_ledger(location, LedgerAccess::Write); }, log, telemetry_, identity_,
                     BooksKeeper::pace_from_environment());
    }
    telemetry_.gauge("drover_build_info", {{"version", version()}}, 1);
    telemetry_.gauge("drover_leader", {}, 0);
  }

  // An error: the pages can't be served.
  Status run() {
    auto server = HttpServer::start({.listen = flags_.listen,
                                     .tls_cert = flags_.tls_cert,
                                     .tls_key = flags_.tls_key,
                                     .debug_token_file = flags_.debug_token_file},
                                    pages(loop_, lease_, telemetry_));
    if (!server) return server.error();
    log_.info("listening", {{"address", flags_.listen}, {"port", std::to_string((*server)->port())}});
    {
      std::jthread loop([this](const std::stop_token& stop) { loop_.run(stop); });
      std::vector<std::unique_ptr<reflect::Watcher>> watchers = watch();
      if (flags_.leader_elect) {
        lease_.start();
      } else {
        lead(true);
      }
      wait_for_end_signal();
      loop.request_stop();
      log_.info("ending: no more decisions; running calls may take", {{"atMost", to_string(kEndWithin)}});
    }
    executor_.shut_down(kEndWithin);
    if (books_ && !books_->finish(kEndWithin)) log_.warn("the last rows of the ledger are not written", {});
    lease_.stop();
    log_.info("ended", {});
    return ok();
  }

 private:
  [[nodiscard]] bool may_act() const { return !flags_.leader_elect || lease_.leads(); }

  void lead(bool leading) {
    telemetry_.gauge("drover_leader", {}, leading ? 1 : 0);
    loop_.inbox().put(Urgent(Leadership{leading}));
  }

  // Those of kCarriedOut.
  PowerDrivers drivers() {
    PowerDrivers drivers;
    drivers.add(PowerDriverKind::Redfish, guarded_redfish_);
    machines_.add_to(drivers);
    return drivers;
  }

  std::vector<std::unique_ptr<reflect::Watcher>> watch() {
    std::vector<std::unique_ptr<reflect::Watcher>> watchers;
    for (auto& options : all_watches()) {
      auto random = std::make_shared<std::mt19937>(std::random_device()());
      reflect::WatcherTools tools{
          .api = api_,
          .clock = clock_,
          .sink = [this](reflect::Delta delta,
                         std::stop_token stop) { return loop_.inbox().put(std::move(delta), std::move(stop)); },
          .jitter = [random] { return std::uniform_real_distribution<double>(0, 1)(*random); }};
      watchers.push_back(std::make_unique<reflect::Watcher>(std::move(tools), std::move(options)));
    }
    return watchers;
  }

  static CoreOptions core_options(const OperatorFlags& flags) {
    CoreOptions options = flags.cluster.core;
    if (!flags.ledger.empty()) options.sample_interval = BooksKeeper::pace_from_environment();
    return options;
  }

  const OperatorFlags& flags_;
  const std::string identity_;
  Log& log_;
  const SystemClock clock_;
  PrometheusTelemetry telemetry_;
  MeteredKubeApi api_;
  // Whatever library the flags name for the API server: cpprestsdk reads the system's authorities for every connection, and a
  // controller is given a new one for every request.
  redfish::RedfishDriver redfish_;
  std::optional<BooksKeeper> books_;  // the loop's thread alone
  MachineDrivers machines_;
  metal3::UnmanagedOnly guarded_redfish_{redfish_, machines_.hosts()};
  Loop loop_;
  LeaseLoop lease_;
  Executor executor_;
};

}  // namespace

int run_operator(const OperatorFlags& flags) {
  hold_end_signals();
  const auto log = open_log(flags.cluster);
  const SystemClock clock;
  auto access = open_access(flags.cluster, clock, *log);
  if (!access) {
    say(access.error().message);
    return kExitFailed;
  }
  std::unique_ptr<KubeApi> metal3;
  if (!flags.metal3_kubeconfig.empty()) {
    auto opened = open_other_cluster(flags.cluster, flags.metal3_kubeconfig, clock);
    if (!opened) {
      say("--metal3-kubeconfig: " + opened.error().message);
      return kExitFailed;
    }
    metal3 = std::move(*opened);
  }
  log->info("drover begins", {{"version", std::string(version())}, {"cluster", access->source}});
  Operator program(flags, *access, metal3.get(), *log);
  if (const auto ended = program.run(); !ended) {
    say(ended.error().message);
    return ended.error().cls == ErrorClass::Invalid ? kExitWrongUsage : kExitFailed;
  }
  return kExitDone;
}

}  // namespace drover
