#include "kube/credentials.h"

#include "kube/files.h"

namespace drover::kube {
namespace {

constexpr Duration kReadAgainAfter = seconds{10};

}  // namespace

Headers bearer(const std::string& token) {
  return {{"authorization", "Bearer " + token}};
}

Result<Headers> TokenFile::headers(std::stop_token) {
  const MutexLock lock(mutex_);
  const Duration now = clock_.monotonic();
  if (!token_.empty() && read_at_ && now - *read_at_ < kReadAgainAfter) return bearer(token_);
  const Result<std::string> text = read_secret_line(path_);
  if (text) {
    token_ = *text;
    read_at_ = now;
  } else if (token_.empty()) {
    return Error{ErrorClass::Denied, "no bearer token: " + text.error().message};
  }
  return bearer(token_);
}

bool TokenFile::refused(const Headers& used) {
  const MutexLock lock(mutex_);
  if (used == bearer(token_)) read_at_.reset();
  return true;
}

}  // namespace drover::kube
