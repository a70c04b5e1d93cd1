// Socket options of UDP that older headers lack (linux/udp.h, asm-generic/socket.h), and which of them this system can have at all.
#pragma once

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

namespace mailport::io {

#if defined(__linux__)
constexpr int kUdpLevel = IPPROTO_UDP;
constexpr int kUdpSegment = 103;  // UDP_SEGMENT, Linux 4.18: one send becomes many datagrams.
constexpr int kUdpGro = 104;      // UDP_GRO, Linux 5.0: many datagrams come with one receive.
constexpr int kSelectErrQueue = 45;  // SO_SELECT_ERR_QUEUE: a waiting ICMP error also raises POLLPRI.
constexpr bool kHasSegmentation = true;
#else
constexpr int kUdpLevel = IPPROTO_UDP;
constexpr int kUdpSegment = 0;
constexpr int kUdpGro = 0;
constexpr bool kHasSegmentation = false;
#endif

}  // namespace mailport::io
