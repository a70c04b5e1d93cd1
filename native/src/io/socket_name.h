// Names of sockets of TCP and UDP as the kernel has them, and as text (InetName of native/contract/inet.ts): an IPv4 or IPv6 address with a port, or the path
// of a Unix-domain socket. An IPv4-mapped address of an IPv6 socket stays one.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "inet_option.h"

namespace mailport::io {

struct SocketName {
  sockaddr_storage storage{};
  socklen_t length = 0;

  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
  // A local socket that is not bound to a path.
  bool IsUnbound() const { return length <= sizeof(sa_family_t) || storage.ss_family == AF_UNSPEC; }
};

// The longest path of a Unix-domain socket; an abstract name (first byte 0) may be one byte longer.
constexpr size_t kMaxPathBytes = 107;

int DomainOf(InetFamily family);

// 0 or a positive errno. EINVAL: no such text is an address of this family, a path is too long or has a 0 inside. EAFNOSUPPORT: it is an address of the other
// family. The name of an IPv6 scope is looked up where the socket `fd` is: in its network namespace.
int ToSocketName(int fd, InetFamily family, const std::string& address, uint16_t port, SocketName* out);
// IPv4 in host order in the first word, or IPv6 in four. False: `family` is neither 4 nor 6.
bool ToSocketName(InetFamily family, const uint32_t* words, uint32_t scope_id, uint16_t port, SocketName* out);
// EINVAL as above; '' is the name of a socket that is not bound.
int PathToSocketName(std::string_view path, SocketName* out);

// The same as text: numbers for scopes, '' for a local socket that is not bound.
std::string AddressOf(const SocketName& name);
std::string_view PathOf(const SocketName& name);
uint16_t PortOf(const SocketName& name);
// Writes the words that ToSocketName reads; the port aside.
void WriteWords(const SocketName& name, uint32_t* words, uint32_t* scope_id);
// The family of the contract; kLocal for a sender without a name, too.
InetFamily FamilyOf(const SocketName& name);

// Whether the two name the same socket. The scope of an address counts only where both have one.
bool SameName(const SocketName& a, const SocketName& b);

}  // namespace mailport::io
