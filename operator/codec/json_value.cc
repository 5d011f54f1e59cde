#include "codec/json_value.h"

#include <algorithm>
#include <utility>

#include "base/quantity.h"

namespace drover {
namespace {

std::string_view type_text(simdjson::ondemand::value& value) {
  simdjson::ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return "something else";
  switch (type) {
    case simdjson::ondemand::json_type::array: return "a list";
    case simdjson::ondemand::json_type::object: return "an object";
    case simdjson::ondemand::json_type::number: return "a number";
    case simdjson::ondemand::json_type::string: return "a string";
    case simdjson::ondemand::json_type::boolean: return "a boolean";
    case simdjson::ondemand::json_type::null: return "null";
  }
  return "something else";
}

// Errors that say "this value is of another type", as against "this text is not JSON".
bool is_type_error(simdjson::error_code error) {
  return error == simdjson::INCORRECT_TYPE || error == simdjson::NUMBER_ERROR || error == simdjson::NUMBER_OUT_OF_RANGE;
}

}  // namespace

void JsonContext::begin_object() {
  key = {};
  resource_version.clear();
  object_depth_ = path_.size();
}

void JsonContext::end_object() {
  object_depth_ = 0;
  if (malformed_) return;
  message_.clear();
  failed_ = false;
}

void JsonContext::fail(std::string_view message) {
  if (failed_) return;
  failed_ = true;
  const std::string at = path();
  message_ = at.empty() ? std::string(message) : at + ": " + std::string(message);
}

std::string JsonContext::forgive() {
  if (malformed_ || !failed_) return {};
  failed_ = false;
  return std::exchange(message_, {});
}

void JsonContext::fail_malformed(simdjson::error_code error) {
  malformed_ = true;
  fail("malformed JSON: " + std::string(simdjson::error_message(error)));
}

std::string JsonContext::path() const {
  std::string text;
  for (std::size_t i = object_depth_; i < path_.size(); ++i) {
    const Step& step = path_[i];
    if (step.field.data() == nullptr) {
      text += "[" + std::to_string(step.index) + "]";
    } else {
      text += "." + std::string(step.field);
    }
  }
  return text;
}

Error JsonContext::error(std::string_view what) const {
  std::string text(what);
  if (!key.name.empty()) text += " " + to_string(key);
  return {.cls = ErrorClass::Invalid, .message = text + ": " + message_};
}

void JsonValue::fail_type(std::string_view wanted, simdjson::error_code error) {
  if (!is_type_error(error)) return context_->fail_malformed(error);
  context_->fail("want " + std::string(wanted) + ", have " + std::string(type_text(value_)));
}

bool JsonValue::is_null() {
  bool null = false;
  // An error here is one of the value itself; whoever reads it will meet it again.
  return value_.is_null().get(null) == simdjson::SUCCESS && null;
}

std::string_view JsonValue::text() {
  context_->count_read();
  std::string_view text;
  if (context_->failed()) return text;
  if (const auto error = value_.get_string().get(text)) fail_type("a string", error);
  return text;
}

std::int64_t JsonValue::integer() {
  context_->count_read();
  std::int64_t number = 0;
  if (context_->failed()) return number;
  if (const auto error = value_.get_int64().get(number)) fail_type("a whole number", error);
  return number;
}

double JsonValue::number() {
  context_->count_read();
  double number = 0;
  if (context_->failed()) return number;
  if (const auto error = value_.get_double().get(number)) fail_type("a number", error);
  return number;
}

bool JsonValue::boolean() {
  context_->count_read();
  bool flag = false;
  if (context_->failed()) return flag;
  if (const auto error = value_.get_bool().get(flag)) fail_type("a boolean", error);
  return flag;
}

std::optional<Instant> JsonValue::instant() {
  const std::string_view written = text();
  if (context_->failed()) return std::nullopt;
  const auto instant = parse_rfc3339(written);
  if (!instant) fail("\"" + std::string(written) + "\" is not a time (RFC 3339)");
  return instant;
}

std::string_view JsonValue::bare_token() {
  context_->count_read();
  simdjson::ondemand::json_type type{};
  if (context_->failed()) return {};
  if (const auto error = value_.type().get(type)) {
    context_->fail_malformed(error);
    return {};
  }
  if (type != simdjson::ondemand::json_type::number) return text();
  double checked = 0;
  std::string_view token = value_.raw_json_token();
  if (const auto error = value_.get_double().get(checked)) fail_type("a number", error);
  while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' || token.back() == '\t')) {
    token.remove_suffix(1);
  }
  return token;
}

