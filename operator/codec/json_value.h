// JsonValue: one value of a JSON text that is being read front to back, with simdjson's on-demand parser underneath.
//
// Each value is read at most once, in the order of the text; what isn't read is skipped. A wrong type or malformed text is
// noted once in the JsonContext, with the path; from then on every read returns an empty value and every loop ends, so that
// readers need no checks of their own. The caller looks at the context when it is done.
//
// Only codec's sources include this header. Thread safety: none.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/object.h"

namespace drover {

// What is known about the object being read, and what went wrong in it.
class JsonContext {
 public:
  ObjectKey key;  // as soon as its metadata has been read
  std::string resource_version;

  // Around each object of a list: what is known and what went wrong is its own. Malformed text stays.
  void begin_object();
  void end_object();
  void fail(std::string_view message);  // at the present path
  void fail_malformed(simdjson::error_code error);
  // Goes on behind a field that could not be read, unless the text is malformed. What was wrong with it, or "".
  [[nodiscard]] std::string forgive();

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool malformed() const { return malformed_; }  // the text itself; nothing after it can be read
  [[nodiscard]] std::string path() const;                      // within the object: ".spec.budgets[2].migrations"
  // "NAME: PATH: MESSAGE", where name is what is being read ("nodes n1").
  [[nodiscard]] Error error(std::string_view what) const;

  void enter(std::string_view field) { path_.push_back({field, 0}); }
  void enter(std::size_t index) { path_.push_back({{}, index}); }
  void leave() { path_.pop_back(); }

  // Fields that the reader was handed and did nothing with, by path, if they are asked for: "spec.schedules".
  void collect_unread(std::vector<std::string>& unread) { unread_ = &unread; }
  void count_read() { ++reads_; }
  [[nodiscard]] std::size_t reads() const { return reads_; }
  void note_unread() {
    if (unread_ != nullptr && !failed_) unread_->push_back(path().substr(1));
  }

 private:
  struct Step {
    std::string_view field;  // of the text being read; empty: an index
    std::size_t index;
  };
  std::vector<Step> path_;
  std::vector<std::string>* unread_ = nullptr;
  std::size_t reads_ = 0;
  std::size_t object_depth_ = 0;
  std::string message_;
  bool failed_ = false;
  bool malformed_ = false;
};

// The most of a resource that is told apart, 4 PiB or as many of anything: Kubernetes lets a device plugin advertise 2^63-1, and
// two thousand of ours still add up.
inline constexpr std::int64_t kMostAmount = std::int64_t{1} << 52;

class JsonValue {
 public:
  JsonValue(simdjson::ondemand::value value, JsonContext& context) : value_(value), context_(&context) {}

  // f(key, value) for each field that is not null, in the text's order. The key lives as long as the text.
  template <typename F>
  void each_field(F&& f);
  // f(value) for each element that is not null.
  template <typename F>
  void each_item(F&& f);

  [[nodiscard]] std::string_view text();  // valid until the next document is read
  [[nodiscard]] std::string string() { return std::string(text()); }
  [[nodiscard]] std::int64_t integer();
  [[nodiscard]] double number();
  [[nodiscard]] bool boolean();
  [[nodiscard]] std::optional<Instant> instant();  // RFC 3339
  [[nodiscard]] std::int64_t quantity();           // whole units, rounded up, at most kMostAmount; a string or a bare number
  [[nodiscard]] std::int64_t milli_quantity();     // thousandths
  [[nodiscard]] std::string int_or_string();       // as text: "2", "10%"
  [[nodiscard]] std::vector<std::string> strings();
  [[nodiscard]] Labels labels();
  [[nodiscard]] Selector selector();        // metav1.LabelSelector
  [[nodiscard]] Requirement requirement();  // one of its expressions, or of node affinity

  // The field is known, and nothing in it is looked at.
  void pass_over() const { context_->count_read(); }
  void fail(std::string_view message) const { context_->fail(message); }
  [[nodiscard]] JsonContext& context() const { return *context_; }

