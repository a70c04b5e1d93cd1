// Descriptors of sockets of TCP and UDP: opened or adopted, bound, and their names. The stacks own them. 0 or a positive errno.
#pragma once

#include <string>

#include "inet_option.h"
#include "socket_name.h"
#include "unique_fd.h"

namespace mailport::io {

// InetOpenParams of native/contract/inet.ts.
struct InetParams {
  InetFamily family = InetFamily::kIpv4;
  std::string network_namespace;  // File that stands for it; empty: that of the process.
  int adopted = -1;               // A descriptor to take over.
};

// A descriptor that does not block and that no child process inherits. `type`: SOCK_STREAM or SOCK_DGRAM. EBADF, ENOTSOCK and EINVAL (another type or family)
// leave an adopted descriptor alone; from then on it is the stack's, whatever happens.
int OpenInetSocket(const InetParams& params, int type, UniqueFd* out);
// EINVAL: the socket is bound already. The name '' leaves a local socket unbound.
int BindInetSocket(int fd, const SocketName& name);

int GetSocketName(int fd, SocketName* out);
int GetPeerName(int fd, SocketName* out);
// The error that waits at the socket, taken off it.
int TakeSocketError(int fd);

}  // namespace mailport::io