std::string JsonValue::int_or_string() {
  return std::string(bare_token());
}

std::int64_t JsonValue::quantity() {
  const std::string_view written = bare_token();
  if (context_->failed()) return 0;
  const auto amount = parse_whole(written);
  if (!amount) fail("\"" + std::string(written) + "\" is not a quantity");
  return std::min(amount.value_or(0), kMostAmount);
}

std::int64_t JsonValue::milli_quantity() {
  const std::string_view written = bare_token();
  if (context_->failed()) return 0;
  const auto amount = parse_milli(written);
  if (!amount) fail("\"" + std::string(written) + "\" is not a quantity");
  return std::min(amount.value_or(0), kMostAmount);
}

std::vector<std::string> JsonValue::strings() {
  std::vector<std::string> list;
  each_item([&](JsonValue item) { list.push_back(item.string()); });
  return list;
}

Labels JsonValue::labels() {
  std::vector<std::pair<std::string, std::string>> entries;
  each_field([&](std::string_view key, JsonValue value) { entries.emplace_back(key, value.text()); });
  return Labels(std::move(entries));
}

Requirement JsonValue::requirement() {
  Requirement requirement;
  each_field([&](std::string_view key, JsonValue value) {
    if (key == "key") {
      requirement.key = value.string();
    } else if (key == "values") {
      requirement.values = value.strings();
    } else if (key == "operator") {
      using Operator = Requirement::Operator;
      const std::string_view name = value.text();
      if (name == "In") {
        requirement.op = Operator::In;
      } else if (name == "NotIn") {
        requirement.op = Operator::NotIn;
      } else if (name == "Exists") {
        requirement.op = Operator::Exists;
      } else if (name == "DoesNotExist") {
        requirement.op = Operator::DoesNotExist;
      } else if (name == "Gt") {
        requirement.op = Operator::Gt;
      } else if (name == "Lt") {
        requirement.op = Operator::Lt;
      } else {
        value.fail("\"" + std::string(name) + "\" is no operator of a selector");
      }
    }
  });
  return requirement;
}

Selector JsonValue::selector() {
  Selector selector;
  each_field([&](std::string_view key, JsonValue value) {
    if (key == "matchLabels") {
      for (const auto& [name, wanted] : value.labels()) {
        selector.requirements.push_back({name, Requirement::Operator::In, {wanted}});
      }
    } else if (key == "matchExpressions") {
      value.each_item([&](JsonValue item) { selector.requirements.push_back(item.requirement()); });
    }
  });
  return selector;
}

namespace {

// Of the one owner that is the controller, if there is any.
void read_controller(JsonValue owners, Metadata& meta) {
  owners.each_item([&](JsonValue owner) {
    std::string_view kind;
    std::string_view name;
    bool controls = false;
    owner.each_field([&](std::string_view key, JsonValue value) {
      if (key == "kind") kind = value.text();
      if (key == "name") name = value.text();
      if (key == "controller") controls = value.boolean();
    });
    if (!controls) return;
    meta.controller_kind = kind;
    meta.controller_name = name;
  });
}

}  // namespace

Metadata read_metadata(JsonValue metadata, Keep labels, bool (*keep_annotation)(std::string_view key)) {
  Metadata meta;
  metadata.each_field([&](std::string_view key, JsonValue value) {
    if (key == "name") {
      meta.key.name = value.string();
      value.context().key.name = meta.key.name;
    } else if (key == "namespace") {
      meta.key.ns = value.string();
      value.context().key.ns = meta.key.ns;
    } else if (key == "uid") {
      meta.uid = value.string();
    } else if (key == "resourceVersion") {
      value.context().resource_version = value.text();
    } else if (key == "labels" && labels == Keep::All) {
      meta.labels = value.labels();
    } else if (key == "annotations" && keep_annotation != no_annotations) {
      std::vector<std::pair<std::string, std::string>> kept;
      value.each_field([&](std::string_view name, JsonValue text) {
        if (keep_annotation(name)) kept.emplace_back(name, text.text());
      });
      meta.annotations = Labels(std::move(kept));
    } else if (key == "creationTimestamp") {
      meta.created = value.instant();
    } else if (key == "deletionTimestamp") {
      meta.terminating = true;
    } else if (key == "generation") {
      meta.generation = value.integer();
    } else if (key == "ownerReferences") {
      read_controller(value, meta);
    }
  });
  return meta;
}

}  // namespace drover
