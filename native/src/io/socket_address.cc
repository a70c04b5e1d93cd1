// Conversions between IpAddress, sockaddr and text.
#include "socket_address.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <cstdlib>
#include <cstring>

namespace mailport::io {

namespace {

constexpr size_t kMappedPrefixBytes = 12;  // Ten zero bytes and ff ff (RFC 4291 section 2.5.5.2).

bool ParseScope(const char* text, uint32_t* scope_id) {
  if (*text == '\0') return false;
  *scope_id = if_nametoindex(text);
  if (*scope_id != 0) return true;
  char* end = nullptr;
  const unsigned long number = std::strtoul(text, &end, 10);
  if (*end != '\0' || number == 0 || number > UINT32_MAX) return false;
  *scope_id = static_cast<uint32_t>(number);
  return true;
}

}  // namespace

IpAddress FromIn4(const in_addr& address) {
  IpAddress result;
  result.family = 4;
  std::memcpy(result.bytes.data(), &address, 4);
  return result;
}

IpAddress FromIn6(const in6_addr& address, uint32_t scope_id) {
  IpAddress result;
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    result.family = 4;
    std::memcpy(result.bytes.data(), address.s6_addr + kMappedPrefixBytes, 4);
    return result;
  }
  result.family = 6;
  std::memcpy(result.bytes.data(), &address, 16);
  // The kernel names the interface for every packet; only a link-local address needs it to be told apart.
  if (IN6_IS_ADDR_LINKLOCAL(&address)) result.scope_id = scope_id;
  return result;
}

in_addr ToIn4(const IpAddress& address) {
  in_addr result;
  std::memcpy(&result, address.bytes.data(), 4);
  return result;
}

in6_addr ToIn6(const IpAddress& address) {
  in6_addr result{};
  if (address.family == 4) {
    result.s6_addr[10] = 0xff;
    result.s6_addr[11] = 0xff;
    std::memcpy(result.s6_addr + kMappedPrefixBytes, address.bytes.data(), 4);
  } else {
    std::memcpy(&result, address.bytes.data(), 16);
  }
  return result;
}

IpAddress AnyAddress(uint8_t family) {
  IpAddress result;
  result.family = family;
  return result;
}

socklen_t ToSockaddr(const IpAddress& address, uint16_t port, uint8_t socket_family, sockaddr_storage* out) {
  if (socket_family == 4) {
    if (address.family != 4) return 0;
    auto* in4 = reinterpret_cast<sockaddr_in*>(out);
    *in4 = {};
    in4->sin_family = AF_INET;
    in4->sin_port = htons(port);
    in4->sin_addr = ToIn4(address);
    return sizeof(sockaddr_in);
  }
  if (address.family != 4 && address.family != 6) return 0;
  auto* in6 = reinterpret_cast<sockaddr_in6*>(out);
  *in6 = {};
  in6->sin6_family = AF_INET6;
  in6->sin6_port = htons(port);
  in6->sin6_addr = ToIn6(address);
  in6->sin6_scope_id = address.scope_id;
  return sizeof(sockaddr_in6);
}

bool FromSockaddr(const sockaddr_storage& storage, IpAddress* address, uint16_t* port) {
  if (storage.ss_family == AF_INET) {
    const auto& in4 = reinterpret_cast<const sockaddr_in&>(storage);
    *address = FromIn4(in4.sin_addr);
    *port = ntohs(in4.sin_port);
    return true;
  }
  if (storage.ss_family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(storage);
    *address = FromIn6(in6.sin6_addr, in6.sin6_scope_id);
    *port = ntohs(in6.sin6_port);
    return true;
  }
  return false;
}

bool ParseAddress(const char* text, IpAddress* out) {
  in_addr in4;
  if (inet_pton(AF_INET, text, &in4) == 1) {
    *out = FromIn4(in4);
    return true;
  }
  std::string address(text);
  uint32_t scope_id = 0;
  const size_t percent = address.find('%');
  if (percent != std::string::npos) {
    if (!ParseScope(text + percent + 1, &scope_id)) return false;
    address.resize(percent);
  }
  in6_addr in6;
  if (inet_pton(AF_INET6, address.c_str(), &in6) != 1) return false;
  *out = FromIn6(in6, scope_id);
  return true;
}

std::string FormatAddress(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.family == 4 || address.family == 6) {
    inet_ntop(address.family == 4 ? AF_INET : AF_INET6, address.bytes.data(), text, sizeof(text));
  }
  std::string result(text);
  if (address.scope_id != 0) result += "%" + std::to_string(address.scope_id);
  return result;
}

}  // namespace mailport::io
