// Options of the kernel's SCTP about interleaving and stream schedulers (RFC 8260 section 4.3). Linux only; kernels without one answer ENOTSUP.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "../sctp/option.h"

namespace mailport::kernel_sctp {

#if defined(__linux__)

bool IsSchedulingOption(sctp::Option option);
// Both take only these options. 0 or a positive errno. Of `key` the association and the stream count.
int SetSchedulingOption(int fd, sctp::Option option, const sctp::OptionKey& key, std::span<const uint32_t> values);
int GetSchedulingOption(int fd, sctp::Option option, const sctp::OptionKey& key, std::vector<uint32_t>* values);

#endif

}  // namespace mailport::kernel_sctp
