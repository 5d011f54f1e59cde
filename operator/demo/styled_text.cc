#include "demo/styled_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace drover {
namespace {

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string_view code_of(Style style) {
  switch (style) {
    case Style::Plain: return "";
    case Style::Bold: return "\033[1m";
    case Style::Dim: return "\033[2m";
    case Style::Red: return "\033[31m";
    case Style::Green: return "\033[32m";
    case Style::Yellow: return "\033[33m";
    case Style::Blue: return "\033[34m";
    case Style::Magenta: return "\033[35m";
    case Style::Cyan: return "\033[36m";
  }
  return "";
}

constexpr std::string_view kEndOfStyle = "\033[0m";

std::string formatted(const char* pattern, int digits, double value) {
  std::array<char, 352> text{};  // room for the longest double
  std::snprintf(text.data(), text.size(), pattern, digits, value);
  return text.data();
}

}  // namespace

Line& Line::add(std::string_view text, Style style) {
  std::string shown(text);
  for (char& c : shown) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || code == 0x7F) c = '?';
  }
  columns_ += columns_of(shown);
  parts_.push_back({std::move(shown), style});
  return *this;
}

Line& Line::add(const Line& other) {
  parts_.insert(parts_.end(), other.parts_.begin(), other.parts_.end());
  columns_ += other.columns_;
  return *this;
}

Line& Line::repeat(std::string_view glyph, std::size_t times, Style style) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += glyph;
  return add(text, style);
}

Line& Line::pad(std::size_t column) {
  return columns_ < column ? repeat(" ", column - columns_) : *this;
}

Line& Line::cut(std::size_t columns) {
  while (columns_ > columns) {
    Part& last = parts_.back();
    const std::size_t width = columns_of(last.text);
    if (columns_ - width >= columns) {
      parts_.pop_back();
      columns_ -= width;
      continue;
    }
    std::size_t keep = columns - (columns_ - width);
    std::size_t bytes = 0;
    for (; bytes < last.text.size() && (keep > 0 || continues(last.text[bytes])); ++bytes) {
      if (!continues(last.text[bytes])) --keep;
    }
    last.text.resize(bytes);
    columns_ = columns;
  }
  return *this;
}

std::string Line::text() const {
  std::string text;
  for (const Part& part : parts_) text += part.text;
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::string Line::with_escape_codes() const {
  std::string text;
  for (const Part& part : parts_) {
    const auto code = code_of(part.style);
    text += code;
    text += part.text;
    if (!code.empty()) text += kEndOfStyle;
  }
  return text;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines;
  std::size_t width = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const auto word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    const std::size_t length = columns_of(word);
    if (lines.empty() || width + 1 + length > columns) {
      lines.emplace_back(word);
      width = length;
    } else {
      lines.back() += " " + std::string(word);
      width += 1 + length;
    }
  }
  return lines;
}

std::string decimal(double value, int digits) {
  std::string text = formatted("%.*f", digits, value);
  const auto first = text.find_first_of("0123456789");
  auto at = std::min(text.find('.'), text.size());
  while (at > first + 3) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

std::string percent(double share) {
  const double value = 100 * share;
  if (value == 0 || std::abs(value) >= 1) return decimal(value, value == 0 ? 0 : 1) + " %";
  const int zeros = static_cast<int>(-std::floor(std::log10(std::abs(value))));
  return formatted("%.*f", zeros + 1, value) + " %";
}

}  // namespace drover
