// Options of the kernel's SCTP about authenticated chunks (RFC 4895, RFC 6458 section 8.3), and whether changes of addresses (RFC 5061) are offered. Linux only. Kernels without SCTP_AUTH_SUPPORTED answer ENOTSUP.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "../sctp/option.h"

namespace mailport::kernel_sctp {

#if defined(__linux__)

bool IsAuthOption(sctp::Option option);
// Both take only these options. 0 or a positive errno; EACCES: authenticated chunks are not enabled, or the association does not have them.
int SetAuthOption(int fd, sctp::Option option, sctp::AssocId assoc, std::span<const uint32_t> values);
int GetAuthOption(int fd, sctp::Option option, sctp::AssocId assoc, std::vector<uint32_t>* values);

#endif

}  // namespace mailport::kernel_sctp
