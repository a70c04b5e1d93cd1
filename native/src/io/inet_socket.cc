#include "inet_socket.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

#include "network_namespace.h"

namespace mailport::io {

namespace {

// What a descriptor is to have, as far as socket(2) can give it by itself: two calls less for each socket.
#if defined(SOCK_CLOEXEC) && defined(SOCK_NONBLOCK)
constexpr int kAtOnce = SOCK_CLOEXEC | SOCK_NONBLOCK;
#else
constexpr int kAtOnce = 0;
#endif

// Whether the descriptor is a socket of that kind.
int Inspect(int fd, int domain, int type) {
  int value = 0;
  socklen_t length = sizeof(value);
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &length) != 0) return errno;
  if (value != type) return EINVAL;
  SocketName name;
  if (const int error = GetSocketName(fd, &name); error != 0) return error;
  return name.storage.ss_family == domain ? 0 : EINVAL;
}

}  // namespace

int OpenInetSocket(const InetParams& params, int type, UniqueFd* out) {
  const int domain = DomainOf(params.family);
  UniqueFd fd;
  if (params.adopted >= 0) {
    if (const int error = Inspect(params.adopted, domain, type); error != 0) return error;
    fd = UniqueFd(params.adopted);
  } else {
    NetworkNamespaceVisit visit;
    if (const int error = visit.Enter(params.network_namespace); error != 0) return error;
    fd = UniqueFd(socket(domain, type | kAtOnce, 0));
    const int error = fd.valid() ? 0 : errno;
    if (const int left = visit.Leave(); left != 0) return left;
    if (error != 0) return error;
  }
  const bool is_set = kAtOnce != 0 && params.adopted < 0;
  if (!is_set && (fcntl(fd.get(), F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0)) return errno;
  *out = std::move(fd);
  return 0;
}

int BindInetSocket(int fd, const SocketName& name) {
  if (name.storage.ss_family == AF_UNIX && name.IsUnbound()) return 0;
  return bind(fd, name.raw(), name.length) == 0 ? 0 : errno;
}

int GetSocketName(int fd, SocketName* out) {
  out->length = sizeof(out->storage);
  return getsockname(fd, out->raw(), &out->length) == 0 ? 0 : errno;
}

int GetPeerName(int fd, SocketName* out) {
  out->length = sizeof(out->storage);
  return getpeername(fd, out->raw(), &out->length) == 0 ? 0 : errno;
}

int TakeSocketError(int fd) {
  int error = 0;
  socklen_t length = sizeof(error);
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

}  // namespace mailport::io
