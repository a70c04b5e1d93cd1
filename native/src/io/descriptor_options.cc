// The user reads what the user has set. Linux lets these options change each other, and it keeps ECN's bits in the type of service.
#if defined(__APPLE__)
#define __APPLE_USE_RFC_3542  // IPV6_TCLASS.
#endif
#include "descriptor_options.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "../sctp/packet/wire.h"

namespace mailport::io {

namespace {

using sctp::Option;

constexpr int kEcnBits = 3;  // RFC 3168 section 5: the transport's own.
constexpr size_t kDeviceNameBytes = 16;  // IFNAMSIZ.
constexpr size_t kDeviceNameWords = kDeviceNameBytes / sizeof(uint32_t);
constexpr int kDefaultTtl = -1;

enum class Kind { kBoolean, kNumber, kTrafficClass, kDevice };

struct Description {
  Option option;
  int level;
  int name;
  Kind kind;
  uint8_t family = 0;  // The only one that has it; 0: both.
};

constexpr int kMissing = -1;
#if defined(__linux__)
constexpr int kPriorityName = SO_PRIORITY;
constexpr int kDeviceName = SO_BINDTODEVICE;
constexpr int kRecvTosName = IP_RECVTOS;
constexpr int kRecvTtlName = IP_RECVTTL;
#else
constexpr int kPriorityName = kMissing;
constexpr int kDeviceName = kMissing;
constexpr int kRecvTosName = kMissing;
constexpr int kRecvTtlName = kMissing;
#endif

constexpr Description kDescriptions[] = {
    {Option::kReuseAddr, SOL_SOCKET, SO_REUSEADDR, Kind::kBoolean},
    {Option::kPriority, SOL_SOCKET, kPriorityName, Kind::kNumber},
    {Option::kDontRoute, SOL_SOCKET, SO_DONTROUTE, Kind::kBoolean},
    {Option::kBindToDevice, SOL_SOCKET, kDeviceName, Kind::kDevice},
    {Option::kTos, IPPROTO_IP, IP_TOS, Kind::kTrafficClass},
    {Option::kTtl, IPPROTO_IP, IP_TTL, Kind::kNumber},
    {Option::kRecvTos, IPPROTO_IP, kRecvTosName, Kind::kBoolean},
    {Option::kRecvTtl, IPPROTO_IP, kRecvTtlName, Kind::kBoolean},
    {Option::kTclass, IPPROTO_IPV6, IPV6_TCLASS, Kind::kTrafficClass, 6},
    {Option::kRecvTclass, IPPROTO_IPV6, IPV6_RECVTCLASS, Kind::kBoolean, 6},
    {Option::kIpv6Only, IPPROTO_IPV6, IPV6_V6ONLY, Kind::kBoolean, 6},
};

const Description* Describe(Option option) {
  for (const Description& one : kDescriptions) {
    if (one.option == option) return &one;
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

bool IsDescriptorOption(Option option) { return Describe(option) != nullptr; }

int SetDescriptorOption(int fd, uint8_t family, Option option, std::span<const uint32_t> values) {
  const Description* what = Describe(option);
  if (what == nullptr || values.size() != (what->kind == Kind::kDevice ? kDeviceNameWords : 1)) return EINVAL;
  if (what->name == kMissing) return ENOTSUP;
  if (what->family != 0 && what->family != family) return EINVAL;
  switch (what->kind) {
    case Kind::kBoolean:
      return SetInt(fd, what->level, what->name, values[0] != 0 ? 1 : 0);
    case Kind::kNumber:
      return values[0] > INT32_MAX ? EINVAL : SetInt(fd, what->level, what->name, static_cast<int>(values[0]));
    case Kind::kTrafficClass:
      return SetTrafficClass(fd, *what, values[0]);
    case Kind::kDevice:
      return BindToDevice(fd, DeviceOf(values));
  }
  return EINVAL;
}

int GetDescriptorOption(int fd, uint8_t family, Option option, std::vector<uint32_t>* values) {
  const Description* what = Describe(option);
  if (what == nullptr) return EINVAL;
  if (what->name == kMissing) return ENOTSUP;
  if (what->family != 0 && what->family != family) return EINVAL;
  if (what->kind == Kind::kDevice) return GetDevice(fd, values);
  int value = 0;
  if (const int error = GetInt(fd, what->level, what->name, &value); error != 0) return error;
  if (what->kind == Kind::kBoolean) value = value != 0 ? 1 : 0;
  if (what->kind == Kind::kTrafficClass) value &= ~kEcnBits;
  *values = {static_cast<uint32_t>(value)};
  return 0;
}

void ResetPacketOptions(int fd, uint8_t family) {
  SetInt(fd, IPPROTO_IP, IP_TOS, 0);
  SetInt(fd, IPPROTO_IP, IP_TTL, kDefaultTtl);
  SetInt(fd, SOL_SOCKET, SO_DONTROUTE, 0);
  if (family == 6) SetInt(fd, IPPROTO_IPV6, IPV6_TCLASS, 0);
  if (kPriorityName != kMissing) SetInt(fd, SOL_SOCKET, kPriorityName, 0);
}

int BindToDevice(int fd, const std::string& device) {
  if (kDeviceName == kMissing) return device.empty() ? 0 : ENOTSUP;
  if (device.size() >= kDeviceNameBytes) return ENODEV;
  return setsockopt(fd, SOL_SOCKET, kDeviceName, device.c_str(), static_cast<socklen_t>(device.size() + 1)) == 0 ? 0 : errno;
}

}  // namespace mailport::io
