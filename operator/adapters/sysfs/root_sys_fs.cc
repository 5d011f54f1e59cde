#include "adapters/sysfs/root_sys_fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace drover {
namespace {

// sysfs gives a page at most; /proc/stat of a machine with thousands of CPUs is longer.
constexpr std::size_t kMostBytes = std::size_t{4} << 20;

// A descriptor that is closed at the end of its scope.
class Opened {
 public:
  explicit Opened(int fd) : fd_(fd) {}
  ~Opened() {
    if (fd_ >= 0) close(fd_);
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  void replace(int fd) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }

 private:
  int fd_;
};

std::vector<std::string> components(std::string_view path) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    parts.emplace_back(path.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

bool is_plain(const std::vector<std::string>& parts) {
  return std::none_of(parts.begin(), parts.end(),
                      [](const std::string& part) { return part.empty() || part == "." || part == ".."; });
}

ErrorClass class_of(int error) {
  switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO: return ErrorClass::NotFound;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
    case ENOTDIR: return ErrorClass::Denied;
    case EINVAL: return ErrorClass::Invalid;
    default: return ErrorClass::Retryable;
  }
}

}  // namespace

Result<std::unique_ptr<RootSysFs>> RootSysFs::open(const std::string& root, MayWrite may_write) {
  const int fd = ::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Error{class_of(errno), root + ": can't be opened: " + std::strerror(errno) + "; is it mounted?"};
  return std::unique_ptr<RootSysFs>(new RootSysFs(root, fd, may_write));
}

RootSysFs::~RootSysFs() {
  close(fd_);
}

Error RootSysFs::failed(const std::string& path, const char* what, int error) const {
  return {class_of(error), root_ + "/" + path + ": " + what + ": " + std::strerror(error)};
}

Result<int> RootSysFs::open_at(const std::string& path, int flags) const {
  const auto parts = components(path);
  if (!is_plain(parts)) return Error{ErrorClass::Denied, root_ + "/" + path + ": is no plain path below the root"};
  Opened folder(-1);
  for (std::size_t i = 0;; ++i) {
    const bool last = i + 1 == parts.size();
    const int from = i == 0 ? fd_ : folder.get();
    const int fd = openat(from, parts[i].c_str(), (last ? flags : O_PATH | O_DIRECTORY) | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return failed(path, "can't be opened", errno);
    if (last) return fd;
    folder.replace(fd);
  }
}

Result<std::string> RootSysFs::read(const std::string& path) const {
  const auto opened = open_at(path, O_RDONLY | O_NONBLOCK);
  if (!opened) return opened.error();
  const Opened file(*opened);
  std::string text;
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t n = ::read(file.get(), piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(path, "can't be read", errno);
    if (n == 0) break;
    text.append(piece.data(), static_cast<std::size_t>(n));
    if (text.size() > kMostBytes) return failed(path, "can't be read", EFBIG);
  }
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

Status RootSysFs::write(const std::string& path, std::string_view value) {
  if (may_write_ == nullptr || !may_write_(path)) {
    return Error{ErrorClass::Denied, root_ + "/" + path + ": is none of the files that are written"};
  }
  const auto opened = open_at(path, O_WRONLY | O_TRUNC | O_NONBLOCK);
  if (!opened) return opened.error();
  const Opened file(*opened);
  struct stat about {};
  if (fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)) return failed(path, "is no regular file", EACCES);
  const ssize_t n = ::write(file.get(), value.data(), value.size());
  if (n < 0) return failed(path, ("does not take \"" + std::string(value) + "\"").c_str(), errno);
  if (static_cast<std::size_t>(n) != value.size()) return failed(path, "was written in part only", EIO);
  return ok();
}

Result<std::vector<std::string>> RootSysFs::list(const std::string& folder) const {
  const auto opened = open_at(folder, O_RDONLY | O_DIRECTORY);
  if (!opened) return opened.error();
  DIR* stream = fdopendir(*opened);
  if (stream == nullptr) {
    close(*opened);
    return failed(folder, "can't be listed", errno);
  }
  std::vector<std::string> names;
  while (const dirent* entry = readdir(stream)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  closedir(stream);
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::string> RootSysFs::link(const std::string& path) const {
  const auto slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "" : path.substr(0, slash);
  const auto opened = open_at(path, O_PATH);
  if (!opened) return opened.error();
  const Opened link(*opened);
  std::array<char, PATH_MAX> target{};
  const ssize_t n = readlinkat(link.get(), "", target.data(), target.size());
  if (n < 0 && (errno == EINVAL || errno == ENOENT)) return path;  // no link: of an empty path the latter is said
  if (n < 0) return failed(path, "can't be read as a link", errno);
  const std::string_view to(target.data(), static_cast<std::size_t>(n));
  const auto outside = [&] { return Error{ErrorClass::Denied, root_ + "/" + path + ": leads out of " + root_}; };
  if (to.starts_with('/')) return outside();
  std::vector<std::string> parts;
  if (!parent.empty()) parts = components(parent);
  for (std::string& part : components(to)) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(std::move(part));
    } else if (parts.empty()) {
      return outside();
    } else {
      parts.pop_back();
    }
  }
  std::string resolved;
  for (const std::string& part : parts) resolved += (resolved.empty() ? "" : "/") + part;
  return resolved;
}

}  // namespace drover
