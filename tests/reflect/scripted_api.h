// A KubeApi that answers lists and watches from a script and keeps what it was asked.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "ports/kube_api.h"

namespace drover::reflect {

class ScriptedApi : public KubeApi {
 public:
  struct ListAnswer {
    Result<std::string> text;
  };
  struct WatchAnswer {
    std::vector<std::string> lines;
    Status end = ok();
  };
  using Answer = std::variant<ListAnswer, WatchAnswer>;

  explicit ScriptedApi(std::vector<Answer> script, std::function<void()> at_end)
      : script_(script.begin(), script.end()), at_end_(std::move(at_end)) {}

  Result<std::string> list(const ResourceType& type, const ListOptions& options, std::stop_token /*stop*/) override {
    asked.push_back("list " + type.resource + " limit=" + std::to_string(options.limit) + " continue=" + options.continue_token);
    const auto answer = next();
    if (!answer) return stopped();
    return std::get<ListAnswer>(*answer).text;
  }
  Status watch(const ResourceType& type, const WatchOptions& options, const WatchLine& line, std::stop_token /*stop*/) override {
    asked.push_back("watch " + type.resource + " from=" + options.resource_version);
    const auto answer = next();
    if (!answer) return stopped();
    const auto& [lines, end] = std::get<WatchAnswer>(*answer);
    if (options.accepted && (end || !lines.empty())) options.accepted();
    for (const std::string& text : std::get<WatchAnswer>(*answer).lines) {
      if (!line(text)) return ok();
    }
    return std::get<WatchAnswer>(*answer).end;
  }
  Result<std::string> get(const ResourceType&, const ObjectKey&, std::stop_token) override { return unused(); }
  Result<std::string> create(const ResourceType&, const std::string&, const std::string&, const WriteOptions&,
                             std::stop_token) override {
    return unused();
  }
  Result<std::string> replace(const ResourceType&, const ObjectKey&, const std::string&, const WriteOptions&,
                              std::stop_token) override {
    return unused();
  }
  Result<std::string> apply(const ResourceType&, const ObjectKey&, std::string_view, const std::string&, const WriteOptions&,
                            std::stop_token) override {
    return unused();
  }
  Status evict(const ObjectKey&, const std::string&, std::stop_token) override { return unused(); }
  Status remove(const ResourceType&, const ObjectKey&, const DeleteOptions&, std::stop_token) override { return unused(); }

  std::vector<std::string> asked;

 private:
  std::optional<Answer> next() {
    if (script_.empty()) {
      at_end_();
      return std::nullopt;
    }
    Answer answer = std::move(script_.front());
    script_.pop_front();
    return answer;
  }
  static Error stopped() { return {.cls = ErrorClass::Cancelled, .message = "the script has ended"}; }
  static Error unused() { return {.cls = ErrorClass::Invalid, .message = "a watcher doesn't write"}; }

  std::deque<Answer> script_;
  std::function<void()> at_end_;
};

}  // namespace drover::reflect
