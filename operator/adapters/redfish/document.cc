#include "adapters/redfish/document.h"

#include <charconv>
#include <cmath>

namespace drover::redfish {
namespace {

constexpr int kMaxDepth = 32;  // DMTF's resources have less than ten
constexpr std::size_t kMaxMessage = 200;

const Json kNull;

bool too_deep(std::string_view text) {
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text) {
      if (c == '\\') ++i;
      if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxDepth) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, kMaxMessage)) line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return line;
}

}  // namespace

Result<Json> parse_document(std::string_view body) {
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return Error{ErrorClass::Retryable, "the answer is empty"};
  if (too_deep(body)) return Error{ErrorClass::Retryable, "the answer is nested too deeply"};
  Json document = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return Error{ErrorClass::Retryable, "the answer is no JSON object"};
  return document;
}

const Json& at(const Json& object, std::string_view member) {
  if (!object.is_object()) return kNull;
  const auto found = object.find(member);
  return found == object.end() ? kNull : *found;
}

const Json& at(const Json& object, std::string_view member, std::string_view member_of_that) {
  return at(at(object, member), member_of_that);
}

const Json& at(const Json& array, std::size_t index) {
  return array.is_array() && index < array.size() ? array[index] : kNull;
}

std::string text(const Json& value) {
  if (const auto* plain = value.get_ptr<const std::string*>()) return *plain;
  const Json& member = at(at(value, std::size_t{0}), "Member");
  const auto* wrapped = member.get_ptr<const std::string*>();
  return wrapped == nullptr ? "" : *wrapped;
}

std::optional<double> number(const Json& value) {
  double figure = NAN;
  if (value.is_number()) {
    figure = value.get<double>();
  } else if (const auto* written = value.get_ptr<const std::string*>()) {
    const auto [end, fault] = std::from_chars(written->data(), written->data() + written->size(), figure);
    if (fault != std::errc{} || end != written->data() + written->size()) return std::nullopt;
  }
  return std::isfinite(figure) ? std::optional(figure) : std::nullopt;
}

std::string link(const Json& value) {
  std::string target = text(at(value, "@odata.id"));
  if (target.empty()) target = text(at(value, "href"));
  return target.substr(0, target.find('#'));
}

ExtendedInfo extended_info(std::string_view body) {
  const auto document = parse_document(body);
  if (!document) return {};
  const Json& error = at(*document, "error");
  const Json& first = at(at(error, "@Message.ExtendedInfo"), std::size_t{0});
  ExtendedInfo info{text(at(first, "MessageId")), one_line(text(at(first, "Message")))};
  if (info.message_id.empty()) info.message_id = text(at(first, "MessageID"));  // iLO 4
  if (info.message_id.empty()) info.message_id = text(at(error, "code"));
  if (info.message.empty()) info.message = one_line(text(at(error, "message")));
  return info;
}

}  // namespace drover::redfish
