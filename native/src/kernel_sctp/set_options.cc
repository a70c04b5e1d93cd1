// Setting options of the contract (sctp::Option) as options of the kernel. Reading them is in read_options.cc; options about peers' addresses and about
// extensions of the protocol have files of their own. The number of words is checked here, their values by the kernel.
#include "socket.h"

#if defined(__linux__)

#include <arpa/inet.h>
#include <linux/sctp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <iterator>

#include "../io/descriptor_options.h"
#include "../sctp/option.h"
#include "auth_options.h"
#include "extension_options.h"
#include "flags.h"
#include "option_calls.h"
#include "peer_options.h"
#include "scheduling_options.h"

namespace mailport::kernel_sctp {

namespace {

using sctp::Option;
using Words = std::span<const uint32_t>;

// Lengths of sctp_event_subscribe: up to sctp_authentication_event, which every kernel knows, and up to sctp_stream_change_event (Linux 4.12).
constexpr socklen_t kEventsBytes = 9;
constexpr socklen_t kReconfigEventsBytes = 13;
// The byte of each of the contract's bits.
constexpr uint8_t kEventByte[] = {0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 9, 8};
// Events that are subscribed to even if the user does not want them: they tell the outcome of connects, and which unfinished messages to drop.
constexpr uint32_t kEventsForUs = sctp::kEventDataIo | sctp::kEventAssociation | sctp::kEventPartialDelivery;

size_t WordsToSet(Option option) {
  switch (option) {
    case Option::kRtoInfo:
      return 3;
    case Option::kInitMsg:
      return 4;
    case Option::kAssocInfo:
    case Option::kDefaultSendParam:
      return 5;
    case Option::kLinger:
      return 2;
    case Option::kAutoclose:
    case Option::kNodelay:
    case Option::kDisableFragments:
    case Option::kMaxSeg:
    case Option::kAdaptation:
    case Option::kEvents:
    case Option::kDelayedAck:
    case Option::kRecbuf:
    case Option::kSndbuf:
    case Option::kMappedV4:
      return 1;
    default:
      return 0;
  }
}

int SetDefaultSendParam(int fd, sctp::AssocId assoc, Words values) {
  if (values[0] > UINT16_MAX) return EINVAL;
  sctp_sndrcvinfo info{};
  info.sinfo_assoc_id = Key(assoc);
  info.sinfo_stream = static_cast<uint16_t>(values[0]);
  info.sinfo_flags = ToKernelFlags(values[1]);
  info.sinfo_ppid = htonl(values[2]);
  info.sinfo_context = values[3];
  info.sinfo_timetolive = values[4];
  std::vector<uint32_t> policy;
  const bool limited = GetExtensionOption(fd, Option::kDefaultPrinfo, assoc, &policy) == 0 && policy[0] != 0;
  if (const int error = SetSctp(fd, SCTP_DEFAULT_SEND_PARAM, info); error != 0 || !limited) return error;
  // Setting this makes the kernel forget the policy; the policy's value is the lifetime.
  const uint32_t again[] = {policy[0], values[4]};
  return SetExtensionOption(fd, Option::kDefaultPrinfo, assoc, again);
}

int SetDelayedAck(int fd, sctp::AssocId assoc, uint32_t delay_ms) {
  constexpr uint32_t kEveryPacket = 1;
  constexpr uint32_t kEverySecondPacket = 2;
  sctp_sack_info info{};
  info.sack_assoc_id = Key(assoc);
  info.sack_delay = delay_ms;
  info.sack_freq = delay_ms == 0 ? kEveryPacket : kEverySecondPacket;
  return SetSctp(fd, SCTP_DELAYED_SACK, info);
}

int SetInitMsg(int fd, Words values) {
  for (const uint32_t value : values.first(4)) {
    if (value > UINT16_MAX) return EINVAL;
  }
  // A word of 0 keeps the value in force; the kernel has the same rule (SO-13).
  const sctp_initmsg init{static_cast<uint16_t>(values[0]), static_cast<uint16_t>(values[1]), static_cast<uint16_t>(values[2]),
                          static_cast<uint16_t>(values[3])};
  return SetSctp(fd, SCTP_INITMSG, init);
}

int SetAssocInfo(int fd, sctp::AssocId assoc, Words values) {
  if (values[0] > UINT16_MAX) return EINVAL;
  sctp_assocparams params{};
  params.sasoc_assoc_id = Key(assoc);
  params.sasoc_asocmaxrxt = static_cast<uint16_t>(values[0]);
  params.sasoc_cookie_life = values[4];
  return SetSctp(fd, SCTP_ASSOCINFO, params);
}

int SetBuffer(int fd, int name, uint32_t bytes) {
  return bytes > INT32_MAX ? EINVAL : SetSocket(fd, name, static_cast<int>(bytes));
}

}  // namespace

int Socket::Subscribe(uint32_t events) {
  const uint32_t wanted = events | kEventsForUs;
  uint8_t flags[kReconfigEventsBytes] = {};
  for (size_t bit = 0; bit < std::size(kEventByte); bit++) flags[kEventByte[bit]] = wanted >> bit & 1;
  // A kernel that does not know the longer form is not shown it, unless the user asks for an event that only the longer form has.
  const bool longer = ((events | events_) & (sctp::kReconfigEvents | sctp::kEventSenderDry)) != 0;
  const int error = SetSctp(fd(), SCTP_EVENTS, flags, longer ? kReconfigEventsBytes : kEventsBytes);
  if (error == 0) events_ = events;
  return error == EINVAL && longer ? ENOTSUP : error;
}

int Socket::SetOption(Option option, const sctp::OptionKey& key, Words values) {
  if (option == Option::kReuseAddr && beside_) {
    if (values.size() != 1) return EINVAL;
    reuse_address_ = values[0] != 0;
    return 0;
  }
  if (sctp::IsOfEmbeddedStack(option)) return ENOTSUP;
  if (io::IsDescriptorOption(option)) return io::SetDescriptorOption(fd(), family_, option, values);
  if (!IsOptionKey(key.assoc)) return EINVAL;
  if (IsPeerOption(option)) return SetPeerOption(fd(), option, key, values);
  if (IsAuthOption(option)) return SetAuthOption(fd(), option, key.assoc, values);
  if (IsSchedulingOption(option)) return SetSchedulingOption(fd(), option, key, values);
  if (!IsExtensionOption(option)) return SetAssocOption(option, key.assoc, values);
  const int error = SetExtensionOption(fd(), option, key.assoc, values);
  if (error == 0 && option == Option::kDefaultPrinfo) has_defaults_ = true;
  return error;
}

int Socket::SetAssocOption(Option option, sctp::AssocId assoc, Words values) {
  const size_t words = WordsToSet(option);
  if (words == 0 || values.size() < words) return EINVAL;
  int error = EINVAL;
  switch (option) {
    case Option::kRtoInfo:
      return SetSctp(fd(), SCTP_RTOINFO, sctp_rtoinfo{Key(assoc), values[0], values[1], values[2]});
    case Option::kAssocInfo:
      return SetAssocInfo(fd(), assoc, values);
    case Option::kInitMsg:
      return SetInitMsg(fd(), values);
    case Option::kAutoclose:
      return SetSctp(fd(), SCTP_AUTOCLOSE, values[0]);
    case Option::kNodelay:
      return SetSctp(fd(), SCTP_NODELAY, values[0] != 0 ? 1 : 0);
    case Option::kDisableFragments:
      return SetSctp(fd(), SCTP_DISABLE_FRAGMENTS, values[0] != 0 ? 1 : 0);
    case Option::kMappedV4:
      return SetSctp(fd(), SCTP_I_WANT_MAPPED_V4_ADDR, values[0] != 0 ? 1 : 0);
    case Option::kMaxSeg:
      return SetSctp(fd(), SCTP_MAXSEG, sctp_assoc_value{Key(assoc), values[0]});
    case Option::kAdaptation:
      return SetSctp(fd(), SCTP_ADAPTATION_LAYER, sctp_setadaptation{values[0]});
    case Option::kDefaultSendParam:
      error = SetDefaultSendParam(fd(), assoc, values);
      if (error == 0) has_defaults_ = true;
      return error;
    case Option::kEvents:
      return Subscribe(values[0]);
    case Option::kDelayedAck:
      return SetDelayedAck(fd(), assoc, values[0]);
    case Option::kLinger: {
      const linger value{values[0] != 0 ? 1 : 0, values[0] != 0 && values[1] <= INT32_MAX ? static_cast<int>(values[1]) : 0};
      return setsockopt(fd(), SOL_SOCKET, SO_LINGER, &value, sizeof(value)) == 0 ? 0 : errno;
    }
    case Option::kRecbuf:
      return SetBuffer(fd(), SO_RCVBUF, values[0]);
    case Option::kSndbuf:
      error = SetBuffer(fd(), SO_SNDBUF, values[0]);
      NoteSendBuffer();
      return error;
    default:
      return EINVAL;
  }
}

}  // namespace mailport::kernel_sctp

#endif
