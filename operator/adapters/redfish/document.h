// What management controllers answer with, read with distrust: JSON of bounded depth, in which anything may be missing, null, or of
// another type than DMTF's schemas say (numbers as text, a list with one member in place of a text). Pure functions.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace drover::redfish {

using Json = nlohmann::json;

// A resource. Retryable: it is empty, cut or no JSON object, as for some moments after a power change.
[[nodiscard]] Result<Json> parse_document(std::string_view body);

// The member, or null when it is missing or `object` is none.
[[nodiscard]] const Json& at(const Json& object, std::string_view member);
[[nodiscard]] const Json& at(const Json& object, std::string_view member, std::string_view member_of_that);
// The element, or null.
[[nodiscard]] const Json& at(const Json& array, std::size_t index);

// A text, or that of [{"Member": TEXT}]; "" when it is neither.
[[nodiscard]] std::string text(const Json& value);
// A finite number, or a text that is one.
[[nodiscard]] std::optional<double> number(const Json& value);
// Where {"@odata.id": LINK} or {"href": LINK} (iLO 4) points, without what follows a '#'; "" when it is neither.
[[nodiscard]] std::string link(const Json& value);

// The MessageId of the first message of an error's @Message.ExtendedInfo, and its text, for people: short, and on one line.
struct ExtendedInfo {
  std::string message_id;  // "Base.1.8.ActionParameterValueConflict"
  std::string message;
};
[[nodiscard]] ExtendedInfo extended_info(std::string_view body);

}  // namespace drover::redfish
