// Keeper: makes files hold what is wished, notes before each write what was there, and puts it back when the wish is gone. A file
// that people have changed meanwhile is theirs until the settings change.
//
// In each pass CPUs come online first, then governors and EPPs are put back, then they are set, and CPUs go offline last, as the
// files of a CPU that is offline can't be read. Nothing is written that could not be noted before, but for putting back.
//
// Thread safety: none.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "nodepower/held.h"
#include "nodepower/wish.h"
#include "ports/log.h"
#include "ports/sys_fs.h"

namespace drover::nodepower {

struct PassReport {
  std::vector<std::string> problems;  // files that could not be read or written as wished; for people
  CpuSet did_not_go;                  // CPUs that refused to go offline
  std::size_t writes = 0;
  std::size_t failed_writes = 0;
};

class Keeper {
 public:
  // `boot_id`: of the machine's run now. Invalid and others: what is kept can't be read, so nothing may be written.
  [[nodiscard]] static Result<Keeper> open(SysFs& files, HeldStore& store, Log& log, const std::string& boot_id);

  [[nodiscard]] PassReport carry_out(const Wish& wish);
  // All of it, as at the end of the program.
  [[nodiscard]] PassReport put_back();
  [[nodiscard]] const Held& held() const { return held_; }

 private:
  Keeper(SysFs& files, HeldStore& store, Log& log, Held held)
      : files_(&files), store_(&store), log_(&log), held_(std::move(held)) {}

  struct Change {
    std::string path;
    std::string value;
    bool back = false;  // it is what was there before
  };
  struct Phase;
  void run_phase(const Phase& phase, const Wish& wish, PassReport& report);
  // What is to be written to one file, if anything.
  void consider(const std::string& path, const std::string* wanted, std::vector<Change>& changes, PassReport& report);
  void write_all(const std::vector<Change>& changes, PassReport& report);
  void write_one(const Change& change, PassReport& report);
  void leave(const std::string& path, const std::string& value);
  void forget_if_gone(const std::string& path, const Error& error, PassReport& report);
  void save(PassReport& report);

  SysFs* files_;
  HeldStore* store_;
  Log* log_;
  Held held_;
  bool unsaved_ = false;
};

}  // namespace drover::nodepower
