#include "kube/exec_plugin.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "kube/process.h"

namespace drover::kube {
namespace {

using nlohmann::json;

std::string text_in(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// What KUBERNETES_EXEC_INFO must hold. We have no terminal to ask anybody on.
std::string exec_info(const ExecPlugin& plugin) {
  json info = {{"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", {{"interactive", false}}}};
  if (!plugin.cluster_info.empty()) info["spec"]["cluster"] = json::parse(plugin.cluster_info, nullptr, false);
  return info.dump();
}

// Safe to show: what the program itself wrote for people, on one line.
std::string one_line(std::string text) {
  text.resize(std::min<std::size_t>(text.size(), 400));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace

Error ExecCredentials::failed(ErrorClass cls, const std::string& what) const {
  std::string message = plugin_.user + ": exec plugin " + what;
  if (!plugin_.install_hint.empty() && cls == ErrorClass::Denied) message += "; " + one_line(plugin_.install_hint);
  return {cls, message};
}

std::string ExecCredentials::describe() const {
  return "the credentials of exec plugin " + plugin_.command + " (" + plugin_.user + ")";
}

Result<Headers> ExecCredentials::headers(std::stop_token stop) {
  const MutexLock lock(mutex_);
  if (!answer_ || (answer_->expires && clock_.now() >= *answer_->expires)) {
    Result<Answer> fresh = run(stop);
    if (!fresh) return fresh.error();
    answer_ = std::move(fresh).value();
  }
  return answer_->headers();
}

bool ExecCredentials::refused(const Headers& used) {
  const MutexLock lock(mutex_);
  if (answer_ && used == answer_->headers()) answer_.reset();  // else another thread has renewed it already
  return true;
}

std::optional<ClientCertificate> ExecCredentials::client_certificate() const {
  const MutexLock lock(mutex_);
  return answer_ ? answer_->certificate : std::nullopt;
}

Result<ExecCredentials::Answer> ExecCredentials::run(std::stop_token stop) const {
  Program program;
  program.command = plugin_.command;
  program.arguments = plugin_.arguments;
  program.environment = plugin_.environment;
  program.environment.emplace_back("KUBERNETES_EXEC_INFO", exec_info(plugin_));
  program.timeout = plugin_.timeout;
  const Result<ProgramResult> ran = run_program(program, stop);
  if (!ran) {
    const ErrorClass cls = ran.error().cls;
    const bool for_good = cls == ErrorClass::NotFound || cls == ErrorClass::Invalid;
    return failed(for_good ? ErrorClass::Denied : cls, ran.error().message);
  }
  if (ran->exit_code != 0) {
    std::string what = plugin_.command + " ended with exit code " + std::to_string(ran->exit_code);
    if (!ran->error_text.empty()) what += ": " + one_line(ran->error_text);
    return failed(ErrorClass::Retryable, what);
  }
  return parse(ran->output);
}

Result<ExecCredentials::Answer> ExecCredentials::parse(const std::string& output) const {
  const auto unusable = [&](const std::string& why) { return failed(ErrorClass::Denied, plugin_.command + " " + why); };
  const json root = json::parse(output, nullptr, false);
  if (!root.is_object() || text_in(root, "kind") != "ExecCredential") return unusable("did not print an ExecCredential as JSON");
  if (const std::string version = text_in(root, "apiVersion"); version != plugin_.api_version) {
    return unusable("answered in apiVersion \"" + version + "\" where the kubeconfig says \"" + plugin_.api_version + "\"");
  }
  const auto status = root.find("status");
  if (status == root.end() || !status->is_object()) return unusable("printed an ExecCredential without status");
  Answer answer;
  answer.token = text_in(*status, "token");
  if (std::any_of(answer.token.begin(), answer.token.end(), [](char c) { return c <= 0x20 || c >= 0x7f; })) {
    return unusable("gave a status.token that can't stand in a header");
  }
  const ClientCertificate certificate{text_in(*status, "clientCertificateData"), text_in(*status, "clientKeyData")};
  if (certificate.certificate_pem.empty() != certificate.key_pem.empty()) {
    return unusable("gave only one of status.clientCertificateData and status.clientKeyData");
  }
  if (!certificate.key_pem.empty()) answer.certificate = certificate;
  if (answer.token.empty() && !answer.certificate) return unusable("gave neither status.token nor status.clientCertificateData");
  if (const std::string expires = text_in(*status, "expirationTimestamp"); !expires.empty()) {
    answer.expires = parse_rfc3339(expires);
    if (!answer.expires) return unusable("gave a status.expirationTimestamp that is no RFC 3339 time");
  }
  return answer;
}

}  // namespace drover::kube
