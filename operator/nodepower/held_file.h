// HeldStore in a file, written beside it, flushed and renamed; and locked, so that two programs never hold the same machine.
#pragma once

#include <memory>
#include <string>

#include "nodepower/held.h"

namespace drover::nodepower {

class HeldFileStore final : public HeldStore {
 public:
  // Makes the folder when it is missing. Conflict: another program holds it. Denied, Retryable: it can't be made or written.
  [[nodiscard]] static Result<std::unique_ptr<HeldFileStore>> open(const std::string& path);
  ~HeldFileStore() override;
  HeldFileStore(const HeldFileStore&) = delete;
  HeldFileStore& operator=(const HeldFileStore&) = delete;

  [[nodiscard]] Result<std::optional<Held>> load() override;
  [[nodiscard]] Status save(const Held& held) override;

 private:
  HeldFileStore(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  const std::string path_;
  const int lock_;
};

}  // namespace drover::nodepower
