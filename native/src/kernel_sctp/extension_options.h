// Options of the kernel's SCTP about extensions of the protocol (re-configuration, partial reliability) and what it counts of an association. Linux
// only; kernels without one answer ENOTSUP.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "../sctp/option.h"

namespace mailport::kernel_sctp {

#if defined(__linux__)

bool IsExtensionOption(sctp::Option option);
// Both take only these options. 0 or a positive errno.
int SetExtensionOption(int fd, sctp::Option option, sctp::AssocId assoc, std::span<const uint32_t> values);
int GetExtensionOption(int fd, sctp::Option option, sctp::AssocId assoc, std::vector<uint32_t>* values);

#endif

}  // namespace mailport::kernel_sctp
