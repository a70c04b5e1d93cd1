// Conversions between sockaddr, words and text.
#include "socket_name.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sys/un.h>
#if defined(__linux__)
#include <linux/sockios.h>
#include <sys/ioctl.h>
#endif

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "../sctp/packet/wire.h"

namespace mailport::io {

namespace {

constexpr size_t kIpv6Words = 4;
constexpr size_t kPathOffset = offsetof(sockaddr_un, sun_path);

const sockaddr_in& AsIn4(const SocketName& name) { return reinterpret_cast<const sockaddr_in&>(name.storage); }
const sockaddr_in6& AsIn6(const SocketName& name) { return reinterpret_cast<const sockaddr_in6&>(name.storage); }

// 0: there is no such interface.
uint32_t IndexOf(int fd, const std::string& interface) {
#if defined(__linux__)
  ifreq request{};
  if (interface.size() >= sizeof(request.ifr_name)) return 0;
  std::memcpy(request.ifr_name, interface.data(), interface.size());
  return ioctl(fd, SIOCGIFINDEX, &request) == 0 ? static_cast<uint32_t>(request.ifr_ifindex) : 0;
#else
  (void)fd;
  return if_nametoindex(interface.c_str());
#endif
}

bool ReadScope(int fd, const std::string& text, uint32_t* scope_id) {
  if (text.empty()) return false;
  *scope_id = IndexOf(fd, text);
  if (*scope_id != 0) return true;
  const char* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, *scope_id);
  return problem == std::errc() && rest == end && *scope_id != 0;
}

void SetIn4(const in_addr& address, uint16_t port, SocketName* out) {
  auto* in4 = reinterpret_cast<sockaddr_in*>(&out->storage);
  in4->sin_family = AF_INET;
  in4->sin_port = htons(port);
  in4->sin_addr = address;
  out->length = sizeof(sockaddr_in);
}

void SetIn6(const in6_addr& address, uint32_t scope_id, uint16_t port, SocketName* out) {
  auto* in6 = reinterpret_cast<sockaddr_in6*>(&out->storage);
  in6->sin6_family = AF_INET6;
  in6->sin6_port = htons(port);
  in6->sin6_flowinfo = 0;
  in6->sin6_addr = address;
  in6->sin6_scope_id = scope_id;
  out->length = sizeof(sockaddr_in6);
}

int Ipv6ToSocketName(int fd, const std::string& text, uint16_t port, SocketName* out) {
  const size_t percent = text.find('%');
  in6_addr address;
  if (inet_pton(AF_INET6, text.substr(0, percent).c_str(), &address) != 1) return EINVAL;
  uint32_t scope_id = 0;
  if (percent != std::string::npos && !ReadScope(fd, text.substr(percent + 1), &scope_id)) return EINVAL;
  SetIn6(address, scope_id, port, out);
  return 0;
}

}  // namespace

int DomainOf(InetFamily family) {
  switch (family) {
    case InetFamily::kLocal:
      return AF_UNIX;
    case InetFamily::kIpv4:
      return AF_INET;
    case InetFamily::kIpv6:
      return AF_INET6;
  }
  return AF_UNSPEC;
}

int ToSocketName(int fd, InetFamily family, const std::string& address, uint16_t port, SocketName* out) {
  if (family == InetFamily::kLocal) return port == 0 ? PathToSocketName(address, out) : EINVAL;
  // The system's readers end at a 0.
  if (address.find('\0') != std::string::npos) return EINVAL;
  in_addr in4;
  const bool is_ipv4 = inet_pton(AF_INET, address.c_str(), &in4) == 1;
  if (family == InetFamily::kIpv6) return is_ipv4 ? EAFNOSUPPORT : Ipv6ToSocketName(fd, address, port, out);
  if (!is_ipv4) return Ipv6ToSocketName(fd, address, port, out) == 0 ? EAFNOSUPPORT : EINVAL;
  SetIn4(in4, port, out);
  return 0;
}

