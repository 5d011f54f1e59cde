#include "model/object.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace drover {
namespace {

// A label's value begins with a letter or a digit: what is below zero is none, and the scheduler evaluates no term that has it.
std::optional<std::int64_t> to_integer(std::string_view text) {
  std::int64_t value = 0;
  if (text.starts_with('-')) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool key_less(const std::pair<std::string, std::string>& entry, std::string_view key) {
  return entry.first < key;
}

}  // namespace

std::string to_string(const ObjectKey& key) {
  return key.ns.empty() ? key.name : key.ns + "/" + key.name;
}

Labels::Labels(std::vector<std::pair<std::string, std::string>> entries) : entries_(std::move(entries)) {
  std::stable_sort(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  entries_.erase(std::unique(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) { return a.first == b.first; }),
                 entries_.end());
  entries_.shrink_to_fit();
}

const std::string* Labels::find(std::string_view key) const {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), key, key_less);
  return at != entries_.end() && at->first == key ? &at->second : nullptr;
}

std::string_view Labels::value_or(std::string_view key, std::string_view fallback) const {
  const std::string* value = find(key);
  return value != nullptr ? std::string_view(*value) : fallback;
}

void Labels::set(std::string key, std::string value) {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), key, key_less);
  if (at != entries_.end() && at->first == key) {
    at->second = std::move(value);
  } else {
    entries_.emplace(at, std::move(key), std::move(value));
  }
}

void Labels::erase(std::string_view key) {
  std::erase_if(entries_, [&](const auto& entry) { return entry.first == key; });
}

bool Requirement::matches(const Labels& labels) const {
  const std::string* value = labels.find(key);
  switch (op) {
    case Operator::In: return value != nullptr && std::find(values.begin(), values.end(), *value) != values.end();
    case Operator::NotIn: return value == nullptr || std::find(values.begin(), values.end(), *value) == values.end();
    case Operator::Exists: return value != nullptr;
    case Operator::DoesNotExist: return value == nullptr;
    case Operator::Gt:
    case Operator::Lt: {
      if (value == nullptr || values.size() != 1) return false;
      const auto have = to_integer(*value);
      const auto bound = to_integer(values.front());
      if (!have || !bound) return false;
      return op == Operator::Gt ? *have > *bound : *have < *bound;
    }
  }
  return false;
}

std::string to_string(const Requirement& requirement) {
  static constexpr std::string_view kNames[] = {"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"};
  std::string text = requirement.key + " " + std::string(kNames[static_cast<int>(requirement.op)]);
  if (requirement.values.empty()) return text;
  text += " (";
  for (std::size_t i = 0; i < requirement.values.size(); ++i) text += (i > 0 ? ", " : "") + requirement.values[i];
  return text + ")";
}

bool Selector::matches(const Labels& labels) const {
  return std::all_of(requirements.begin(), requirements.end(), [&](const Requirement& r) { return r.matches(labels); });
}

}  // namespace drover
