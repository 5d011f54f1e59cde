// Word: one of the words of an enumeration, as it stands in a status that another version of Drover may have written. A word that
// this version does not know equals none of its own, and is kept, shown and written back as it was.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace drover {

// An Enum's values are consecutive, and it has a to_string() that gives each of them another text.
template <typename Enum>
class Word {
 public:
  Word() = default;  // the empty text
  Word(Enum known) : known_(known) {}

  // One of the words from `first` to `last`, or what was read.
  [[nodiscard]] static Word read(std::string_view text, Enum first, Enum last) {
    for (int i = static_cast<int>(first); i <= static_cast<int>(last); ++i) {
      if (const auto word = static_cast<Enum>(i); to_string(word) == text) return word;
    }
    Word other;
    other.other_ = text;
    return other;
  }

  [[nodiscard]] std::string_view text() const { return known_ ? to_string(*known_) : std::string_view(other_); }
  friend bool operator==(const Word&, const Word&) = default;

 private:
  std::optional<Enum> known_;
  std::string other_;
};

}  // namespace drover
