// One exchange with cpprestsdk, as the calling thread sees it. What the library does happens on its own thread.
//
// Thread safety: a CpprestCall belongs to one calling thread.
#pragma once

#include <memory>

#include "adapters/http_common/endpoint.h"
#include "adapters/http_cpprest/exchange.h"
#include "ports/http_transport.h"

namespace drover {

// One client of the library with the connection it keeps; used by one call at a time.
class CpprestClient;

[[nodiscard]] std::shared_ptr<CpprestClient> make_cpprest_client(const HttpEndpoint& endpoint, const Authority& authority);

// Starts the library's one thread, once in the process.
void start_cpprest_thread();

// Lets go of a client on the library's thread, where its connections are.
void release_on_cpprest_thread(std::shared_ptr<CpprestClient> client);

class CpprestCall {
 public:
  // Sends the request. Head, bytes and end come in exchange().
  CpprestCall(std::shared_ptr<CpprestClient> client, const HttpRequest& request);
  // Closes the connection unless the end has come.
  ~CpprestCall();
  CpprestCall(const CpprestCall&) = delete;
  CpprestCall& operator=(const CpprestCall&) = delete;

  [[nodiscard]] Exchange& exchange();
  void resume();  // when Exchange::take asks for it
  void cancel();  // closes the connection; the end follows soon, unless the library waits for a name look-up

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace drover
