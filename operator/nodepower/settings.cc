#include "nodepower/settings.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "base/quantity.h"
#include "yaml/units.h"
#include "yaml/yaml_map.h"

namespace drover::nodepower {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 20;

bool says_nothing(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto first = line.find_first_not_of(" \t\r");
    if (first != std::string::npos && line[first] != '#' && line.substr(first) != "---") return false;
  }
  return true;
}

// A word that goes into a file of the kernel as it is.
void read_word(YamlMap& map, const char* field, std::optional<std::string>& into) {
  into = map.text(field);
  if (!into) return;
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  if (into->empty() || into->size() > 40 || !std::all_of(into->begin(), into->end(), fits))
    map.complain(field,
                 "must be a word in lower-case letters, digits and _, such as powersave; `drover-nodepower check` lists them");
}

void read_idle_cores(YamlMap map, Settings& settings) {
  IdleCores cores;
  const auto offline = map.text("offline");
  if (!offline) {
    map.complain("offline", "is missing; write how many cores may be offline at most, such as 4 or 25%");
  } else if (offline->ends_with('%')) {
    cores.share = parse_share(*offline);
    if (!cores.share) map.complain("offline", "must be a share from 0% to 100%");
  } else if (!(cores.count = parse_count(*offline))) {
    map.complain("offline", "must be a whole number of cores, or a share of them such as 25%");
  }
  const auto headroom = [](std::string_view text) -> std::optional<double> {
    return text.ends_with('%') ? parse_number(text.substr(0, text.size() - 1)) : std::nullopt;
  };
  double percent = cores.headroom * 100;
  map.read("headroom", percent, headroom, "a share of what is in use, such as 50%");
  cores.headroom = percent / 100;
  map.read("window", cores.window, parse_span, "a duration, such as 10m");
  if (cores.window < minutes{1} || cores.window > hours{24}) map.complain("window", "must be from 1m to 24h");
  map.no_others();
  settings.idle_cores = cores;
}

}  // namespace

Result<Settings> parse_settings(const std::string& text, const std::string& file) {
  Settings settings;
  if (says_nothing(text)) return settings;
  const auto documents = parse_yaml(text, file);
  if (!documents) return documents.error();
  YamlFault fault(file);
  if (documents->size() > 1) fault.note((*documents)[1], "", "is a second document; write one");
  YamlMap map(documents->front(), "", fault);
  read_word(map, "governor", settings.governor);
  read_word(map, "energyPerformancePreference", settings.preference);
  if (auto cores = map.map("idleCores")) read_idle_cores(*std::move(cores), settings);
  map.no_others();
  if (settings.governor == "userspace")
    map.complain("governor", "can't be userspace, which waits for a program that sets frequencies; name another");
  if (settings.preference == "default")
    map.complain("energyPerformancePreference",
                 "can't be default, which stands for another; leave the field out to change nothing");
  // The kernel sets EPP to its highest with that governor, and refuses all else.
  if (settings.governor == "performance" && settings.preference)
    map.complain("energyPerformancePreference", "has no meaning with the governor performance; leave it out");
  if (fault.noted()) return fault.error();
  return settings;
}

Result<Settings> read_settings(const std::string& path) {
  std::error_code wrong;
  const auto about = std::filesystem::status(path, wrong);
  if (about.type() == std::filesystem::file_type::not_found) return Settings{};
  const auto text = read_text_file(path, kMostBytes);
  if (!text) return text.error();
  return parse_settings(*text, path);
}

std::string settings_text(const Settings& settings) {
  std::string text;
  const auto add = [&](const std::string& field, const std::string& value) {
    text += (text.empty() ? "" : " ") + field + "=" + value;
  };
  if (settings.governor) add("governor", *settings.governor);
  if (settings.preference) add("energyPerformancePreference", *settings.preference);
  if (const auto& cores = settings.idle_cores) {
    add("idleCores.offline", cores->count ? std::to_string(*cores->count) : number_text(cores->share.value_or(0) * 100) + "%");
    add("idleCores.headroom", number_text(cores->headroom * 100) + "%");
    add("idleCores.window", to_string(cores->window));
  }
  return text;
}

}  // namespace drover::nodepower
