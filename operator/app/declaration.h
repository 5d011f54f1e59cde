// How a flag is declared: its value, its help, and its environment variable.
#pragma once

#include <CLI/CLI.hpp>
#include <cctype>
#include <string>
#include <utility>

#include "base/time.h"

namespace drover {

// "--kube-api-qps" -> DROVER_KUBE_API_QPS
inline std::string environment_name(const std::string& flag) {
  std::string name = "DROVER_";
  for (const char c : flag.substr(2)) name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

// Adds flags to a command, each with its environment variable.
class Declaration {
 public:
  // `group` is the heading in the help.
  explicit Declaration(CLI::App& app, std::string group = "Options") : app_(app), group_(std::move(group)) {}

  template <typename T>
  CLI::Option* flag(const std::string& name, T& value, const std::string& help) {
    const std::string longest = name.substr(name.rfind("--"));
    return app_.add_option(name, value, help)->envname(environment_name(longest))->group(group_)->capture_default_str();
  }
  // At least a second: KubeVirt counts whole ones.
  CLI::Option* time(const std::string& name, Duration& value, const std::string& help) {
    const auto read = [name, &value](const std::string& text) {
      const auto time = parse_duration(text);
      if (!time || *time < seconds{1})
        throw CLI::ValidationError(name, "want a time of at least 1s, such as 90s or 5m; have \"" + text + "\"");
      value = *time;
    };
    return app_.add_option_function<std::string>(name, read, help)
        ->envname(environment_name(name))
        ->group(group_)
        ->default_str(to_string(value));
  }
  CLI::Option* on_off(const std::string& name, bool& value, const std::string& help) {
    return app_.add_flag(name + "{true}", value, help)->envname(environment_name(name))->group(group_)->capture_default_str();
  }

 private:
  CLI::App& app_;
  std::string group_;
};

}  // namespace drover
