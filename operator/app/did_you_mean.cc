#include "app/did_you_mean.h"

#include <algorithm>

namespace drover {
namespace {

// How many letters have to be added, left out, changed, or exchanged with the next.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> of(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t k = 0; k <= b.size(); ++k) {
      if (i == 0 || k == 0) {
        of[i][k] = i + k;
        continue;
      }
      const std::size_t changed = of[i - 1][k - 1] + (a[i - 1] == b[k - 1] ? 0 : 1);
      of[i][k] = std::min({of[i - 1][k] + 1, of[i][k - 1] + 1, changed});
      const bool exchanged = i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1];
      if (exchanged) of[i][k] = std::min(of[i][k], of[i - 2][k - 2] + 1);
    }
  }
  return of[a.size()][b.size()];
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : &word == &words.back() ? " and " : ", ") + word;
  return text;
}

// The command's own, and those of its option groups, which are commands without a name.
void add_flags(CLI::App& command, std::vector<std::string>& flags) {
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back(name);
  }
  for (CLI::App* group : command.get_subcommands([](CLI::App* part) { return part->get_name().empty(); })) add_flags(*group, flags);
}

std::string of_flag(const std::string& typed, CLI::App& command) {
  std::vector<std::string> flags;
  add_flags(command, flags);
  const std::string flag = typed.substr(0, typed.find('=')).substr(0, 100);
  const std::string meant = nearest_word(flag.substr(std::min(flag.find_first_not_of('-'), flag.size())), flags);
  const std::string of = command.get_parent() == nullptr ? "drover" : "drover " + command.get_name();
  return flag + " is no flag of '" + of + "'" + (meant.empty() ? "" : "; did you mean --" + meant + "?");
}

}  // namespace

std::string nearest_word(std::string_view typed, const std::vector<std::string>& words) {
  if (typed.size() > 100) return "";
  std::string best;
  std::size_t least = std::max<std::size_t>(1, typed.size() / 3) + 1;
  for (const std::string& word : words) {
    const std::size_t apart = distance(typed, word);
    if (apart >= least) continue;
    least = apart;
    best = word;
  }
  return best;
}

std::string did_you_mean(CLI::App& app) {
  const std::vector<std::string> unknown = app.remaining(true);
  if (unknown.empty()) return "";
  const std::string& typed = unknown.front();
  CLI::App& command = app.get_subcommands().empty() ? app : *app.get_subcommands().front();
  if (typed.starts_with("-")) return of_flag(typed, command);
  if (&command != &app) return "\"" + typed.substr(0, 100) + "\" is more than 'drover " + command.get_name() + "' takes";
  std::vector<std::string> commands;
  for (const CLI::App* known : app.get_subcommands([](CLI::App*) { return true; })) commands.push_back(known->get_name());
  const std::string meant = nearest_word(typed, commands);
  return "\"" + typed.substr(0, 100) + "\" is no command; " +
         (meant.empty() ? "there are " + joined(commands) : "did you mean " + meant + "?");
}

}  // namespace drover
