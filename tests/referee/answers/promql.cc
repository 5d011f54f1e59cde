#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "adapters/prometheus/answer.h"
#include "answer.h"

namespace drover::referee {

json answer_promql(const json& question) {
  constexpr std::size_t kPiece = 7;  // as it may come off the wire
  const prometheus::Question asked{.query = "up"};
  const std::string body = question;
  prometheus::AnswerReader reader(asked, [] { return false; });
  reader.on_response(HttpResponse{.status = 200, .headers = {}, .body = {}});
  for (std::size_t at = 0; at < body.size(); at += kPiece) {
    if (reader.on_bytes(std::span(body).subspan(at, std::min(kPiece, body.size() - at))) == ChunkSink::Next::Stop) break;
  }
  const auto read = reader.finish();
  if (!read) return {{"refused", true}, {"values", nullptr}, {"number", nullptr}};
  json values = json::object();
  for (const auto& [vm, value] : read->values) values[to_string(vm)] = value;
  return {{"refused", false}, {"values", values}, {"number", read->number ? json(*read->number) : json(nullptr)}};
}

}  // namespace drover::referee
