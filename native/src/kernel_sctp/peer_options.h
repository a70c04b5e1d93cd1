// Options of the kernel's SCTP about a peer's addresses and about paths: parameters of a path, the primary path, what the kernel knows of a path, the
// status of an association. Linux only.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "../sctp/option.h"

namespace mailport::kernel_sctp {

#if defined(__linux__)

bool IsPeerOption(sctp::Option option);
// Both take only these options. 0 or a positive errno.
int SetPeerOption(int fd, sctp::Option option, const sctp::OptionKey& key, std::span<const uint32_t> values);
int GetPeerOption(int fd, sctp::Option option, const sctp::OptionKey& key, std::vector<uint32_t>* values);

#endif

}  // namespace mailport::kernel_sctp
