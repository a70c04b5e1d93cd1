#include "extension_options.h"

#if defined(__linux__)

#include <arpa/inet.h>
#include <linux/sctp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "option_calls.h"

namespace mailport::kernel_sctp {

namespace {

using sctp::Option;

// SCTP_PR_SCTP_TTL and its like: the policy's number in the contract, shifted.
constexpr uint32_t kPolicyShift = 4;

// sctp_default_prinfo.
struct DefaultPrinfo {
  sctp_assoc_t assoc_id;
  uint32_t value;
  uint16_t policy;
};

// sctp_prstatus.
struct PrStatus {
  sctp_assoc_t assoc_id;
  uint16_t stream;
  uint16_t policy;
  uint64_t abandoned_unsent;
  uint64_t abandoned_sent;
};

// sctp_assoc_stats, with all its counters from sas_maxrto on.
constexpr size_t kAssocCounters = 15;
struct AssocStats {
  sctp_assoc_t assoc_id;
  sockaddr_storage max_rto_address;
  uint64_t counters[kAssocCounters];
};
static_assert(sizeof(AssocStats) == sizeof(sctp_assoc_stats));

// The kernel's number of an option that is a single value of an association; -1 for other options.
int ValueOption(Option option) {
  switch (option) {
    case Option::kEnableStreamReset:
      return kEnableStreamReset;
    case Option::kReconfigSupported:
      return kReconfigSupported;
    case Option::kPrSupported:
      return kPrSupported;
    default:
      return -1;
  }
}

int SetDefaultPrinfo(int fd, sctp::AssocId assoc, std::span<const uint32_t> values) {
  if (values.size() != 2 || values[0] > static_cast<uint32_t>(sctp::PrPolicy::kPrio)) return EINVAL;
  const DefaultPrinfo wanted{Key(assoc), values[1], static_cast<uint16_t>(values[0] << kPolicyShift)};
  if (const int error = SetSctp(fd, kDefaultPrinfo, wanted); error != 0) return Missing(error);
  if (wanted.policy != 0 || wanted.value == 0) return 0;
  // Without a policy the kernel ignores the value and takes 0.
  sctp_sndrcvinfo info{};
  info.sinfo_assoc_id = Key(assoc);
  if (const int error = GetSctp(fd, SCTP_DEFAULT_SEND_PARAM, &info); error != 0) return error;
  info.sinfo_timetolive = wanted.value;
  return SetSctp(fd, SCTP_DEFAULT_SEND_PARAM, info);
}

void PushLong(uint64_t number, std::vector<uint32_t>* values) {
  values->push_back(static_cast<uint32_t>(number >> 32));
  values->push_back(static_cast<uint32_t>(number));
}

// The kernel answers for one policy at a time.
int GetPrStatus(int fd, sctp::AssocId assoc, std::vector<uint32_t>* values) {
  values->clear();
  for (const sctp::PrPolicy policy : {sctp::PrPolicy::kTtl, sctp::PrPolicy::kRtx, sctp::PrPolicy::kPrio}) {
    PrStatus status{Key(assoc), 0, static_cast<uint16_t>(sctp::PrFlags(policy)), 0, 0};
    if (const int error = GetSctp(fd, kPrAssocStatus, &status); error != 0) return Missing(error);
    PushLong(status.abandoned_unsent, values);
    PushLong(status.abandoned_sent, values);
  }
  return 0;
}

int GetStats(int fd, sctp::AssocId assoc, std::vector<uint32_t>* values) {
  AssocStats stats{};
  stats.assoc_id = Key(assoc);
  if (const int error = GetSctp(fd, kGetAssocStats, &stats); error != 0) return Missing(error);
  values->clear();
  PushAddress(stats.max_rto_address, values);
  for (const uint64_t counter : stats.counters) PushLong(counter, values);
  return 0;
}

}  // namespace

bool IsExtensionOption(Option option) {
  return ValueOption(option) >= 0 || option == Option::kDefaultPrinfo || option == Option::kPrAssocStatus || option == Option::kAssocStats;
}

int SetExtensionOption(int fd, Option option, sctp::AssocId assoc, std::span<const uint32_t> values) {
  if (const int name = ValueOption(option); name >= 0) {
    if (values.size() != 1) return EINVAL;
    return Missing(SetSctp(fd, name, sctp_assoc_value{Key(assoc), values[0]}));
  }
  return option == Option::kDefaultPrinfo ? SetDefaultPrinfo(fd, assoc, values) : EINVAL;
}

int GetExtensionOption(int fd, Option option, sctp::AssocId assoc, std::vector<uint32_t>* values) {
  if (const int name = ValueOption(option); name >= 0) {
    sctp_assoc_value value{Key(assoc), 0};
    const int error = Missing(GetSctp(fd, name, &value));
    *values = {value.assoc_value};
    return error;
  }
  if (option == Option::kAssocStats) return GetStats(fd, assoc, values);
  if (option == Option::kPrAssocStatus) return GetPrStatus(fd, assoc, values);
  DefaultPrinfo info{Key(assoc), 0, 0};
  const int error = Missing(GetSctp(fd, kDefaultPrinfo, &info));
  *values = {static_cast<uint32_t>(info.policy) >> kPolicyShift, info.value};
  return error;
}

}  // namespace mailport::kernel_sctp

#endif
