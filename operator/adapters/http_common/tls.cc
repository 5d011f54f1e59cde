#include "adapters/http_common/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <fstream>
#include <sstream>

namespace drover {
namespace {

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Store = std::unique_ptr<X509_STORE, Freed<X509_STORE_free>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;

// What the callbacks of one context need; owned by the context.
struct Hooks {
  std::shared_ptr<TlsTrace> trace;
  std::string name;  // the host name or address that the server's certificate must hold
  bool name_is_ip = false;
  bool verify = true;
  std::string pinned;  // SHA-256 of the only certificate that is trusted, or ""
};

int openssl_version(TlsVersion version) {
  switch (version) {
    case TlsVersion::V1_0: return TLS1_VERSION;
    case TlsVersion::V1_1: return TLS1_1_VERSION;
    case TlsVersion::V1_2: return TLS1_2_VERSION;
    case TlsVersion::V1_3: break;
  }
  return TLS1_3_VERSION;
}

void free_hooks(void*, void* hooks, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Hooks*>(hooks);
}

int hooks_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_hooks);
  return index;
}

std::string sha256_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (certificate == nullptr || X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return "";
  std::string digits;
  for (unsigned int i = 0; i < size; ++i) {
    for (const int nibble : {digest.at(i) >> 4, digest.at(i) & 15}) digits += "0123456789abcdef"[nibble];
  }
  return digits;
}

bool is_pinned(X509_STORE_CTX* chain, const Hooks& hooks) {
  const std::string seen = sha256_of(X509_STORE_CTX_get0_cert(chain));
  const bool same = !seen.empty() && seen == hooks.pinned;
  X509_STORE_CTX_set_error(chain, same ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
  if (!same) {
    hooks.trace->verify_error = X509_V_ERR_CERT_REJECTED;
    hooks.trace->unpinned = seen;
  }
  return same;
}

// Takes the place of OpenSSL's (and so of the HTTP library's) whole verification.
int verify_server(X509_STORE_CTX* chain, void* argument) {
  const auto& hooks = *static_cast<const Hooks*>(argument);
  if (!hooks.pinned.empty()) return is_pinned(chain, hooks) ? 1 : 0;
  if (!hooks.verify) return 1;
  X509_STORE_CTX_set_verify_cb(chain, [](int verdict, X509_STORE_CTX*) { return verdict; });
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(chain);
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);  // a given intermediate authority is an anchor too
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int named = hooks.name_is_ip ? X509_VERIFY_PARAM_set1_ip_asc(rules, hooks.name.c_str())
                                     : X509_VERIFY_PARAM_set1_host(rules, hooks.name.c_str(), hooks.name.size());
  const bool trusted = named == 1 && X509_verify_cert(chain) == 1;
  if (!trusted) {
    const int error = X509_STORE_CTX_get_error(chain);
    hooks.trace->verify_error = error == X509_V_OK ? X509_V_ERR_UNSPECIFIED : error;
  }
  return trusted ? 1 : 0;
}

void watch_handshake(const SSL* connection, int where, int value) {
  const auto* hooks = static_cast<const Hooks*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), hooks_index()));
  if (hooks == nullptr) return;
  if (where == SSL_CB_HANDSHAKE_START && !hooks->name_is_ip) {
    // The earliest moment that every adapter can reach. The callback's type says const, the connection is not.
    SSL_set_tlsext_host_name(const_cast<SSL*>(connection), hooks->name.c_str());
  } else if (where == SSL_CB_HANDSHAKE_DONE) {
    hooks->trace->handshake_done = true;
  } else if (where == SSL_CB_READ_ALERT) {
    hooks->trace->received_alert = value & 0xff;
  }
}

// A failure and OpenSSL's reason for it. Empties the queue: what stays there would be taken for a fault of a connection.
Error unusable(const std::string& what) {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return {ErrorClass::Invalid, what + (reason == nullptr ? std::string() : std::string(": ") + reason)};
}

struct Material {
  std::string pem;
  std::string origin;  // "client key", "client key file /run/key.pem"
};

