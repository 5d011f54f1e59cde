// `drover demo`: a day of a data centre in a minute: the simulation at the pace of the wall clock, shown while it runs.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <sstream>
#include <utility>

#include "adapters/http_server/http_server.h"
#include "adapters/telemetry/prometheus_telemetry.h"
#include "adapters/time_zone/tz_database.h"
#include "app/commands.h"
#include "app/output.h"
#include "app/signals.h"
#include "app/version.h"
#include "demo/frame.h"
#include "demo/lines.h"
#include "demo/report.h"
#include "demo/samples.h"
#include "demo/terminal.h"
#include "demo/watch.h"

namespace drover {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr Duration kBetweenPictures = milliseconds{100};
constexpr std::size_t kReportColumns = 100;

// What is shown while the day runs.
class View {
 public:
  View() = default;
  View(const View&) = delete;
  View& operator=(const View&) = delete;
  virtual ~View() = default;
  virtual void begin(const DemoDay& /*day*/) {}
  virtual void hour(const DemoDay& /*day*/) {}  // an hour of the day is over
  virtual void news(const DemoDay& /*day*/) {}  // time has passed
  virtual void picture(const DemoDay& /*day*/) {}
};

class LiveView final : public View {
 public:
  void picture(const DemoDay& day) override { pictures_.show(demo_frame(day, terminal_size(), glyphs_of_the_locale())); }

 private:
  Pictures pictures_{colours_are_welcome()};
};

class LineView final : public View {
 public:
  void begin(const DemoDay& day) override { std::cout << opening_line(day) << std::endl; }
  void hour(const DemoDay& day) override {
    std::cout << hour_line(day, moves_before_) << std::endl;
    moves_before_ = day.moves.size();
  }
  void news(const DemoDay& day) override {
    for (; changes_told_ < day.changes.size(); ++changes_told_) std::cout << change_line(day.changes[changes_told_]) << "\n";
    std::cout << std::flush;
  }

 private:
  std::size_t moves_before_ = 0;
  std::size_t changes_told_ = 0;
};

// The simulation, driven in steps that end where something is to be told.
class Demo {
 public:
  Demo(sim::Scenario scenario, sim::SimulationOptions options, Telemetry& telemetry)
      : simulation_(std::move(scenario), std::move(options)), watch_(simulation_, telemetry) {
    simulation_.observe(watch_);
    simulation_.begin();
    watch_.look(simulation_);
  }

  [[nodiscard]] DemoDay& day() { return watch_.day(); }

  // The whole day in so many seconds, or as fast as it goes where it goes slower. Ends early with a signal, or when nobody reads.
  void run(double seconds, View& view) {
    const auto began = SteadyClock::now();
    const DemoDay& day = watch_.day();
    view.begin(day);
    bool ended = false;
    while (!ended && simulation_.now() < simulation_.end()) {
      const double share = std::min(1.0, std::chrono::duration<double>(SteadyClock::now() - began).count() / seconds);
      const Instant target = day.start + from_seconds(share * to_seconds(day.end - day.start));
      while (!ended && simulation_.now() < target) {
        advance(target, view);
        ended = end_signal_within(Duration::zero()) || !std::cout;
      }
      watch_.look(simulation_);
      view.picture(day);
      ended = ended || (share < 1 && end_signal_within(kBetweenPictures));
    }
    watch_.look(simulation_);
  }

 private:
  void advance(Instant target, View& view) {
    const DemoDay& day = watch_.day();
    const Instant next_hour = day.start + hours_ * hours{1};
    const Instant next_sample = day.start + static_cast<std::int64_t>(day.course.size()) * (day.end - day.start) / kDemoSamples;
    const Instant next = std::max(simulation_.now(), std::min({target, next_hour, next_sample}));
    simulation_.run_until(next);
    if (next >= next_sample && day.course.size() < kDemoSamples) watch_.sample(simulation_);
    watch_.look(simulation_);
    view.news(day);
    if (next < next_hour) return;
    ++hours_;
    view.hour(day);
  }

