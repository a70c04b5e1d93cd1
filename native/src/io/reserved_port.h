// An SCTP port of IP itself that this environment has for itself. The kernel keeps no book of such ports, so whoever uses one holds a name for it: an abstract
// socket of the network namespace, which goes with the descriptor. Only Linux has such names.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>

#include "unique_fd.h"

namespace mailport::io {

class ReservedPort {
 public:
  // EADDRINUSE: another environment or process has the port. `network_namespace` as in UdpParams.
  static int Reserve(uint16_t port, const std::string& network_namespace, std::shared_ptr<ReservedPort>* reserved);
  ReservedPort(const ReservedPort&) = delete;
  ReservedPort& operator=(const ReservedPort&) = delete;

 private:
  explicit ReservedPort(UniqueFd name) : name_(std::move(name)) {}

  UniqueFd name_;
};

static_assert(!std::is_copy_constructible_v<ReservedPort>);

// Lets the raw socket have packets for this SCTP port alone, and drops those that have come before. 0 or a positive errno.
int FilterByPort(int fd, uint8_t family, uint16_t port);

}  // namespace mailport::io
