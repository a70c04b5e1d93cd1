// A visit of the calling thread to another network namespace: a socket belongs for ever to the one that its thread was in when it was made.
#pragma once

#include <string>
#include <type_traits>

#include "unique_fd.h"

namespace mailport::io {

class NetworkNamespaceVisit {
 public:
  NetworkNamespaceVisit() = default;
  NetworkNamespaceVisit(const NetworkNamespaceVisit&) = delete;
  NetworkNamespaceVisit& operator=(const NetworkNamespaceVisit&) = delete;
  ~NetworkNamespaceVisit() { (void)Leave(); }

  // Enters the namespace that the file `path` stands for (/run/netns/NAME); with an empty path the thread stays where it is. 0 or a positive errno:
  // ENOENT, EPERM, EINVAL (the file stands for no namespace), ENOTSUP (not on Linux).
  int Enter(const std::string& path);
  // Enters the namespace of an open socket.
  int EnterOf(int socket);
  // Returns. On an error the thread is still in the other namespace, and what it has made there must not be used.
  int Leave();

 private:
  int EnterFile(int there);

  UniqueFd home_;
};

static_assert(!std::is_copy_constructible_v<NetworkNamespaceVisit>);

}  // namespace mailport::io
