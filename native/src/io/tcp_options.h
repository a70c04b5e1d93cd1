// Options of TCP's own level that the kernel keeps. Answers as in inet_options.h.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "inet_option.h"

namespace mailport::io {

bool IsTcpOption(InetOption option);
int SetTcpOption(int fd, InetFamily family, InetOption option, std::span<const uint32_t> values);
int GetTcpOption(int fd, InetFamily family, InetOption option, std::vector<uint32_t>* values);

}  // namespace mailport::io
