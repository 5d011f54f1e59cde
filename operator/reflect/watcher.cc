#include "reflect/watcher.h"

#include <utility>

#include "reflect/kinds.h"

namespace drover::reflect {
namespace {

class Run {
 public:
  Run(const WatcherTools& tools, const WatcherOptions& options, std::stop_token stop)
      : tools_(tools), options_(options), stop_(std::move(stop)), decoder_(options.kind) {}

  void loop() {
    while (alive()) {
      const Todo todo = machine_.todo();
      if (todo.after > Duration::zero()) (void)tools_.pause(todo.after, stop_);
      if (!alive()) return;
      const Outcome outcome = std::visit([&](const auto& call) { return perform(call); }, todo.call);
      if (!alive()) return;  // an error now is only that of being stopped
      if (const auto* failure = std::get_if<Failed>(&outcome)) {
        report(failure->error);
        failing_ = true;
      }
      machine_.step(outcome, tools_.jitter());
    }
  }

 private:
  [[nodiscard]] bool alive() const { return !gone_ && !stop_.stop_requested(); }

  void push(Delta delta) {
    if (!tools_.sink(std::move(delta), stop_)) gone_ = true;
  }
  void push(Delta::Type type, Object object = {}) {
    push({.kind = options_.kind, .type = type, .object = std::move(object), .error = {}});
  }
  void report(Error error) { push({.kind = options_.kind, .type = Delta::Type::Problem, .object = {}, .error = std::move(error)}); }

  // The server takes the watch; a list that succeeds ends in RelistEnd.
  void recovered() {
    if (std::exchange(failing_, false)) push(Delta::Type::Recovered);
  }

  Outcome perform(const ReadPage& call) {
    if (call.continue_token.empty()) push(Delta::Type::RelistBegin);
    const ListOptions list{.ns = options_.ns,
                           .label_selector = options_.label_selector,
                           .field_selector = options_.field_selector,
                           .limit = call.whole ? 0 : options_.page,
                           .continue_token = call.continue_token,
                           .resource_version = ""};
    Result<std::string> text = tools_.api.list(resource_type(options_.kind), list, stop_);
    if (!text) return Failed{std::move(text).error()};
    Result<ListPage> page = decoder_.list(std::move(*text));
    if (!page) return Failed{std::move(page).error()};
    for (Object& object : page->items) push(Delta::Type::Upsert, std::move(object));
    for (Error& error : page->unreadable) report(std::move(error));
    if (page->continue_token.empty()) {
      push(Delta::Type::RelistEnd);
      failing_ = false;
    }
    return PageRead{std::move(page->continue_token), std::move(page->resource_version)};
  }

  Outcome perform(const Watch& call) {
    const Duration began = tools_.clock.monotonic();
    const WatchOptions watch{.ns = options_.ns,
                             .label_selector = options_.label_selector,
                             .field_selector = options_.field_selector,
                             .resource_version = call.resource_version,
                             .accepted = [this] { recovered(); },
                             .timeout = options_.watch_timeout};
    std::optional<Error> broken;  // by a line; the rest of the stream is of no use
    const Status end = tools_.api.watch(
        resource_type(options_.kind), watch,
        [&](std::string_view line) {
          broken = take(line);
          return !broken && alive();
        },
        stop_);
    const Duration lasted = tools_.clock.monotonic() - began;
    if (broken) return Failed{std::move(*broken), lasted};
    if (!end) return Failed{end.error(), lasted};
    return WatchEnded{lasted};
  }

  // Hands one line of the watch on. An Error when the watch can't go on after it.
  std::optional<Error> take(std::string_view line) {
    Result<WatchEvent> event = decoder_.watch_line(line);
    if (!event) return std::move(event).error();
    switch (event->type) {
      case WatchEvent::Type::Error: return std::move(event->error);
      case WatchEvent::Type::Bookmark: break;
      case WatchEvent::Type::Upsert: push(Delta::Type::Upsert, std::move(event->object)); break;
      case WatchEvent::Type::Delete: push(Delta::Type::Delete, {std::move(event->key), {}}); break;
      case WatchEvent::Type::Unreadable:
        // As after a list: what can't be read isn't shown, rather than shown as it no longer is.
        report(std::move(event->error));
        if (!event->key.name.empty()) push(Delta::Type::Delete, {std::move(event->key), {}});
        break;
    }
    // What the consumer didn't take must come again.
    if (alive()) machine_.step(WatchMoved{std::move(event->resource_version)}, 0);
    return std::nullopt;
  }

  const WatcherTools& tools_;
  const WatcherOptions& options_;
  const std::stop_token stop_;
  Decoder decoder_;
  ListWatch machine_;
  bool gone_ = false;
  bool failing_ = false;  // the last list or watch failed, and nothing has come since
};

}  // namespace

void run_watcher(const WatcherTools& tools, const WatcherOptions& options, std::stop_token stop) {
  Run(tools, options, std::move(stop)).loop();
}

Watcher::Watcher(WatcherTools tools, WatcherOptions options)
    : thread_([tools = std::move(tools), options = std::move(options)](const std::stop_token& stop) {
        run_watcher(tools, options, stop);
      }) {}

}  // namespace drover::reflect
