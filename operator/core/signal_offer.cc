#include "core/signal_offer.h"

namespace drover {
namespace {

constexpr std::string_view kPlaceholder = "$namespace";
constexpr std::string_view kFix = "; write it as a whole matcher, namespace=\"$namespace\"";

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

void skip_spaces_back(std::string_view text, std::size_t& end) {
  while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t' || text[end - 1] == '\n')) --end;
}

// Where the matcher's = is, if the text before `quote` ends like `label =`; npos otherwise.
std::size_t equals_before(std::string_view text, std::size_t quote) {
  std::size_t end = quote;
  skip_spaces_back(text, end);
  if (end == 0 || text[end - 1] != '=') return std::string_view::npos;
  const std::size_t equals = --end;
  skip_spaces_back(text, end);
  return end > 0 && is_name_character(text[end - 1]) ? equals : std::string_view::npos;
}

// Quoted and escaped as PromQL reads strings.
std::string promql_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '\n') {
      quoted += "\\n";
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string names_on_offer(const SignalOffer& offer) {
  if (offer.named.empty()) return "; the administrator offers none (flag --signals of the operator)";
  constexpr std::size_t kNamed = 20;
  std::string text;
  std::size_t named = 0;
  for (const auto& [name, signal] : offer.named) {
    if (++named > kNamed) return text + " and " + std::to_string(offer.named.size() - kNamed) + " more";
    text += (text.empty() ? "; there are: " : ", ") + name;
    std::string about = signal.description;
    if (!signal.unit.empty()) about += (about.empty() ? "in " : ", in ") + signal.unit;
    if (!about.empty()) text += " (" + about + ")";
  }
  return text;
}

}  // namespace

SignalOffer offer_anything() {
  return {.owner_promql = true, .any_name = true, .named = {}};
}

std::string offered_query_problem(std::string_view query) {
  std::size_t placeholders = 0;
  for (std::size_t at = query.find('$'); at != std::string_view::npos; at = query.find('$', at + 1)) {
    const std::size_t end = at + kPlaceholder.size();
    if (!query.substr(at).starts_with(kPlaceholder) || (end < query.size() && is_name_character(query[end]))) {
      const bool is_variable = at + 1 < query.size() && (is_name_character(query[at + 1]) || query[at + 1] == '{');
      if (!is_variable) continue;  // the end of a regular expression
      return "has a variable other than $namespace. One query answers for all VMs of a namespace, with one series each, so there "
             "is "
             "none for a VM: aggregate by the label that names it";
    }
    const bool quoted = at > 0 && query[at - 1] == '"' && end < query.size() && query[end] == '"';
    if (!quoted) return "has $namespace where it is not a label's whole value" + std::string(kFix);
    if (equals_before(query, at - 1) == std::string_view::npos)
      return "has $namespace in a matcher other than =" + std::string(kFix);
    ++placeholders;
  }
  if (placeholders == 0) return "has no $namespace, so that owners would read every namespace by it" + std::string(kFix);
  return "";
}

std::optional<SignalBar> why_barred(const SignalOffer& offer, const PolicyRef& policy, const Signal& signal) {
  if (std::holds_alternative<PromQlSignal>(signal) && !policy.cluster_wide() && !offer.owner_promql) {
    return SignalBar{
        ConditionReason::PromQlNotAllowed,
        "not carried out: a MigrationPolicy's own PromQL would read whatever Prometheus has with Drover's credentials, and "
        "the administrator has not allowed it (flag --allow-owner-promql of the operator). Use kubevirtMetric, or a "
        "signal by name" +
            names_on_offer(offer) + ". The limits that this policy sets hold all the same"};
  }
  const auto* named = std::get_if<NamedSignal>(&signal);
  if (named == nullptr || offer.any_name || offer.named.contains(named->name)) return std::nullopt;
  return SignalBar{ConditionReason::Invalid, "spec.threshold.signal.named.name: \"" + named->name.substr(0, 100) +
                                                 "\" is no signal on offer" + names_on_offer(offer)};
}

Signal asked_signal(const SignalOffer& offer, const PolicyRef& policy, const Signal& signal) {
  const auto* named = std::get_if<NamedSignal>(&signal);
  const auto at = named == nullptr ? offer.named.end() : offer.named.find(named->name);
  if (at == offer.named.end()) return signal;
  PromQlSignal asked = at->second.promql;
  const std::string value = promql_string(policy.key.ns);
  const std::string& query = at->second.promql.query;
  asked.query.clear();
  std::size_t copied = 0;
  for (std::size_t found = query.find(kPlaceholder); found != std::string::npos; found = query.find(kPlaceholder, copied)) {
    asked.query.append(query, copied, equals_before(query, found - 1) - copied);
    asked.query += policy.cluster_wide() ? "=~\".+\"" : "=" + value;
    copied = found + kPlaceholder.size() + 1;
  }
  asked.query.append(query, copied);
  return asked;
}

}  // namespace drover
