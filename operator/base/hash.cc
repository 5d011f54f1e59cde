#include "base/hash.h"

namespace drover {

std::string hash_text(std::uint64_t hash, int digits) {
  static constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";  // the API server's own suffix letters
  std::string text;
  for (int i = 0; i < digits; ++i) {
    text += kAlphabet[hash % kAlphabet.size()];
    hash /= kAlphabet.size();
  }
  return text;
}

}  // namespace drover