  sim::Simulation simulation_;
  DemoWatch watch_;
  int hours_ = 1;
};

std::vector<fs::path> places_of_samples() {
  std::error_code ignored;
  return {fs::read_symlink("/proc/self/exe", ignored).parent_path(), fs::current_path(ignored)};
}

// As short as it can be written here.
std::string path_from_here(const fs::path& path) {
  std::error_code ignored;
  const std::string near = fs::proximate(path, ignored).string();
  return near.empty() || near.size() > path.string().size() ? path.string() : near;
}

// "drover" where a shell would find this very program by that name, else its path.
std::string name_of_the_program() {
  std::error_code ignored;
  const fs::path self = fs::read_symlink("/proc/self/exe", ignored);
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (fs::exists(fs::path(folder) / "drover", ignored)) {
      if (fs::equivalent(fs::path(folder) / "drover", self, ignored)) return "drover";
      break;
    }
  }
  const std::string here = path_from_here(self);
  return here.find('/') == std::string::npos ? "./" + here : here;
}

// Null: none is wanted, or the port is taken, which `told` says.
Result<std::unique_ptr<HttpServer>> serve(const DemoFlags& flags, const PrometheusTelemetry& telemetry, std::string& told) {
  if (flags.listen.empty()) return std::unique_ptr<HttpServer>();
  auto server = HttpServer::start({.listen = flags.listen, .tls_cert = "", .tls_key = ""},
                                  {{"/metrics", [&telemetry] {
                                      return HttpPage{200, "text/plain; version=0.0.4; charset=utf-8", telemetry.text()};
                                    }}});
  if (!server && server.error().cls == ErrorClass::Invalid) return server.error();
  if (server) return server;
  told = "drover: " + server.error().message + "; the demo goes on without /metrics (another address: --listen 127.0.0.1:0)";
  return std::unique_ptr<HttpServer>();
}

std::string address_of(const DemoFlags& flags, const HttpServer& server) {
  return flags.listen.substr(0, flags.listen.rfind(':')) + ":" + std::to_string(server.port());
}

void print_report(const DemoDay& day, bool terminal) {
  const std::size_t columns = terminal ? std::min(kReportColumns, terminal_size().columns) : kReportColumns;
  const bool colours = terminal && colours_are_welcome();
  for (const Line& line : closing_report(day, columns, glyphs_of_the_locale())) {
    std::cout << (colours ? line.with_escape_codes() : line.text()) << "\n";
  }
  std::cout << std::flush;
}

}  // namespace

int run_demo(const DemoFlags& flags) {
  hold_end_signals();
  auto samples = load_demo_samples(flags.samples, places_of_samples());
  if (!samples) return wrong(samples.error());
  PrometheusTelemetry telemetry;
  telemetry.gauge("drover_build_info", {{"version", version()}}, 1);
  telemetry.gauge("drover_leader", {}, 1);
  std::string told;
  const auto server = serve(flags, telemetry, told);
  if (!server) return wrong(server.error());
  const std::string folder = samples->folder;
  sim::SimulationOptions options{
      .seed = flags.seed, .policies = std::move(samples->policies), .profiles = std::move(samples->profiles)};
  options.time_zone = [start = samples->scenario.start](const std::string& name) { return load_time_zone(name, start); };
  Demo demo(std::move(samples->scenario), std::move(options), telemetry);
  if (!folder.empty()) demo.day().samples = path_from_here(folder);
  demo.day().program = name_of_the_program();
  demo.day().wall_seconds = flags.seconds;
  if (*server) demo.day().metrics = address_of(flags, **server);
  if (!told.empty()) std::cerr << told << std::endl;
  const bool terminal = terminal_shows_pictures();
  const auto began = SteadyClock::now();
  {
    const std::unique_ptr<View> view = terminal ? std::unique_ptr<View>(new LiveView) : std::unique_ptr<View>(new LineView);
    demo.run(flags.seconds, *view);
  }
  demo.day().wall_seconds = std::chrono::duration<double>(SteadyClock::now() - began).count();
  print_report(demo.day(), terminal);
  return kExitDone;
}

}  // namespace drover
