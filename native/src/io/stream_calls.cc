#include "stream_calls.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

#include "inet_socket.h"

namespace mailport::io {

namespace {

// Connections that were reset while they waited and are passed over by one call; the next call goes on.
constexpr int kPassedOver = 64;

// A socket is readable from the first byte on.
constexpr int kNoMark = 1;

#if defined(MSG_MORE)
constexpr int kMore = MSG_MORE;
#else
constexpr int kMore = 0;
#endif

template <typename Call>
auto Retried(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

int Option(int fd, int name, int* value) {
  socklen_t length = sizeof(*value);
  return getsockopt(fd, SOL_SOCKET, name, value, &length) == 0 ? 0 : errno;
}

int AcceptOne(int listener) {
#if defined(__linux__)
  return Retried([&] { return accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC); });
#else
  return Retried([&] { return accept(listener, nullptr, nullptr); });
#endif
}

// What happened to a connection before it was accepted, and not to the listener (man 2 accept).
bool IsOfConnection(int error) {
  switch (error) {
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENOPROTOOPT:
      return true;
    default:
      return false;
  }
}

}  // namespace

int InspectStream(int fd, StreamState* state) {
  int type = 0;
  SocketName name;
  if (const int error = Option(fd, SO_TYPE, &type); error != 0) return error;
  if (const int error = GetSocketName(fd, &name); error != 0) return error;
  if (type != SOCK_STREAM) return EINVAL;
#if defined(SO_PROTOCOL)
  // Others than TCP have streams, too.
  int protocol = 0;
  const bool is_local = name.storage.ss_family == AF_UNIX;
  if (!is_local && (Option(fd, SO_PROTOCOL, &protocol) != 0 || protocol != IPPROTO_TCP)) return EINVAL;
#endif
  int listens = 0;
  (void)Option(fd, SO_ACCEPTCONN, &listens);
  *state = listens != 0 ? StreamState::kListening : GetPeerName(fd, &name) == 0 ? StreamState::kConnected : StreamState::kFresh;
  return 0;
}

int ConnectStream(int fd, const SocketName& name) {
  if (connect(fd, name.raw(), name.length) == 0) return 0;
  // An interrupted connect goes on by itself.
  return errno == EINTR ? EINPROGRESS : errno;
}

bool IsConnectOver(int fd) {
  pollfd asked{fd, POLLOUT, 0};
  return poll(&asked, 1, 0) == 1;
}

int AcceptStream(int listener, UniqueFd* out) {
  for (int passed = 0; passed < kPassedOver; passed++) {
    UniqueFd fd(AcceptOne(listener));
    if (!fd.valid()) {
      if (IsOfConnection(errno)) continue;
      return errno == EWOULDBLOCK ? EAGAIN : errno;
    }
#if !defined(__linux__)
    if (fcntl(fd.get(), F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0) return errno;
#endif
    *out = std::move(fd);
    return 0;
  }
  return EAGAIN;
}

ssize_t ReceiveStream(int fd, const iovec* rooms, size_t count) {
  const ssize_t got = Retried([&] { return count == 1 ? recv(fd, rooms->iov_base, rooms->iov_len, 0) : readv(fd, rooms, static_cast<int>(count)); });
  return got >= 0 ? got : -errno;
}

ssize_t SendStream(int fd, const iovec* parts, size_t count, bool more) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(count);
  const ssize_t sent = Retried([&] { return sendmsg(fd, &message, MSG_NOSIGNAL | (more ? kMore : 0)); });
  return sent >= 0 ? sent : -errno;
}

bool RaiseReceiveMark([[maybe_unused]] int fd, [[maybe_unused]] int bytes) {
#if defined(__linux__)
  int mark = 0, buffer = 0;
  socklen_t length = sizeof(int);
  if (getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &mark, &length) != 0 || mark != kNoMark) return false;
  // Linux would make a shorter receive buffer longer, to about twice the mark.
  if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, &length) != 0 || buffer / 3 < bytes) return false;
  return setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof(bytes)) == 0;
#else
  return false;
#endif
}

void ResetReceiveMark(int fd) { setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &kNoMark, sizeof(kNoMark)); }

bool HasUnread(int fd) {
  int bytes = 0;
  return ioctl(fd, FIONREAD, &bytes) == 0 && bytes > 0;
}

bool IsReceivable(int fd) {
  // Below its mark polling tells nothing.
  pollfd asked{fd, POLLIN, 0};
  return poll(&asked, 1, 0) == 1 || HasUnread(fd);
}

void ResetOnClose(int fd) {
  const linger now{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

}  // namespace mailport::io
