// Decoder: what the API server sends about one kind of object, as model values.
//
// Tolerant of what Drover doesn't use, strict in what it does: a used field of the wrong type makes an Error (class Invalid)
// that names the object and the path of the field ("virtualmachineinstances.kubevirt.io vms/db-0: .status.phase: want a string,
// have a number"). JSON null counts as absent, as in Kubernetes. One unreadable object never hides the others.
//
// Thread safety: none; one Decoder for each thread. It keeps its buffers between calls.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/kind.h"

namespace drover {

// One page of a list.
struct ListPage {
  std::vector<Object> items;
  std::vector<Error> unreadable;  // of the objects that are left out
  std::string continue_token;     // metadata.continue; empty on the last page
  std::string resource_version;   // metadata.resourceVersion, of the list
};

// One line of a watch.
struct WatchEvent {
  enum class Type {
    Upsert,      // ADDED, MODIFIED: `object`
    Delete,      // DELETED: `key`
    Bookmark,    // only `resource_version` moved
    Unreadable,  // an object came that can't be read: `error`, and `key` unless that can't be read either
    Error,       // ERROR: the server ends the watch; `error` has the class (Gone: list again)
  };
  Type type = Type::Bookmark;
  Object object;
  ObjectKey key;                 // Upsert, Delete, Unreadable
  std::string resource_version;  // of the object or bookmark; "" with Error
  Error error;
};

class Decoder {
 public:
  explicit Decoder(Kind kind);
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  // Takes the text over, so that it need not be copied. At most kMaxListBytes.
  [[nodiscard]] Result<ListPage> list(std::string text);
  // A whole line without its newline. At most kMaxObjectBytes.
  [[nodiscard]] Result<WatchEvent> watch_line(std::string_view line);
  // A single object, such as the answer to a get or a create.
  [[nodiscard]] Result<Object> object(std::string_view json);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

inline constexpr std::size_t kMaxListBytes = std::size_t{1} << 30;
inline constexpr std::size_t kMaxObjectBytes = std::size_t{16} << 20;  // etcd holds 1.5 MiB; the JSON of it may be longer

}  // namespace drover
