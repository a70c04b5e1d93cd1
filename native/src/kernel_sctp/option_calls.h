// setsockopt and getsockopt at the level of SCTP, with 0 or a positive errno as the answer, and addresses as SCTP's options want them.
#pragma once

#if defined(__linux__)

#include <linux/sctp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "../io/socket_address.h"
#include "../sctp/option.h"

namespace mailport::kernel_sctp {

// Without flow label and DSCP, which older kernels do not know.
constexpr socklen_t kPeerAddrParamsBytes = (offsetof(sctp_paddrparams, spp_ipv6_flowlabel) + 3) & ~size_t{3};
constexpr uint32_t kPeerAddrFlags = 127;  // SPP_HB_ENABLE to SPP_SACKDELAY_DISABLE, numbered as in the contract.

inline sctp_assoc_t Key(sctp::AssocId assoc) { return static_cast<sctp_assoc_t>(assoc); }

// EINVAL where the kernel knows the option, but not for such a socket, and where the socket has ended with its descriptor. Only Missing says ENOTSUP.
inline int OptionError(int error) { return error == EOPNOTSUPP || error == EBADF ? EINVAL : error; }

template <typename T>
int SetSctp(int fd, int name, const T& value, socklen_t length = sizeof(T)) {
  return setsockopt(fd, IPPROTO_SCTP, name, &value, length) == 0 ? 0 : OptionError(errno);
}

// `value` also says what is asked for. EPROTO: the kernel answered with less than `length`.
template <typename T>
int GetSctp(int fd, int name, T* value, socklen_t length = sizeof(T)) {
  socklen_t got = length;
  if (getsockopt(fd, IPPROTO_SCTP, name, value, &got) != 0) return OptionError(errno);
  return got < length ? EPROTO : 0;
}

inline int SetSocket(int fd, int name, int value) { return setsockopt(fd, SOL_SOCKET, name, &value, sizeof(value)) == 0 ? 0 : errno; }

inline int GetSocket(int fd, int name, int* value) {
  socklen_t length = sizeof(*value);
  return getsockopt(fd, SOL_SOCKET, name, value, &length) == 0 ? 0 : errno;
}

// Options younger than headers that we build with (linux/sctp.h of 4.10 to 5.11; schedulers of 6.4).
constexpr int kGetAssocStats = 112;
constexpr int kPrSupported = 113;
constexpr int kDefaultPrinfo = 114;
constexpr int kPrAssocStatus = 115;
constexpr int kReconfigSupported = 117;
constexpr int kEnableStreamReset = 118;
constexpr int kStreamScheduler = 123;
constexpr int kStreamSchedulerValue = 124;
constexpr int kInterleavingSupported = 125;
constexpr int kRemoteUdpEncapsPort = 132;

// sctp_udpencaps.
struct UdpEncaps {
  sctp_assoc_t assoc_id;
  sockaddr_storage address;
  uint16_t port;  // In network order.
};

// A kernel that does not know an option has no such feature.
inline int Missing(int error) { return error == ENOPROTOOPT ? ENOTSUP : error; }

// Writes the address in its own family, which SCTP takes on IPv6 sockets too (MH-7).
inline socklen_t ToSctpSockaddr(const sctp::IpAddress& address, uint16_t port, sockaddr_storage* out) {
  return io::ToSockaddr(address, port, address.family, out);
}

// The key's address or, if it has none, the any address, which stands for all.
inline sockaddr_storage KeyAddress(const sctp::OptionKey& key) {
  sockaddr_storage storage{};
  if (key.HasAddress())
    ToSctpSockaddr(key.address, key.port, &storage);
  else
    storage.ss_family = AF_INET;
  return storage;
}

// An address as options have it in words (sctp::Option).
void PushAddress(const sockaddr_storage& storage, std::vector<uint32_t>* words);

}  // namespace mailport::kernel_sctp

#endif
