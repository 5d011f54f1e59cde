// `drover report`: a ledger read, and what it says written.
#include <charconv>
#include <iostream>
#include <optional>

#include "app/commands.h"
#include "app/open_ledger.h"
#include "app/output.h"
#include "base/shown.h"
#include "report/report_text.h"
#include "yaml/yaml_map.h"

namespace drover {
namespace {

constexpr std::size_t kMaxSeriesBytes = std::size_t{64} << 20;

std::optional<double> number_in(std::string_view text) {
  double number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "30d", "1y" and what parse_duration reads.
std::optional<Duration> span_of(const std::string& text) {
  if (text.ends_with('d') || text.ends_with('y') || text.ends_with('w')) {
    const auto count = number_in(std::string_view(text).substr(0, text.size() - 1));
    if (!count || !(*count > 0)) return std::nullopt;
    return from_seconds(*count * 86400 * (text.back() == 'y' ? 365 : text.back() == 'w' ? 7 : 1));
  }
  return parse_duration(text);
}

std::optional<Instant> time_of(const std::string& text) {
  return parse_rfc3339(text.size() == 10 ? text + "T00:00:00Z" : text);
}

// A number, or the name of a file with a series.
Result<Factor> factor_of(const std::string& flag, const std::string& given, double scale, const std::string& location) {
  if (const auto number = number_in(given)) return Factor::constant(scale * *number);
  const auto text = read_text_file(given, kMaxSeriesBytes);
  if (!text) return Error{text.error().cls, flag + ": want a number or a file with a series: " + text.error().message};
  auto series = Factor::series(*text, scale, location);
  if (!series) return Error{ErrorClass::Invalid, flag + ": " + given + ": " + series.error().message};
  return series;
}

Status read_price(const ReportFlags& flags, ReportQuestion& question) {
  const auto slash = flags.price_unit.find('/');
  const std::string per = slash == std::string::npos ? "" : flags.price_unit.substr(slash + 1);
  if (slash == 0 || (per != "kWh" && per != "MWh"))
    return Error{ErrorClass::Invalid,
                 "--price-unit: want a currency and /kWh or /MWh, such as EUR/MWh; have \"" + flags.price_unit + "\""};
  question.currency = flags.price_unit.substr(0, slash);
  if (flags.price.empty()) return ok();
  auto price = factor_of("--price", flags.price, per == "MWh" ? 0.001 : 1, flags.location);
  if (!price) return price.error();
  question.price = std::move(price).value();
  question.price_text = flags.price + " " + flags.price_unit;
  return ok();
}

Status read_carbon(const ReportFlags& flags, ReportQuestion& question) {
  if (flags.carbon.empty()) return ok();
  auto carbon = factor_of("--carbon", flags.carbon, 1, flags.location);
  if (!carbon) return carbon.error();
  question.carbon = std::move(carbon).value();
  question.carbon_text = flags.carbon + " gCO2e/kWh";
  return ok();
}

Status read_times(const ReportFlags& flags, std::optional<Instant> booked_until, ReportQuestion& question) {
  const auto until = flags.until.empty() ? booked_until : time_of(flags.until);
  if (!until && !flags.until.empty())
    return Error{ErrorClass::Invalid,
                 "--until: want a time such as 2026-11-01 or 2026-11-01T12:00:00Z; have \"" + flags.until + "\""};
  question.until = until.value_or(Instant{});
  if (const auto span = span_of(flags.since)) {
    question.from = question.until - *span;
  } else if (const auto since = time_of(flags.since)) {
    question.from = *since;
  } else {
    return Error{ErrorClass::Invalid,
                 "--since: want a span such as 30d or 12h, or a time such as 2026-11-01; have \"" + flags.since + "\""};
  }
  if (until && question.from >= question.until)
    return Error{ErrorClass::Invalid, "--since: it must lie before the end, " + to_rfc3339(question.until)};
  return ok();
}

GroupBy group_of(ReportFlags::By by) {
  switch (by) {
    case ReportFlags::By::Node: return GroupBy::Node;
    case ReportFlags::By::Namespace: return GroupBy::Namespace;
    case ReportFlags::By::Policy: return GroupBy::Policy;
  }
  return GroupBy::Node;
}

std::string written(const EnergyReport& report, ReportFlags::Format format) {
  switch (format) {
    case ReportFlags::Format::Table: return table_of(report);
    case ReportFlags::Format::Csv: return csv_of(report);
    case ReportFlags::Format::Json: return json_of(report);
    case ReportFlags::Format::Html: return html_of(report);
  }
  return "";
}

}  // namespace

int run_report(const ReportFlags& flags) {
  ReportQuestion question{.by = group_of(flags.by)};
  if (const auto read = read_price(flags, question); !read) return wrong(read.error());
  if (const auto read = read_carbon(flags, question); !read) return wrong(read.error());
  const auto failed = [](const Error& error) {
    say(error);
    return kExitFailed;
  };
  const auto store = open_ledger(flags.ledger, LedgerAccess::Read);
  if (!store) return failed(store.error());
  const auto booked = (*store)->booked_until();
  if (!booked) return failed(booked.error());
  if (const auto read = read_times(flags, *booked, question); !read) return wrong(read.error());
  const auto extract = (*store)->read(question.from, question.until);
  if (!extract) return failed(extract.error());
  std::cout << written(make_energy_report(*extract, question), flags.format);
  return kExitDone;
}

}  // namespace drover
