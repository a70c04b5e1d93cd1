// Setting options of the contract (sctp::Option) as options of the kernel; reading is in kernel_sctp_read_options.cc. Words are checked for their number here, for their values by the kernel.
#include "kernel_sctp_socket.h"

#if defined(__linux__)

#include <arpa/inet.h>
#include <linux/sctp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "../sctp/socket_options.h"
#include "kernel_sctp_calls.h"
#include "kernel_sctp_flags.h"

namespace mailport::io {

namespace {

using sctp::Option;
using Words = std::span<const uint32_t>;

// As far as sctp_authentication_event: what every kernel knows.
constexpr socklen_t kEventsBytes = 9;
// Subscribed to whatever the user wants: for the outcome of connects, and to drop halves of messages that are never finished.
constexpr uint32_t kEventsForUs = sctp::kEventDataIo | sctp::kEventAssociation | sctp::kEventPartialDelivery;

size_t WordsToSet(Option option) {
  switch (option) {
    case Option::kRtoInfo:
      return 3;
    case Option::kInitMsg:
      return 4;
    case Option::kAssocInfo:
    case Option::kPeerAddrParams:
    case Option::kDefaultSendParam:
      return 5;
    case Option::kLinger:
      return 2;
    case Option::kStatus:
    case Option::kPeerAddrInfo:
    case Option::kPrimaryPeer:
    case Option::kStats:
      return 0;
    default:
      return 1;
  }
}

int SetPeerAddrParams(int fd, sctp::AssocId assoc, Words values) {
  if (values[1] > UINT16_MAX || (values[4] & ~kPeerAddrFlags) != 0) return EINVAL;
  sctp_paddrparams params{};
  params.spp_assoc_id = Key(assoc);
  params.spp_address.ss_family = AF_INET;  // The any address: all of them.
  params.spp_hbinterval = values[0];
  params.spp_pathmaxrxt = static_cast<uint16_t>(values[1]);
  params.spp_pathmtu = values[2];
  params.spp_sackdelay = values[3];
  params.spp_flags = values[4];
  return SetSctp(fd, SCTP_PEER_ADDR_PARAMS, params, kPeerAddrParamsBytes);
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
  return SetSctp(fd, SCTP_DEFAULT_SEND_PARAM, info);
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
  // 0 keeps what is in force, for the kernel too (SO-13).
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

int KernelSctpSocket::Subscribe(uint32_t events) {
  const uint32_t wanted = events | kEventsForUs;
  uint8_t flags[kEventsBytes] = {};  // sctp_event_subscribe, in the order of the contract's bits.
  for (size_t i = 0; i < 8; i++) flags[i] = (wanted >> i & 1) != 0 ? 1 : 0;
  const int error = SetSctp(fd(), SCTP_EVENTS, flags, sizeof(flags));
  if (error == 0) events_ = events;
  return error;
}

int KernelSctpSocket::SetOption(Option option, sctp::AssocId assoc, Words values) {
  const size_t words = WordsToSet(option);
  if (words == 0 || values.size() < words || !IsOptionKey(assoc)) return EINVAL;
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
    case Option::kMaxSeg:
      return SetSctp(fd(), SCTP_MAXSEG, sctp_assoc_value{Key(assoc), values[0]});
    case Option::kAdaptation:
      return SetSctp(fd(), SCTP_ADAPTATION_LAYER, sctp_setadaptation{values[0]});
    case Option::kPeerAddrParams:
      return SetPeerAddrParams(fd(), assoc, values);
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

}  // namespace mailport::io

#endif
