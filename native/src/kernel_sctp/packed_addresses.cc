#include "packed_addresses.h"

#if defined(__linux__)

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "../io/socket_address.h"
#include "option_calls.h"

namespace mailport::kernel_sctp {

std::vector<uint8_t> PackSockaddrs(std::span<const sctp::IpAddress> addresses, uint16_t port) {
  std::vector<uint8_t> packed;
  for (const sctp::IpAddress& address : addresses) {
    sockaddr_storage storage;
    const socklen_t length = ToSctpSockaddr(address, port, &storage);
    const auto* bytes = reinterpret_cast<const uint8_t*>(&storage);
    packed.insert(packed.end(), bytes, bytes + length);
  }
  return packed;
}

std::vector<PackedAddress> UnpackSockaddrs(sctp::Bytes packed, size_t most) {
  std::vector<PackedAddress> result;
  while (result.size() < most && packed.size() >= sizeof(sa_family_t)) {
    sa_family_t family;
    std::memcpy(&family, packed.data(), sizeof(family));
    const size_t length = family == AF_INET ? sizeof(sockaddr_in) : family == AF_INET6 ? sizeof(sockaddr_in6) : 0;
    if (length == 0 || packed.size() < length) break;
    sockaddr_storage storage{};
    std::memcpy(&storage, packed.data(), length);
    PackedAddress found;
    if (io::FromSockaddr(storage, &found.address, &found.port)) result.push_back(found);
    packed = packed.subspan(length);
  }
  return result;
}

}  // namespace mailport::kernel_sctp

#endif
