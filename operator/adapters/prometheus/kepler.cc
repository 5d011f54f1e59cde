#include "adapters/prometheus/kepler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace drover::prometheus {
namespace {

// By rank. `input`: at the wall, or as good as; others are behind the power supplies.
struct Figure {
  std::string_view of;
  std::string_view source;
  bool input = false;
};
constexpr std::array<Figure, 5> kFigures = {{{"control", "kepler/PowerControl", true},
                                             {"supplies", "kepler/PowerSupply", false},
                                             {"platform", "kepler/platform", false},
                                             {"psys", "kepler/psys", false},
                                             {"package", "kepler/package", false}}};

std::string length(Duration window) {
  return std::to_string(std::chrono::ceil<milliseconds>(window).count()) + "ms";
}

std::string metric(const std::string& name, std::string own, const std::string& matchers) {
  if (!own.empty() && !matchers.empty()) own += ",";
  own += matchers;
  return own.empty() ? name : name + "{" + own + "}";
}

// `expression`'s series, named `of`: the answer tells by that what they are.
std::string named(const std::string& expression, const std::string& of) {
  return "label_replace(" + expression + ", \"figure\", \"" + of + "\", \"\", \"\")";
}

// Controllers' own series, which are left out when they are old.
std::string told(const std::string& type, Duration window, const std::string& matchers) {
  const std::string watts = metric("kepler_platform_watts", "source_type=\"" + type + "\"", matchers);
  return "max by (node_name, bmc_id, chassis_id, source_id) (" + watts + " > 0 and timestamp(" + watts + ") > time() - " +
         std::to_string(to_seconds(window)) + ")";
}

// With the name of the controller in the figure's.
std::string of_controller(const std::string& expression, const std::string& of) {
  return "label_join(" + named(expression, of) + ", \"figure\", \" \", \"figure\", \"bmc_id\")";
}

std::string control(Duration window, const std::string& matchers) {
  const std::string all = told("PowerControl", window, matchers);
  return of_controller("sum by (node_name, bmc_id) (" + all + ") and count by (node_name, bmc_id) (" + all + ") == 1", "control");
}

std::string supplies(Duration window, const std::string& matchers) {
  const std::string all = told("PowerSupply", window, matchers);
  return of_controller("sum by (node_name, bmc_id) (" + all +
                           ") and count by (node_name, bmc_id) (count by (node_name, bmc_id, chassis_id) (" + all + ")) == 1",
                       "supplies");
}

// The rate of a counter that is still there, and was for the whole window: of a younger one it would be spread over all of it.
std::string rate(const std::string& counter, Duration window) {
  return "(rate(" + counter + "[" + length(window) + "]) and " + counter + " offset " + length(window) + " and " + counter + ")";
}

std::string zone(const std::string& name, Duration window, const std::string& matchers) {
  const std::string joules = metric("kepler_node_cpu_joules_total", "zone=\"" + name + "\"", matchers);
  return named("sum by (node_name) (max by (node_name, path) (" + rate(joules, window) + ")) > 0", name);
}

// Before 0.10 the node's name was the label instance, which Prometheus may have renamed. Its parts are how the node was busy, and,
// of the processors', each processor.
std::string before(const std::string& name, const std::string& parts, const std::string& of, Duration window,
                   const std::string& matchers) {
  const std::string joules = metric(name, "", matchers);
  const std::string by_instance =
      "label_replace(" + rate(joules, window) + R"re(, "node_name", "$1", "instance", "([^:]*)(:[0-9]+)?"))re";
  const std::string by_name = "label_replace(" + by_instance + R"re(, "node_name", "$1", "exported_instance", "(.+)"))re";
  return named("sum by (node_name) (max by (node_name, " + parts + ") (" + by_name + ")) > 0", of);
}

const Figure* figure(std::string_view of) {
  const auto* at = std::find_if(kFigures.begin(), kFigures.end(), [&](const Figure& f) { return f.of == of; });
  return at == kFigures.end() ? nullptr : &*at;
}

}  // namespace

std::optional<KeplerFigures> kepler_figures(std::string_view name) {
  if (name == "none") return KeplerFigures::None;
  if (name == "whole") return KeplerFigures::Whole;
  if (name == "cpu") return KeplerFigures::Cpu;
  return std::nullopt;
}

Question kepler_question(KeplerFigures figures, Duration window, const std::string& matchers) {
  std::string query = control(window, matchers) + " or " + supplies(window, matchers) + " or " +
                      before("kepler_node_platform_joules_total", "mode", "platform", window, matchers) + " or " +
                      zone("psys", window, matchers);
  if (figures == KeplerFigures::Cpu) {
    query += " or " + zone("package", window, matchers) + " or " +
             before("kepler_node_package_joules_total", "package, mode", "package", window, matchers);
  }
  return {.query = std::move(query), .namespace_label = "figure", .name_label = "node_name", .several = Question::Several::Unknown};
}

std::map<std::string, MeterReading> kepler_readings(const std::map<ObjectKey, double>& watts) {
  struct Best {
    const Figure* figure = nullptr;
    std::string controller;
    double watts = 0;
  };
  std::map<std::string, Best> best;
  for (const auto& [key, value] : watts) {
    const std::string of = key.ns.substr(0, key.ns.find(' '));
    const Figure* is = figure(of);
    if (is == nullptr || key.name.empty() || !(value > 0) || !std::isfinite(value)) continue;
    Best& known = best[key.name];
    if (known.figure != nullptr && known.figure < is) continue;
    // Of two controllers of one node nobody knows which is its own.
    if (known.figure == is) {
      known.watts = 0;
      continue;
    }
    known = {is, key.ns.size() > of.size() + 1 ? key.ns.substr(of.size() + 1) : "", value};
  }
  std::map<std::string, int> nodes_of;
  for (const auto& [node, is] : best) {
    if (!is.controller.empty()) ++nodes_of[is.controller];
  }
  std::map<std::string, MeterReading> readings;
  for (const auto& [node, is] : best) {
    if (!(is.watts > 0)) continue;
    readings[node] = {.watts = is.watts,
                      .joules_total = {},
                      .source = std::string(is.figure->source),
                      .input = is.figure->input,
                      .enclosure = !is.controller.empty() && nodes_of[is.controller] > 1 ? "kepler " + is.controller : ""};
  }
  return readings;
}

}  // namespace drover::prometheus