bool ToSocketName(InetFamily family, const uint32_t* words, uint32_t scope_id, uint16_t port, SocketName* out) {
  if (family == InetFamily::kIpv4) {
    SetIn4({htonl(words[0])}, port, out);
    return true;
  }
  if (family != InetFamily::kIpv6) return false;
  in6_addr address;
  for (size_t i = 0; i < kIpv6Words; i++) sctp::Store32(address.s6_addr + i * sizeof(uint32_t), words[i]);
  SetIn6(address, scope_id, port, out);
  return true;
}

int PathToSocketName(std::string_view path, SocketName* out) {
  const bool is_abstract = !path.empty() && path.front() == '\0';
  if (path.size() > kMaxPathBytes + (is_abstract ? 1 : 0)) return EINVAL;
  if (!is_abstract && path.find('\0') != std::string_view::npos) return EINVAL;
  auto* local = reinterpret_cast<sockaddr_un*>(&out->storage);
  *local = {};
  local->sun_family = AF_UNIX;
  path.copy(local->sun_path, path.size());  // Which copies nothing of an empty one, wherever that points to.
  // A path of the file system ends with a 0; an abstract name is as long as the length says.
  out->length = static_cast<socklen_t>(path.empty() ? sizeof(sa_family_t) : kPathOffset + path.size() + (is_abstract ? 0 : 1));
  return 0;
}

std::string AddressOf(const SocketName& name) {
  char text[INET6_ADDRSTRLEN] = "";
  if (name.storage.ss_family == AF_INET) {
    inet_ntop(AF_INET, &AsIn4(name).sin_addr, text, sizeof(text));
    return text;
  }
  if (name.storage.ss_family != AF_INET6) return std::string(PathOf(name));
  inet_ntop(AF_INET6, &AsIn6(name).sin6_addr, text, sizeof(text));
  const uint32_t scope_id = AsIn6(name).sin6_scope_id;
  return scope_id == 0 ? text : text + ("%" + std::to_string(scope_id));
}

std::string_view PathOf(const SocketName& name) {
  if (name.IsUnbound() || name.storage.ss_family != AF_UNIX || name.length <= kPathOffset) return {};
  const auto* path = reinterpret_cast<const sockaddr_un&>(name.storage).sun_path;
  const size_t bytes = name.length - kPathOffset;
  return path[0] == '\0' ? std::string_view(path, bytes) : std::string_view(path, strnlen(path, bytes));
}

uint16_t PortOf(const SocketName& name) {
  if (name.storage.ss_family == AF_INET) return ntohs(AsIn4(name).sin_port);
  return name.storage.ss_family == AF_INET6 ? ntohs(AsIn6(name).sin6_port) : 0;
}

void WriteWords(const SocketName& name, uint32_t* words, uint32_t* scope_id) {
  *scope_id = 0;
  if (name.storage.ss_family == AF_INET) {
    words[0] = ntohl(AsIn4(name).sin_addr.s_addr);
  } else if (name.storage.ss_family == AF_INET6) {
    for (size_t i = 0; i < kIpv6Words; i++) words[i] = sctp::Load32(AsIn6(name).sin6_addr.s6_addr + i * sizeof(uint32_t));
    *scope_id = AsIn6(name).sin6_scope_id;
  }
}

InetFamily FamilyOf(const SocketName& name) {
  if (name.storage.ss_family == AF_INET) return InetFamily::kIpv4;
  return name.storage.ss_family == AF_INET6 ? InetFamily::kIpv6 : InetFamily::kLocal;
}

bool SameName(const SocketName& a, const SocketName& b) {
  if (a.storage.ss_family != b.storage.ss_family) return false;
  if (a.storage.ss_family == AF_INET) {
    return AsIn4(a).sin_port == AsIn4(b).sin_port && AsIn4(a).sin_addr.s_addr == AsIn4(b).sin_addr.s_addr;
  }
  if (a.storage.ss_family != AF_INET6) return PathOf(a) == PathOf(b);
  const sockaddr_in6& one = AsIn6(a);
  const sockaddr_in6& other = AsIn6(b);
  const bool same_zone = one.sin6_scope_id == other.sin6_scope_id || one.sin6_scope_id == 0 || other.sin6_scope_id == 0;
  return same_zone && one.sin6_port == other.sin6_port && std::memcmp(&one.sin6_addr, &other.sin6_addr, sizeof(in6_addr)) == 0;
}

}  // namespace mailport::io
