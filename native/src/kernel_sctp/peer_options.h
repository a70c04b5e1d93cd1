// Options of the kernel's SCTP that are about a peer's addresses, or about paths: parameters, the primary one, what is known of one, status. Linux
// only.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "../sctp/option.h"

namespace mailport::kernel_sctp {

#if defined(__linux__)

bool IsPeerOption(sctp::Option option);
// Both for these options only. 0 or a positive errno.
int SetPeerOption(int fd, sctp::Option option, const sctp::OptionKey& key, std::span<const uint32_t> values);
int GetPeerOption(int fd, sctp::Option option, const sctp::OptionKey& key, std::vector<uint32_t>* values);

#endif

}  // namespace mailport::kernel_sctp
