// The user reads what the user has set. Linux lets these options change each other, and it keeps ECN's bits in the type of service.
#if defined(__APPLE__)
#define __APPLE_USE_RFC_3542  // IPV6_TCLASS, IPV6_RECVPKTINFO.
#endif
#include "inet_options.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "../sctp/packet/wire.h"
#include "multicast.h"
#include "udp_options.h"

namespace mailport::io {

namespace {

constexpr int kEcnBits = 3;  // RFC 3168 section 5: the transport's own.
constexpr size_t kDeviceNameBytes = 16;  // IFNAMSIZ.
constexpr size_t kDeviceNameWords = kDeviceNameBytes / sizeof(uint32_t);
constexpr int kDefaultTtl = -1;

enum class Kind { kBoolean, kNumber, kTrafficClass, kDevice, kMulticastIf, kMembership };

constexpr int kMissing = -1;
#if defined(__linux__)
constexpr int kPriorityName = SO_PRIORITY;
constexpr int kDeviceName = SO_BINDTODEVICE;
constexpr int kRecvTosName = IP_RECVTOS;
constexpr int kRecvTtlName = IP_RECVTTL;
constexpr int kGroName = kUdpGro;
#else
constexpr int kPriorityName = kMissing;
constexpr int kDeviceName = kMissing;
constexpr int kRecvTosName = kMissing;
constexpr int kRecvTtlName = kMissing;
constexpr int kGroName = kMissing;
#endif

// Sockets that have an option, as bits.
using Families = unsigned;
constexpr Families kOfLocal = 1;
constexpr Families kOfIpv4 = 2;
constexpr Families kOfIpv6 = 4;
constexpr Families kOfIp = kOfIpv4 | kOfIpv6;
constexpr Families kOfAll = kOfLocal | kOfIp;

constexpr Families BitOf(InetFamily family) {
  switch (family) {
    case InetFamily::kLocal:
      return kOfLocal;
    case InetFamily::kIpv4:
      return kOfIpv4;
    case InetFamily::kIpv6:
      return kOfIpv6;
  }
  return 0;
}

// Sockets of IPv6 have the options of level IP too, for peers with mapped addresses.
struct Description {
  InetOption option;
  int level;
  int name;
  Kind kind;
  Families families;
};

constexpr Description kDescriptions[] = {
    {InetOption::kRecbuf, SOL_SOCKET, SO_RCVBUF, Kind::kNumber, kOfAll},
    {InetOption::kSndbuf, SOL_SOCKET, SO_SNDBUF, Kind::kNumber, kOfAll},
    {InetOption::kReuseAddr, SOL_SOCKET, SO_REUSEADDR, Kind::kBoolean, kOfAll},
    {InetOption::kReusePort, SOL_SOCKET, SO_REUSEPORT, Kind::kBoolean, kOfIp},
    {InetOption::kKeepalive, SOL_SOCKET, SO_KEEPALIVE, Kind::kBoolean, kOfAll},
    {InetOption::kBroadcast, SOL_SOCKET, SO_BROADCAST, Kind::kBoolean, kOfAll},
    {InetOption::kPriority, SOL_SOCKET, kPriorityName, Kind::kNumber, kOfAll},
    {InetOption::kDontRoute, SOL_SOCKET, SO_DONTROUTE, Kind::kBoolean, kOfAll},
    {InetOption::kBindToDevice, SOL_SOCKET, kDeviceName, Kind::kDevice, kOfAll},
    {InetOption::kTos, IPPROTO_IP, IP_TOS, Kind::kTrafficClass, kOfIp},
    {InetOption::kTtl, IPPROTO_IP, IP_TTL, Kind::kNumber, kOfIp},
    {InetOption::kRecvTos, IPPROTO_IP, kRecvTosName, Kind::kBoolean, kOfIp},
    {InetOption::kRecvTtl, IPPROTO_IP, kRecvTtlName, Kind::kBoolean, kOfIp},
    {InetOption::kTclass, IPPROTO_IPV6, IPV6_TCLASS, Kind::kTrafficClass, kOfIpv6},
    {InetOption::kRecvTclass, IPPROTO_IPV6, IPV6_RECVTCLASS, Kind::kBoolean, kOfIpv6},
    {InetOption::kIpv6Only, IPPROTO_IPV6, IPV6_V6ONLY, Kind::kBoolean, kOfIpv6},
    {InetOption::kRecvPktinfo, IPPROTO_IP, IP_PKTINFO, Kind::kBoolean, kOfIpv4},
    {InetOption::kRecvPktinfo, IPPROTO_IPV6, IPV6_RECVPKTINFO, Kind::kBoolean, kOfIpv6},
    {InetOption::kMulticastTtl, IPPROTO_IP, IP_MULTICAST_TTL, Kind::kNumber, kOfIpv4},
    {InetOption::kMulticastTtl, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, Kind::kNumber, kOfIpv6},
    {InetOption::kMulticastLoop, IPPROTO_IP, IP_MULTICAST_LOOP, Kind::kBoolean, kOfIpv4},
    {InetOption::kMulticastLoop, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, Kind::kBoolean, kOfIpv6},
    {InetOption::kMulticastIf, 0, 0, Kind::kMulticastIf, kOfIp},
    {InetOption::kAddMembership, 0, 0, Kind::kMembership, kOfIp},
    {InetOption::kDropMembership, 0, 0, Kind::kMembership, kOfIp},
    {InetOption::kAddSourceMembership, 0, 0, Kind::kMembership, kOfIp},
    {InetOption::kDropSourceMembership, 0, 0, Kind::kMembership, kOfIp},
    {InetOption::kGro, kUdpLevel, kGroName, Kind::kBoolean, kOfIp},
};

// Null: sockets of this family have no such option.
const Description* Describe(InetFamily family, InetOption option) {
  for (const Description& one : kDescriptions) {
    if (one.option == option && (one.families & BitOf(family)) != 0) return &one;
  }
  return nullptr;
}

int SetInt(int fd, int level, int name, int value) { return setsockopt(fd, level, name, &value, sizeof(value)) == 0 ? 0 : errno; }

int GetInt(int fd, int level, int name, int* value) {
  socklen_t length = sizeof(*value);
  return getsockopt(fd, level, name, value, &length) == 0 ? 0 : errno;
}

// Linux sets the priority along with the type of service. Options are independent of each other for users, as they are in OTP's inet_drv.
int SetTrafficClass(int fd, const Description& what, uint32_t wanted) {
  if (wanted > UINT8_MAX) return EINVAL;
  int present = 0;
  int priority = 0;
  if (const int error = GetInt(fd, what.level, what.name, &present); error != 0) return error;
  const bool has_priority = kPriorityName != kMissing && GetInt(fd, SOL_SOCKET, kPriorityName, &priority) == 0;
  const int value = static_cast<int>(wanted & ~static_cast<uint32_t>(kEcnBits)) | (present & kEcnBits);
  if (const int error = SetInt(fd, what.level, what.name, value); error != 0) return error;
  return has_priority ? SetInt(fd, SOL_SOCKET, kPriorityName, priority) : 0;
}

std::string DeviceOf(std::span<const uint32_t> words) {
  uint8_t bytes[kDeviceNameBytes];
  for (size_t i = 0; i < kDeviceNameWords; i++) sctp::Store32(bytes + i * sizeof(uint32_t), words[i]);
  const auto* text = reinterpret_cast<const char*>(bytes);
  return {text, strnlen(text, kDeviceNameBytes)};
}

int GetDevice(int fd, std::vector<uint32_t>* values) {
  uint8_t bytes[kDeviceNameBytes] = {};
  socklen_t length = sizeof(bytes);
  if (getsockopt(fd, SOL_SOCKET, kDeviceName, bytes, &length) != 0) return errno;
  values->clear();
  for (size_t i = 0; i < kDeviceNameWords; i++) values->push_back(sctp::Load32(bytes + i * sizeof(uint32_t)));
  return 0;
}

}  // namespace

bool IsDescriptorOption(InetOption option) {
  for (const Description& one : kDescriptions) {
    if (one.option == option) return true;
  }
  return false;
}

int SetDescriptorOption(int fd, InetFamily family, InetOption option, std::span<const uint32_t> values) {
  const Description* what = Describe(family, option);
  if (what == nullptr) return EINVAL;
  if (what->name == kMissing) return ENOTSUP;
  if (what->kind == Kind::kMembership) return SetMembership(fd, family, option, values);
  if (values.size() != (what->kind == Kind::kDevice ? kDeviceNameWords : 1)) return EINVAL;
  switch (what->kind) {
    case Kind::kBoolean:
      return SetInt(fd, what->level, what->name, values[0] != 0 ? 1 : 0);
    case Kind::kNumber:
      return values[0] > INT32_MAX ? EINVAL : SetInt(fd, what->level, what->name, static_cast<int>(values[0]));
    case Kind::kTrafficClass:
      return SetTrafficClass(fd, *what, values[0]);
    case Kind::kDevice:
      return BindToDevice(fd, DeviceOf(values));
    case Kind::kMulticastIf:
      return SetMulticastInterface(fd, family, values[0]);
    case Kind::kMembership:
      break;
  }
  return EINVAL;
}

int GetDescriptorOption(int fd, InetFamily family, InetOption option, std::vector<uint32_t>* values) {
  const Description* what = Describe(family, option);
  if (what == nullptr || what->kind == Kind::kMembership) return EINVAL;
  if (what->name == kMissing) return ENOTSUP;
  if (what->kind == Kind::kDevice) return GetDevice(fd, values);
  if (what->kind == Kind::kMulticastIf) {
    values->assign(1, 0);
    return GetMulticastInterface(fd, family, values->data());
  }
  int value = 0;
  if (const int error = GetInt(fd, what->level, what->name, &value); error != 0) return error;
  if (what->kind == Kind::kBoolean) value = value != 0 ? 1 : 0;
  if (what->kind == Kind::kTrafficClass) value &= ~kEcnBits;
  *values = {static_cast<uint32_t>(value)};
  return 0;
}

void ResetPacketOptions(int fd, InetFamily family) {
  SetInt(fd, IPPROTO_IP, IP_TOS, 0);
  SetInt(fd, IPPROTO_IP, IP_TTL, kDefaultTtl);
  SetInt(fd, SOL_SOCKET, SO_DONTROUTE, 0);
  if (family == InetFamily::kIpv6) SetInt(fd, IPPROTO_IPV6, IPV6_TCLASS, 0);
  if (kPriorityName != kMissing) SetInt(fd, SOL_SOCKET, kPriorityName, 0);
}

int SetRawOption(int fd, int level, int name, std::span<const uint8_t> value) {
  return setsockopt(fd, level, name, value.data(), static_cast<socklen_t>(value.size())) == 0 ? 0 : errno;
}

int GetRawOption(int fd, int level, int name, std::vector<uint8_t>* value) {
  auto length = static_cast<socklen_t>(value->size());
  if (getsockopt(fd, level, name, value->data(), &length) != 0) return errno;
  value->resize(std::min<size_t>(length, value->size()));
  return 0;
}

int BindToDevice(int fd, const std::string& device) {
  if (kDeviceName == kMissing) return device.empty() ? 0 : ENOTSUP;
  if (device.size() >= kDeviceNameBytes) return ENODEV;
  return setsockopt(fd, SOL_SOCKET, kDeviceName, device.c_str(), static_cast<socklen_t>(device.size() + 1)) == 0 ? 0 : errno;
}

}  // namespace mailport::io
