// The state machine that follows one resource type: list it whole, then watch from the list's resource version for ever.
//
//   Empty --> Listing(page, page, ...) --> Watching --stream end--> Watching (from the last resource version)
//     ^------------------- 410 Gone --------------------'
//
// Pure: the watcher does what `Todo` says and reports what came of it; time and jitter are handed in. The shape follows kube-rs'
// watcher, the figures client-go's reflector.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/result.h"

namespace drover::reflect {

// What to do next, after waiting `after`.
struct ReadPage {
  std::string continue_token;  // empty: the first page, a new list begins
  bool whole = false;          // everything in one page: the last try at paging outlived its continue token
  friend bool operator==(const ReadPage&, const ReadPage&) = default;
};
struct Watch {
  std::string resource_version;
  friend bool operator==(const Watch&, const Watch&) = default;
};
struct Todo {
  std::variant<ReadPage, Watch> call;
  Duration after{};
  friend bool operator==(const Todo&, const Todo&) = default;
};

// What came of it.
struct PageRead {
  std::string continue_token;  // empty: that was the last page
  std::string resource_version;
};
struct WatchMoved {  // an event or a bookmark; the watch goes on
  std::string resource_version;
};
struct WatchEnded {  // in good order: its time was up, or the server closed it
  Duration lasted{};
};
struct Failed {
  Error error;
  Duration lasted{};  // of a watch
};
using Outcome = std::variant<PageRead, WatchMoved, WatchEnded, Failed>;

class ListWatch {
 public:
  enum class State { Empty, Listing, Watching };

  static constexpr Duration kFirstBackoff = milliseconds{800};
  static constexpr Duration kMaxBackoff = seconds{30};
  // A watch that brought nothing counts as progress when it held for so long.
  static constexpr Duration kHeld = seconds{10};

  // Moves on. jitter is in [0, 1): a wait is drawn from [backoff, 2 * backoff).
  void step(const Outcome& outcome, double jitter);

  [[nodiscard]] const Todo& todo() const { return todo_; }
  [[nodiscard]] State state() const { return state_; }

 private:
  void read(const PageRead& page);
  void moved(const WatchMoved& watch);
  void ended(const WatchEnded& watch, double jitter);
  void failed(const Failed& failure, double jitter);
  void list_again(bool whole, Duration after);
  // The wait before the next try, which is longer each time until there is progress.
  [[nodiscard]] Duration back_off(double jitter);

  State state_ = State::Empty;
  std::string resource_version_;
  int failures_ = 0;  // in a row, without progress between them
  Todo todo_{ReadPage{}, Duration::zero()};
};

}  // namespace drover::reflect
