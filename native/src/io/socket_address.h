// Addresses between the engine's form, the kernel's sockaddr and text. An IPv4 peer of an IPv6 socket is ::ffff:a.b.c.d to the kernel and
// plain IPv4 to the engine.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

#include "../sctp/types.h"

namespace mailport::io {

using sctp::IpAddress;

// Writes the form that a socket of `socket_family` (4 or 6) wants; its length, or 0 if such a socket cannot name the address.
socklen_t ToSockaddr(const IpAddress& address, uint16_t port, uint8_t socket_family, sockaddr_storage* out);
// False if it is neither IPv4 nor IPv6.
bool FromSockaddr(const sockaddr_storage& storage, IpAddress* address, uint16_t* port);

IpAddress FromIn4(const in_addr& address);
IpAddress FromIn6(const in6_addr& address, uint32_t scope_id);
in_addr ToIn4(const IpAddress& address);
// Mapped if it is IPv4.
in6_addr ToIn6(const IpAddress& address);
IpAddress AnyAddress(uint8_t family);

// '127.0.0.1', '::1', 'fe80::1%eth0'. An IPv4-mapped IPv6 address becomes IPv4. False if it is no address.
bool ParseAddress(const char* text, IpAddress* out);
// A scope is written as its number.
std::string FormatAddress(const IpAddress& address);

}  // namespace mailport::io
