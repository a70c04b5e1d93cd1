// Memberships in multicast groups, and the interface that multicast leaves by: options whose values are more than one number. Words as in
// native/contract/inet.ts; 0 or a positive errno.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "inet_option.h"

namespace mailport::io {

// kAddMembership, kDropMembership, kAddSourceMembership or kDropSourceMembership. EADDRINUSE: the socket is a member already. EADDRNOTAVAIL: it is none.
// ENODEV: this host has no such interface. EINVAL: that is no group.
int SetMembership(int fd, InetFamily family, InetOption option, std::span<const uint32_t> words);
// An interface of this host: IPv4 its address, IPv6 its index; 0: the system chooses.
int SetMulticastInterface(int fd, InetFamily family, uint32_t interface);
int GetMulticastInterface(int fd, InetFamily family, uint32_t* interface);

}  // namespace mailport::io
