// The options of descriptors as sockets of SCTP have them: the same numbers, for sockets of family 4 or 6.
#pragma once

#include <cerrno>
#include <cstdint>
#include <span>
#include <vector>

#include "../sctp/option.h"
#include "inet_options.h"

namespace mailport::io {

// False for options of SCTP itself, and for those that its stacks set in another way than a descriptor alone would have it (buffers, linger).
constexpr bool IsDescriptorOption(sctp::Option option) {
  switch (option) {
    case sctp::Option::kReuseAddr:
    case sctp::Option::kPriority:
    case sctp::Option::kTos:
    case sctp::Option::kTclass:
    case sctp::Option::kTtl:
    case sctp::Option::kRecvTos:
    case sctp::Option::kRecvTclass:
    case sctp::Option::kRecvTtl:
    case sctp::Option::kDontRoute:
    case sctp::Option::kIpv6Only:
    case sctp::Option::kBindToDevice:
      return true;
    default:
      return false;
  }
}

constexpr InetFamily ToInetFamily(uint8_t family) { return family == 6 ? InetFamily::kIpv6 : InetFamily::kIpv4; }
constexpr InetOption ToInetOption(sctp::Option option) { return static_cast<InetOption>(option); }

inline int SetDescriptorOption(int fd, uint8_t family, sctp::Option option, std::span<const uint32_t> values) {
  return IsDescriptorOption(option) ? SetDescriptorOption(fd, ToInetFamily(family), ToInetOption(option), values) : EINVAL;
}

inline int GetDescriptorOption(int fd, uint8_t family, sctp::Option option, std::vector<uint32_t>* values) {
  return IsDescriptorOption(option) ? GetDescriptorOption(fd, ToInetFamily(family), ToInetOption(option), values) : EINVAL;
}

static_assert(ToInetOption(sctp::Option::kReuseAddr) == InetOption::kReuseAddr);
static_assert(ToInetOption(sctp::Option::kPriority) == InetOption::kPriority);
static_assert(ToInetOption(sctp::Option::kTos) == InetOption::kTos);
static_assert(ToInetOption(sctp::Option::kTclass) == InetOption::kTclass);
static_assert(ToInetOption(sctp::Option::kTtl) == InetOption::kTtl);
static_assert(ToInetOption(sctp::Option::kRecvTos) == InetOption::kRecvTos);
static_assert(ToInetOption(sctp::Option::kRecvTclass) == InetOption::kRecvTclass);
static_assert(ToInetOption(sctp::Option::kRecvTtl) == InetOption::kRecvTtl);
static_assert(ToInetOption(sctp::Option::kDontRoute) == InetOption::kDontRoute);
static_assert(ToInetOption(sctp::Option::kIpv6Only) == InetOption::kIpv6Only);
static_assert(ToInetOption(sctp::Option::kBindToDevice) == InetOption::kBindToDevice);

}  // namespace mailport::io
