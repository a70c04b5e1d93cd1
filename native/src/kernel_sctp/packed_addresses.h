// Lists of addresses as the kernel's SCTP takes and gives them: sockaddrs one after the other, each as long as its family is.
#pragma once

#if defined(__linux__)

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "../sctp/types.h"

namespace mailport::kernel_sctp {

struct PackedAddress {
  sctp::IpAddress address;
  uint16_t port;
};

std::vector<uint8_t> PackSockaddrs(std::span<const sctp::IpAddress> addresses, uint16_t port);
// At most `most` addresses. An address of an unknown family ends the list.
std::vector<PackedAddress> UnpackSockaddrs(sctp::Bytes packed, size_t most);

}  // namespace mailport::kernel_sctp

#endif
