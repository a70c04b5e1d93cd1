// Message flags between the contract's numbers (sctp/types.h) and Linux's (enum sctp_sinfo_flags). Policies of partial reliability are
// numbered alike.
#pragma once

#if defined(__linux__)

#include <linux/sctp.h>
#include <sys/socket.h>

#include "../sctp/types.h"

namespace mailport::kernel_sctp {

constexpr uint16_t kKernelSackImmediately = 1 << 3;  // SCTP_SACK_IMMEDIATELY, younger than some headers.

inline uint16_t ToKernelFlags(uint32_t flags) {
  return static_cast<uint16_t>(((flags & sctp::kFlagUnordered) != 0 ? SCTP_UNORDERED : 0) |
                               ((flags & sctp::kFlagAddrOver) != 0 ? SCTP_ADDR_OVER : 0) |
                               ((flags & sctp::kFlagAbort) != 0 ? SCTP_ABORT : 0) | ((flags & sctp::kFlagEof) != 0 ? SCTP_EOF : 0) |
                               ((flags & sctp::kFlagSackImmediately) != 0 ? kKernelSackImmediately : 0) | (flags & sctp::kFlagPrMask));
}

inline uint32_t FromKernelFlags(uint16_t flags) {
  return ((flags & SCTP_UNORDERED) != 0 ? sctp::kFlagUnordered : 0) | ((flags & SCTP_ADDR_OVER) != 0 ? sctp::kFlagAddrOver : 0) |
         ((flags & SCTP_ABORT) != 0 ? sctp::kFlagAbort : 0) | ((flags & SCTP_EOF) != 0 ? sctp::kFlagEof : 0) |
         ((flags & kKernelSackImmediately) != 0 ? sctp::kFlagSackImmediately : 0);
}

}  // namespace mailport::kernel_sctp

#endif
