#include "nodepower/held.h"

#include <nlohmann/json.hpp>

#include "nodepower/files.h"

namespace drover::nodepower {
namespace {

constexpr int kVersion = 1;

CpuSet cpus_in(const auto& by_file, const auto& counts) {
  CpuSet cpus;
  for (const auto& [path, value] : by_file) {
    const auto file = writable_file(path);
    if (file && file->kind == Writable::Online && counts(value)) cpus.insert(file->number);
  }
  return cpus;
}

}  // namespace

CpuSet Held::resting() const {
  return cpus_in(files, [](const HeldFile& file) { return file.before != "0"; });
}

CpuSet Held::cpus_left() const {
  return cpus_in(left, [](const std::string&) { return true; });
}

std::string held_json(const Held& held) {
  nlohmann::json files = nlohmann::json::object();
  for (const auto& [path, file] : held.files) {
    files[path] = {{"before", file.before}, {"written", file.written}};
    if (file.next) files[path]["next"] = *file.next;
  }
  const nlohmann::json all = {
      {"version", kVersion}, {"bootId", held.boot_id}, {"settings", held.settings}, {"files", files}, {"left", held.left}};
  return all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Result<Held> parse_held(const std::string& text, const std::string& file) {
  const auto wrong = [&](const std::string& why) {
    return Error{ErrorClass::Invalid, file + ": " + why + "; look at the CPUs' governors by hand, then remove it"};
  };
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return wrong("is no JSON object");
  try {
    if (json.at("version").get<int>() != kVersion) return wrong("is of another version of this program");
    Held held;
    held.boot_id = json.at("bootId").get<std::string>();
    held.settings = json.at("settings").get<std::string>();
    held.left = json.at("left").get<std::map<std::string, std::string>>();
    for (const auto& [path, entry] : json.at("files").items()) {
      if (!may_write(path)) return wrong("names " + path + ", which this program never writes");
      HeldFile& kept = held.files[path];
      kept.before = entry.at("before").get<std::string>();
      kept.written = entry.at("written").get<std::string>();
      if (entry.contains("next")) kept.next = entry.at("next").get<std::string>();
    }
    return held;
  } catch (const nlohmann::json::exception&) {
    return wrong("lacks a field, or has one of another type");
  }
}

}  // namespace drover::nodepower
