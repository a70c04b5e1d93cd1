#include "scheduling_options.h"

#if defined(__linux__)

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "option_calls.h"

namespace mailport::kernel_sctp {

namespace {

using sctp::Option;
using sctp::Scheduler;

// sctp_stream_value.
struct StreamValue {
  sctp_assoc_t assoc_id;
  uint16_t stream;
  uint16_t value;
};

int GetAssocValue(int fd, int name, sctp::AssocId assoc, uint32_t* value) {
  sctp_assoc_value held{Key(assoc), 0};
  const int error = Missing(GetSctp(fd, name, &held));
  *value = held.assoc_value;
  return error;
}

// The kernel offers interleaving only if parts of messages may be delivered by turns. Here they always may: Assembly joins them.
int SetInterleaving(int fd, sctp::AssocId assoc, bool interleaves) {
  if (interleaves) {
    if (const int error = SetSctp(fd, SCTP_FRAGMENT_INTERLEAVE, 1); error != 0) return error;
  }
  const int error = Missing(SetSctp(fd, kInterleavingSupported, sctp_assoc_value{Key(assoc), interleaves ? 1u : 0u}));
  return error == EPERM ? ENOTSUP : error;  // net.sctp.intl_enable is off, as it is by default.
}

// A kernel that does not have the scheduler refuses it as it refuses a wrong association.
int SetScheduler(int fd, sctp::AssocId assoc, uint32_t scheduler) {
  if (scheduler > static_cast<uint32_t>(Scheduler::kRoundRobinPerPacket)) return EINVAL;
  uint32_t present = 0;
  if (const int error = GetAssocValue(fd, kStreamScheduler, assoc, &present); error != 0) return error;
  if (scheduler == static_cast<uint32_t>(Scheduler::kRoundRobinPerPacket)) return ENOTSUP;
  const int error = SetSctp(fd, kStreamScheduler, sctp_assoc_value{Key(assoc), scheduler});
  return error == EINVAL && scheduler > static_cast<uint32_t>(Scheduler::kRoundRobin) ? ENOTSUP : error;
}

// The kernel takes a value for any scheduler, and ignores it if the scheduler has no use for it.
int SetStreamValue(int fd, sctp::AssocId assoc, uint32_t stream, uint32_t value) {
  if (stream > UINT16_MAX || value > UINT16_MAX) return EINVAL;
  uint32_t present = 0;
  if (const int error = GetAssocValue(fd, kStreamScheduler, assoc, &present); error != 0) return error;
  const auto scheduler = static_cast<Scheduler>(present);
  if (scheduler != Scheduler::kPriority && scheduler != Scheduler::kWeighted) return EINVAL;
  return SetSctp(fd, kStreamSchedulerValue, StreamValue{Key(assoc), static_cast<uint16_t>(stream), static_cast<uint16_t>(value)});
}

}  // namespace

bool IsSchedulingOption(Option option) {
  return option == Option::kFragmentInterleave || option == Option::kInterleavingSupported || option == Option::kStreamScheduler ||
         option == Option::kStreamSchedulerValue;
}

int SetSchedulingOption(int fd, Option option, const sctp::OptionKey& key, std::span<const uint32_t> values) {
  if (values.size() != (option == Option::kStreamSchedulerValue ? 2 : 1)) return EINVAL;
  switch (option) {
    case Option::kFragmentInterleave:
      return SetSctp(fd, SCTP_FRAGMENT_INTERLEAVE, values[0] != 0 ? 1 : 0);
    case Option::kInterleavingSupported:
      return SetInterleaving(fd, key.assoc, values[0] != 0);
    case Option::kStreamScheduler:
      return SetScheduler(fd, key.assoc, values[0]);
    default:
      return SetStreamValue(fd, key.assoc, values[0], values[1]);
  }
}

int GetSchedulingOption(int fd, Option option, const sctp::OptionKey& key, std::vector<uint32_t>* values) {
  uint32_t value = 0;
  int error = 0;
  switch (option) {
    case Option::kFragmentInterleave: {
      int level = 0;
      error = GetSctp(fd, SCTP_FRAGMENT_INTERLEAVE, &level);
      *values = {static_cast<uint32_t>(level)};
      return error;
    }
    case Option::kInterleavingSupported:
    case Option::kStreamScheduler:
      error = GetAssocValue(fd, option == Option::kStreamScheduler ? kStreamScheduler : kInterleavingSupported, key.assoc, &value);
      *values = {value};
      return error;
    default: {
      StreamValue held{Key(key.assoc), key.stream, 0};
      error = Missing(GetSctp(fd, kStreamSchedulerValue, &held));
      *values = {key.stream, held.value};
      return error;
    }
  }
}

}  // namespace mailport::kernel_sctp

#endif
