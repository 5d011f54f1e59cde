#include "core/curve_proposal.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace drover {
namespace {

constexpr int kHalfWidth = 5;        // per cent around a tenth
constexpr double kLeastScale = 0.5;  // watts: readings are counted by whole ones
constexpr double kBetterBy = 0.9;    // of the error, at most
constexpr int kLowest = 20;          // per cent: a line must begin there
constexpr int kSpan = 40;            // ... and reach so far
constexpr double kNinetyPercent = 1.645;
constexpr double kReadingsAnHour = 60;
constexpr int kRounds = 20;

struct Weighted {
  double at = 0;  // per cent from where the line is asked for
  double watts = 0;
  double count = 0;
};

struct Line {
  double watts = 0;  // at 0
  double slope = 0;
  [[nodiscard]] double off(const Weighted& w) const { return w.watts - watts - slope * w.at; }
};

double median(std::vector<std::pair<double, double>> values) {
  std::sort(values.begin(), values.end());
  double all = 0;
  for (const auto& [value, count] : values) all += count;
  double below = 0;
  for (const auto& [value, count] : values) {
    below += count;
    if (below * 2 >= all) return value;
  }
  return 0;
}

// The usual size of what is off the line: 1.4826 times its median, which is the standard deviation of normal noise.
double scale_of(const std::vector<Weighted>& readings, const Line& line) {
  std::vector<std::pair<double, double>> off;
  off.reserve(readings.size());
  for (const Weighted& w : readings) off.emplace_back(std::abs(line.off(w)), w.count);
  return std::max(kLeastScale, 1.4826 * median(std::move(off)));
}

double huber(double t) {
  return std::abs(t) <= 1.345 ? 1 : 1.345 / std::abs(t);
}
double biweight(double t) {
  const double part = t / 4.685;
  return std::abs(part) >= 1 ? 0 : (1 - part * part) * (1 - part * part);
}

struct Fit {
  Line line;
  double interval = 0;
  bool holds = false;  // there is enough to say it by
};

// One step to the least weighted squares.
Line least_squares(const std::vector<Weighted>& readings, const Line& before, double scale, double (*weight)(double)) {
  double n = 0;
  double x = 0;
  double y = 0;
  for (const Weighted& w : readings) {
    const double part = w.count * weight(before.off(w) / scale);
    n += part;
    x += part * w.at;
    y += part * w.watts;
  }
  if (n <= 0) return before;
  x /= n;
  y /= n;
  double xx = 0;
  double xy = 0;
  for (const Weighted& w : readings) {
    const double part = w.count * weight(before.off(w) / scale);
    xx += part * (w.at - x) * (w.at - x);
    xy += part * (w.at - x) * (w.watts - y);
  }
  const double slope = xx / n < 0.25 ? 0 : xy / xx;  // all at one place have none
  return {y - slope * x, slope};
}

Fit fit(const std::vector<Weighted>& readings) {
  double n = 0;
  double x = 0;
  std::vector<std::pair<double, double>> watts;
  for (const Weighted& w : readings) {
    n += w.count;
    x += w.count * w.at;
    watts.emplace_back(w.watts, w.count);
  }
  if (n < static_cast<double>(kCurveReadings)) return {};
  x /= n;
  double xx = 0;
  for (const Weighted& w : readings) xx += w.count * (w.at - x) * (w.at - x) / n;
  if (xx < 0.25 && std::abs(x) > 1) return {};  // all beside where the line is asked for
  Fit out{.line = {median(std::move(watts)), 0}, .interval = 0, .holds = true};
  for (int round = 0; round < 2 * kRounds; ++round) {
    out.line = least_squares(readings, out.line, scale_of(readings, out.line), round < kRounds ? huber : biweight);
  }
  const double hours_read = std::max(1.0, n / kReadingsAnHour);
  out.interval = kNinetyPercent * scale_of(readings, out.line) * std::sqrt((1 + (xx < 0.25 ? 0 : x * x / xx)) / hours_read);
  return out;
}

std::vector<CurvePoint> points_of(const CurveReadings& readings) {
  std::vector<CurvePoint> points;
  for (int percent = 0; percent <= 100; percent += 10) {
    std::vector<Weighted> near;
    std::int64_t count = 0;
    const auto end = readings.counts().upper_bound({percent + kHalfWidth + 1, 0});
    for (auto at = readings.counts().lower_bound({percent - kHalfWidth, 0}); at != end; ++at) {
      near.push_back(
          {static_cast<double>(at->first.first - percent), static_cast<double>(at->first.second), static_cast<double>(at->second)});
      count += at->second;
    }
    const Fit line = fit(near);
    if (line.holds) points.push_back({percent, line.line.watts, line.interval, count});
  }
  return points;
}

// More use never draws less: neighbours that say so are given their mean.
void make_rising(std::vector<CurvePoint>& points) {
  struct Group {
    double watts = 0;
    double count = 0;
    std::size_t points = 0;
  };
  std::vector<Group> groups;
  for (const CurvePoint& point : points) {
    groups.push_back({point.watts, static_cast<double>(point.readings), 1});
    while (groups.size() > 1 && groups[groups.size() - 2].watts > groups.back().watts) {
      const Group last = groups.back();
      groups.pop_back();
      Group& into = groups.back();
      into.watts = (into.watts * into.count + last.watts * last.count) / (into.count + last.count);
      into.count += last.count;
      into.points += last.points;
    }
  }
  std::size_t at = 0;
  for (const Group& group : groups) {
    for (std::size_t i = 0; i < group.points; ++i) points[at++].watts = group.watts;
  }
}

// Through the points, each as sure as the others.
Line line_through(const std::vector<CurvePoint>& points) {
  std::vector<Weighted> at;
  for (const CurvePoint& point : points) at.push_back({static_cast<double>(point.percent), point.watts, 1});
  Line line{points.front().watts, 0};
  for (int round = 0; round < kRounds; ++round) line = least_squares(at, line, scale_of(at, line), huber);
  return line;
}

// The middle one of what readings are off: a few wild ones say nothing of a curve.
double middle_error(const CurveReadings& readings, const PowerModel& model) {
  std::vector<std::pair<double, double>> off;
  off.reserve(readings.counts().size());
  for (const auto& [key, times] : readings.counts())
    off.emplace_back(std::abs(key.second - model.watts_at(key.first / 100.0)), static_cast<double>(times));
  return median(std::move(off));
}

std::string too_narrow(const std::vector<CurvePoint>& points) {
  if (points.empty()) return "no tenth of the CPU has an hour of readings";
  return "readings cover " + std::to_string(points.front().percent) + " to " + std::to_string(points.back().percent) +
         " % of the CPU; a curve needs them from 20 % or less over at least 40 %";
}

}  // namespace

