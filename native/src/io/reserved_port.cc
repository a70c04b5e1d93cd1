// Names of ports, and filters of packets (man 7 unix, man 7 socket: SO_ATTACH_FILTER).
#include "reserved_port.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "network_namespace.h"

#if defined(__linux__)
#include <linux/filter.h>
#endif

namespace mailport::io {

#if defined(__linux__)

int ReservedPort::Reserve(uint16_t port, const std::string& network_namespace, std::shared_ptr<ReservedPort>* reserved) {
  NetworkNamespaceVisit visit;
  if (const int error = visit.Enter(network_namespace); error != 0) return error;
  UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return errno;
  if (const int error = visit.Leave(); error != 0) return error;
  // A name that begins with NUL is in no file system.
  const std::string name = std::string(1, '\0') + "mailport/sctp/" + std::to_string(port);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), length) != 0) return errno;
  reserved->reset(new ReservedPort(std::move(fd)));
  return 0;
}

int FilterByPort(int fd, uint8_t family, uint16_t port) {
  constexpr uint32_t kDestinationPort = 2;  // In the common header (RFC 9260 section 3.1).
  constexpr uint32_t kAll = UINT32_MAX;
  constexpr int kMostDropped = 65536;
  // A raw socket of IPv4 sees packets with the header of IP, one of IPv6 without.
  sock_filter of_ipv4[] = {
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
      BPF_STMT(BPF_LD | BPF_H | BPF_IND, kDestinationPort),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, kAll),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  sock_filter of_ipv6[] = {
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, kDestinationPort),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, kAll),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  sock_fprog program = family == 6 ? sock_fprog{std::size(of_ipv6), of_ipv6} : sock_fprog{std::size(of_ipv4), of_ipv4};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0) return errno;
  // Between the making of the socket and here anything may have come.
  uint8_t byte = 0;
  for (int dropped = 0; dropped < kMostDropped && recv(fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0;) dropped++;
  return 0;
}

#else

int ReservedPort::Reserve(uint16_t, const std::string&, std::shared_ptr<ReservedPort>*) { return ENOTSUP; }
int FilterByPort(int, uint8_t, uint16_t) { return ENOTSUP; }

#endif

}  // namespace mailport::io
