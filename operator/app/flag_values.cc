#include "app/flag_values.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/quantity.h"
#include "base/shown.h"
#include "base/time.h"

namespace drover {
namespace {

std::string want(const std::string& what, const std::string& have) {
  return "want " + what + "; have \"" + shown(have).substr(0, 100) + "\"";
}

// "text or json", "debug, info, warn or error"
std::string list(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return text;
}

// 0.1, 10000
std::string figure(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

template <typename T>
bool read(const std::string& text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

CLI::Validator one_of(std::vector<std::string> words) {
  const std::string names = list(words);
  return {[words = std::move(words), names](std::string& text) {
            return std::find(words.begin(), words.end(), text) != words.end() ? std::string() : want(names, text);
          },
          names};
}

CLI::Validator number_within(double least, double most) {
  const std::string range = figure(least) + " to " + figure(most);
  return {[=](std::string& text) {
            double value = 0;
            return read(text, value) && value >= least && value <= most ? std::string() : want("a number from " + range, text);
          },
          range};
}

CLI::Validator whole_within(std::uint64_t least, std::uint64_t most) {
  const std::string range = std::to_string(least) + " to " + std::to_string(most);
  return {[=](std::string& text) {
            std::uint64_t value = 0;
            const bool plain = !text.starts_with('-') && (text.size() == 1 || !text.starts_with('0'));
            return plain && read(text, value) && value >= least && value <= most ? std::string()
                                                                                 : want("a whole number from " + range, text);
          },
          range};
}

CLI::Validator duration_up_to(const std::string& most) {
  const Duration limit = parse_duration(most).value_or(Duration::max());
  return {[=](std::string& text) {
            const auto value = parse_duration(text);
            return value && *value > Duration::zero() && *value <= limit ? std::string()
                                                                         : want("a duration up to " + most + ", such as 5s", text);
          },
          "DURATION"};
}

CLI::Validator bandwidth() {
  return {[](std::string& text) {
            const auto bytes = parse_whole(text);
            return bytes && *bytes > 0 ? std::string() : want("bytes per second as a quantity above 0, such as 125M or 1Gi", text);
          },
          "QUANTITY"};
}

}  // namespace drover
