#include "fixed_options.h"

#include <cerrno>

namespace mailport::sctp {

bool IsFixedOption(Option option) {
  switch (option) {
    case Option::kSetPeerPrimary:
    case Option::kMappedV4:
      return true;
    default:
      return false;
  }
}

int SetFixedOption(Option option, std::span<const uint32_t> values) {
  // As a kernel without net.sctp.addip_enable answers: it takes RFC 5061.
  if (option == Option::kSetPeerPrimary) return EPERM;
  if (values.size() != 1) return EINVAL;
  return values[0] == 0 ? 0 : ENOTSUP;
}

int GetFixedOption(Option option, std::vector<uint32_t>* values) {
  if (option == Option::kSetPeerPrimary) return ENOTSUP;
  *values = {0};
  return 0;
}

}  // namespace mailport::sctp
