#include "tcp_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

namespace mailport::io {

namespace {

#if defined(__APPLE__)
constexpr int kKeepIdle = TCP_KEEPALIVE;
#else
constexpr int kKeepIdle = TCP_KEEPIDLE;
#endif

constexpr int kNone = -1;

int NameOf(InetOption option) {
  switch (option) {
    case InetOption::kNodelay:
      return TCP_NODELAY;
    case InetOption::kKeepIdle:
      return kKeepIdle;
    case InetOption::kKeepInterval:
      return TCP_KEEPINTVL;
    case InetOption::kKeepCount:
      return TCP_KEEPCNT;
    default:
      return kNone;
  }
}

}  // namespace

bool IsTcpOption(InetOption option) { return NameOf(option) != kNone; }

int SetTcpOption(int fd, InetFamily family, InetOption option, std::span<const uint32_t> values) {
  if (values.size() != 1 || values[0] > INT32_MAX) return EINVAL;
  if (option == InetOption::kNodelay && values[0] > 1) return EINVAL;
  // A local socket delays nothing, so that it takes the option as OTP does (TN-16).
  if (family == InetFamily::kLocal) return option == InetOption::kNodelay ? 0 : EINVAL;
  const int value = static_cast<int>(values[0]);
  return setsockopt(fd, IPPROTO_TCP, NameOf(option), &value, sizeof(value)) == 0 ? 0 : errno;
}

int GetTcpOption(int fd, InetFamily family, InetOption option, std::vector<uint32_t>* values) {
  if (family == InetFamily::kLocal) {
    if (option != InetOption::kNodelay) return EINVAL;
    *values = {1};
    return 0;
  }
  int value = 0;
  socklen_t length = sizeof(value);
  if (getsockopt(fd, IPPROTO_TCP, NameOf(option), &value, &length) != 0) return errno;
  if (option == InetOption::kNodelay) value = value != 0 ? 1 : 0;
  *values = {static_cast<uint32_t>(value)};
  return 0;
}

}  // namespace mailport::io
