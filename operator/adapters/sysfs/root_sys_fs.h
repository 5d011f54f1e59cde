// SysFs on the real files, below a folder that is opened once: every path is walked from its descriptor, component by component,
// with O_NOFOLLOW, so that nothing outside of it is ever read or written, whatever links there are. Written is only what
// `may_write` lets through, and only what is there as a regular file.
//
// Thread safety: all calls, from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ports/sys_fs.h"

namespace drover {

class RootSysFs final : public SysFs {
 public:
  using MayWrite = bool (*)(std::string_view path);
  // `root`: "/sys"; `may_write` null: nothing. NotFound, Denied: the root can't be opened.
  [[nodiscard]] static Result<std::unique_ptr<RootSysFs>> open(const std::string& root, MayWrite may_write);
  ~RootSysFs() override;
  RootSysFs(const RootSysFs&) = delete;
  RootSysFs& operator=(const RootSysFs&) = delete;

  [[nodiscard]] Result<std::string> read(const std::string& path) const override;
  [[nodiscard]] Status write(const std::string& path, std::string_view value) override;
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& folder) const override;
  [[nodiscard]] Result<std::string> link(const std::string& path) const override;

 private:
  RootSysFs(std::string root, int fd, MayWrite may_write) : root_(std::move(root)), fd_(fd), may_write_(may_write) {}
  // A descriptor of the path's last component, opened with `flags`.
  [[nodiscard]] Result<int> open_at(const std::string& path, int flags) const;
  [[nodiscard]] Error failed(const std::string& path, const char* what, int error) const;

  const std::string root_;
  const int fd_;
  const MayWrite may_write_;
};

}  // namespace drover