// The text when it is given, else the content of the file; empty when neither is.
Result<Material> load(const std::string& pem, const std::string& file, const std::string& what) {
  if (!pem.empty() || file.empty()) return Material{pem, what};
  std::ifstream in(file, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  Material material{content.str(), what + " file " + file};
  if (!in || material.pem.empty()) return Error{ErrorClass::Invalid, material.origin + ": can't be read"};
  return material;
}

Bio reader(const Material& material) {
  return Bio(BIO_new_mem_buf(material.pem.data(), static_cast<int>(material.pem.size())));
}

int no_passphrase(char*, int, int, void*) {
  return -1;
}  // instead of a prompt on the terminal

// A store of our own beside the context's: the HTTP libraries fill, replace and cache that one as they like.
Status trust(SSL_CTX* context, const HttpEndpoint& endpoint) {
  const Store store(X509_STORE_new());
  if (endpoint.ca_pem.empty() && endpoint.ca_file.empty()) {
    if (X509_STORE_set_default_paths(store.get()) != 1) return unusable("the system's certificate authorities");
  } else {
    auto material = load(endpoint.ca_pem, endpoint.ca_file, "certificate authority");
    if (!material) return material.error();
    const Bio in = reader(*material);
    int count = 0;
    while (Certificate certificate{PEM_read_bio_X509(in.get(), nullptr, no_passphrase, nullptr)}) {
      if (X509_STORE_add_cert(store.get(), certificate.get()) != 1) return unusable(material->origin);
      ++count;
    }
    if (count == 0) return unusable(material->origin);
    ERR_clear_error();  // the end of the text is an error to PEM_read_bio_X509
  }
  if (SSL_CTX_set1_verify_cert_store(context, store.get()) != 1) return unusable("TLS context");
  return ok();
}

Status identify(SSL_CTX* context, const HttpEndpoint& endpoint) {
  auto chain = load(endpoint.client_certificate_pem, endpoint.client_certificate_file, "client certificate");
  if (!chain) return chain.error();
  auto secret = load(endpoint.client_key_pem, endpoint.client_key_file, "client key");
  if (!secret) return secret.error();
  if (chain->pem.empty()) return ok();

  const Bio certificates = reader(*chain);
  const Certificate own(PEM_read_bio_X509(certificates.get(), nullptr, no_passphrase, nullptr));
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) return unusable(chain->origin);
  while (Certificate issuer{PEM_read_bio_X509(certificates.get(), nullptr, no_passphrase, nullptr)}) {
    if (SSL_CTX_add1_chain_cert(context, issuer.get()) != 1) return unusable(chain->origin);
  }
  ERR_clear_error();
  const Bio keys = reader(*secret);
  const Key key(PEM_read_bio_PrivateKey(keys.get(), nullptr, no_passphrase, nullptr));
  if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1) return unusable(secret->origin);
  // A key of another kind than the certificate's has a place of its own, where OpenSSL misses nothing yet.
  if (SSL_CTX_check_private_key(context) != 1) return unusable(secret->origin + ": does not fit the " + chain->origin);
  return ok();
}

}  // namespace

std::optional<std::string> TlsTrace::refusal() const {
  if (!unpinned.empty()) return "the server's certificate is refused: its SHA-256 fingerprint is " + unpinned;
  if (verify_error != 0) {
    return std::string("the server's certificate is refused: ") + X509_verify_cert_error_string(verify_error);
  }
  switch (received_alert) {
    case SSL_AD_PROTOCOL_VERSION: return "the server speaks no TLS version that is allowed here";
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_DECRYPT_ERROR:
    case TLS13_AD_CERTIFICATE_REQUIRED:
      return std::string("the server refused our certificate: ") + SSL_alert_desc_string_long(received_alert);
    default: return std::nullopt;
  }
}

Status configure_tls(SSL_CTX* context, const HttpEndpoint& endpoint, const Authority& authority, std::shared_ptr<TlsTrace> trace) {
  auto hooks = std::make_unique<Hooks>();
  hooks->trace = std::move(trace);
  hooks->pinned = endpoint.certificate_sha256;
  hooks->verify = !endpoint.insecure_skip_tls_verify || !hooks->pinned.empty();
  hooks->name = endpoint.tls_server_name.empty() ? authority.host : endpoint.tls_server_name;
  hooks->name_is_ip = endpoint.tls_server_name.empty() && authority.ip_literal;

  SSL_CTX_set_min_proto_version(context, openssl_version(endpoint.minimum_tls));
  // Before 1.2, handshakes are signed with MD5 and SHA-1, which OpenSSL's usual level does not take.
  if (endpoint.minimum_tls < TlsVersion::V1_2) SSL_CTX_set_security_level(context, 0);
  // The system's authorities take long to read, and are asked for nothing where none of them counts.
  const bool is_checked_by_authorities = hooks->verify && hooks->pinned.empty();
  if (is_checked_by_authorities) {
    if (auto trusted = trust(context, endpoint); !trusted) return trusted;
  }
  if (auto identified = identify(context, endpoint); !identified) return identified;
  if (SSL_CTX_set_ex_data(context, hooks_index(), hooks.get()) != 1) return unusable("TLS context");
  Hooks* const owned = hooks.release();  // by the context now, see free_hooks
  SSL_CTX_set_verify(context, owned->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_cert_verify_callback(context, verify_server, owned);
  SSL_CTX_set_info_callback(context, watch_handshake);
  return ok();
}

Status check_tls(const HttpEndpoint& endpoint, const Authority& authority) {
  if (!authority.tls) return ok();
  const Context context(SSL_CTX_new(TLS_client_method()));
  if (!context) return unusable("TLS context");
  return configure_tls(context.get(), endpoint, authority, std::make_shared<TlsTrace>());
}

}  // namespace drover