 private:
  void fail_type(std::string_view wanted, simdjson::error_code error);
  [[nodiscard]] std::string_view bare_token();  // a string's text or a number as written
  [[nodiscard]] bool is_null();

  simdjson::ondemand::value value_;
  JsonContext* context_;
};

// The metadata that any kind may need. Reading it also tells the context which object this is.
struct Metadata {
  ObjectKey key;
  std::string uid;
  Labels labels;
  Labels annotations;  // those that the kind keeps
  std::optional<Instant> created;
  std::int64_t generation = 0;
  std::string controller_kind;  // "DaemonSet": of the owner that is its controller, or ""
  std::string controller_name;  // likewise
  bool terminating = false;     // has a deletionTimestamp
};
enum class Keep { All, None };
// keep_annotation(key) says which annotations are kept; they are many and long.
[[nodiscard]] Metadata read_metadata(JsonValue metadata, Keep labels, bool (*keep_annotation)(std::string_view key));
[[nodiscard]] inline bool no_annotations(std::string_view /*key*/) {
  return false;
}

// A JSON text with a parser of its own, for single objects: Result of read(value). Strictly, as what a person wrote: Invalid too
// for a field outside of metadata that is no field of the kind, as kubectl refuses it.
enum class Strictness { Tolerant, Strict };
template <typename T, typename Read>
[[nodiscard]] Result<T> decode_one(std::string_view what, std::string_view json, Read&& read,
                                   Strictness strictness = Strictness::Tolerant);

namespace json_detail {

// The bytes of a key as written. Keys with escapes stay escaped and so match no field that Drover knows.
inline std::string_view raw_key(simdjson::ondemand::raw_json_string key) {
  const char* const begin = key.raw();
  const char* end = begin;
  while (*end != '"') end += *end == '\\' ? 2 : 1;  // simdjson has seen the closing quote
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace json_detail

template <typename F>
void JsonValue::each_field(F&& f) {
  context_->count_read();
  if (context_->failed()) return;
  simdjson::ondemand::object object;
  if (const auto error = value_.get_object().get(object)) return fail_type("an object", error);
  for (auto entry : object) {
    simdjson::ondemand::field field;
    if (const auto error = std::move(entry).get(field)) return context_->fail_malformed(error);
    const std::string_view key = json_detail::raw_key(field.key());
    JsonValue value(field.value(), *context_);
    context_->enter(key);
    if (!value.is_null()) {
      const std::size_t before = context_->reads();
      f(key, value);
      if (context_->reads() == before) context_->note_unread();
    }
    context_->leave();
    if (context_->failed()) return;
  }
}

template <typename F>
void JsonValue::each_item(F&& f) {
  context_->count_read();
  if (context_->failed()) return;
  simdjson::ondemand::array array;
  if (const auto error = value_.get_array().get(array)) return fail_type("a list", error);
  std::size_t index = 0;
  for (auto entry : array) {
    simdjson::ondemand::value element;
    if (const auto error = std::move(entry).get(element)) return context_->fail_malformed(error);
    JsonValue value(element, *context_);
    context_->enter(index++);
    if (!value.is_null()) f(value);
    context_->leave();
    if (context_->failed()) return;
  }
}

template <typename T, typename Read>
Result<T> decode_one(std::string_view what, std::string_view json, Read&& read, Strictness strictness) {
  JsonContext context;
  std::vector<std::string> unread;
  if (strictness == Strictness::Strict) context.collect_unread(unread);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::value root;
  const simdjson::padded_string text(json);
  if (const auto error = parser.iterate(text).get(document)) {
    context.fail_malformed(error);
  } else if (const auto type_error = document.get_value().get(root)) {
    context.fail_malformed(type_error);
  } else {
    T result = read(JsonValue(root, context));
    for (const std::string& field : unread) {
      if (field == "apiVersion" || field == "kind" || field.starts_with("metadata.")) continue;
      context.fail("unknown field \"" + field.substr(0, 200) + "\"; kubectl would refuse it too: is it misspelt?");
    }
    if (!context.failed()) return result;
  }
  return context.error(what);
}

}  // namespace drover
