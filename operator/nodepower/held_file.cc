#include "nodepower/held_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "yaml/yaml_map.h"

namespace drover::nodepower {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = std::size_t{16} << 20;

Error cannot(const std::string& path, const std::string& what, int error) {
  const ErrorClass cls = error == EACCES || error == EPERM || error == EROFS ? ErrorClass::Denied : ErrorClass::Retryable;
  return {cls, path + ": " + what + ": " + std::strerror(error) + "; is the folder of --state mounted and writable?"};
}

// Whether all of it reached the disk.
bool write_out(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return fsync(fd) == 0;
}

}  // namespace

Result<std::unique_ptr<HeldFileStore>> HeldFileStore::open(const std::string& path) {
  std::error_code wrong;
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty()) fs::create_directories(folder, wrong);
  if (wrong) return cannot(folder.string(), "can't be made", wrong.value());
  const std::string lock_path = path + ".lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0) return cannot(lock_path, "can't be opened", errno);
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    close(lock);
    if (error == EWOULDBLOCK)
      return Error{ErrorClass::Conflict, lock_path + ": another drover-nodepower runs on this machine; let one of them end"};
    return cannot(lock_path, "can't be locked", error);
  }
  return std::unique_ptr<HeldFileStore>(new HeldFileStore(path, lock));
}

HeldFileStore::~HeldFileStore() {
  close(lock_);
}

Result<std::optional<Held>> HeldFileStore::load() {
  std::error_code wrong;
  if (fs::symlink_status(path_, wrong).type() == fs::file_type::not_found) return std::optional<Held>();
  const auto text = read_text_file(path_, kMostBytes);
  if (!text) return text.error();
  auto held = parse_held(*text, path_);
  if (!held) return held.error();
  return std::optional<Held>(std::move(held).value());
}

Status HeldFileStore::save(const Held& held) {
  const std::string beside = path_ + ".new";
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return cannot(beside, "can't be opened", errno);
  const bool written = write_out(fd, held_json(held));
  const int error = errno;
  close(fd);
  if (!written) return cannot(beside, "can't be written", error);
  if (rename(beside.c_str(), path_.c_str()) != 0) return cannot(path_, "can't be replaced", errno);
  const std::string folder = fs::path(path_).parent_path().string();
  const int at = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (at < 0) return cannot(folder, "can't be opened", errno);
  const bool flushed = fsync(at) == 0;
  const int why = errno;
  close(at);
  return flushed ? ok() : Status(cannot(folder, "can't be flushed", why));
}

}  // namespace drover::nodepower
