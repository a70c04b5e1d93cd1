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

  // Into the namespace that the file `path` stands for (/run/netns/NAME); an empty path is where the thread is. 0 or a positive errno: ENOENT,
  // EPERM, EINVAL (no such file's), ENOTSUP (no Linux).
  int Enter(const std::string& path);
  // Into the namespace of an open socket.
  int EnterOf(int socket);
  // Back home. An error means that the thread is still abroad; what it has made there is not to be used.
  int Leave();

 private:
  int EnterFile(int there);

  UniqueFd home_;
};

static_assert(!std::is_copy_constructible_v<NetworkNamespaceVisit>);

}  // namespace mailport::io