void CurveReadings::add(double utilization, double watts) {
  if (!(utilization >= 0) || utilization > 1 || !(watts > 0) || watts > 1e6) return;
  ++counts_[{static_cast<int>(std::lround(utilization * 100)), static_cast<int>(std::lround(watts))}];
}

CurveProposal propose_curve(const CurveReadings& readings, const PowerModel& model, Instant now) {
  CurveProposal out;
  out.since = readings.since();
  for (const auto& [key, times] : readings.counts()) out.readings += times;
  if (out.readings == 0) {
    out.message = "no node that serves has a meter that is read, with known use";
    return out;
  }
  if (now - readings.since() < kCurveAfter) {
    out.message = "a curve takes a week of readings";
    return out;
  }
  out.points = points_of(readings);
  make_rising(out.points);
  PowerModel better = model;
  if (out.points.size() == better.watts.size()) {
    for (std::size_t i = 0; i < better.watts.size(); ++i) better.watts[i] = out.points[i].watts;
  } else if (out.points.size() >= 3 && out.points.front().percent <= kLowest &&
             out.points.back().percent - out.points.front().percent >= kSpan) {
    const Line line = line_through(out.points);
    if (line.watts <= 0 || line.slope < 0) {
      out.message = "the readings rise with no use of the CPU";
      return out;
    }
    better.watts = PowerModel::table(PowerModel::Curve::Linear, line.watts, line.watts + 100 * line.slope);
    out.is_line = true;
  } else {
    out.message = too_narrow(out.points);
    return out;
  }
  out.error_now = middle_error(readings, model);
  out.error_proposed = middle_error(readings, better);
  if (out.error_proposed > kBetterBy * out.error_now) {
    out.message = "the profile's own curve fits as well";
    return out;
  }
  out.watts = better.watts;
  out.message = out.is_line ? "a straight line, which beyond the readings is a guess" : "from readings at every tenth of the CPU";
  return out;
}

}  // namespace drover
