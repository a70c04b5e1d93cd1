// Reading options of the contract (sctp::Option) from the kernel; see set_options.cc.
#include "socket.h"

#if defined(__linux__)

#include <arpa/inet.h>
#include <linux/sctp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "../io/descriptor_options.h"
#include "auth_options.h"
#include "extension_options.h"
#include "flags.h"
#include "option_calls.h"
#include "peer_options.h"
#include "scheduling_options.h"

namespace mailport::kernel_sctp {

namespace {

using sctp::Option;

// The kernel doubles buffer sizes for its own overhead, and makes windows of half of them. So half is what the user reads as the size.
constexpr int kBufferFactor = 2;

int GetInt(int fd, int name, std::vector<uint32_t>* values) {
  int value = 0;
  const int error = GetSctp(fd, name, &value);
  *values = {static_cast<uint32_t>(value)};
  return error;
}

}  // namespace

void Socket::NoteSendBuffer() {
  int bytes = 0;
  send_bytes_ = GetSocket(fd(), SO_SNDBUF, &bytes) == 0 && bytes > 0 ? static_cast<size_t>(bytes / kBufferFactor) : 0;
}

int Socket::ReadDefaults(sctp::SendParams* params) const {
  sctp_sndrcvinfo info{};
  info.sinfo_assoc_id = Key(params->assoc_id);
  if (const int error = GetSctp(fd(), SCTP_DEFAULT_SEND_PARAM, &info); error != 0) return error;
  // The flags include the policy of kDefaultPrinfo, whose value is the lifetime.
  params->flags = FromKernelFlags(info.sinfo_flags) | (info.sinfo_flags & sctp::kFlagPrMask);
  params->ppid = ntohl(info.sinfo_ppid);
  params->context = info.sinfo_context;
  params->time_to_live_ms = info.sinfo_timetolive;
  return 0;
}

int Socket::GetOption(Option option, const sctp::OptionKey& key, std::vector<uint32_t>* values) const {
  values->clear();
  if (option == Option::kReuseAddr && beside_) {
    *values = {reuse_address_ ? 1u : 0u};
    return 0;
  }
  if (sctp::IsOfEmbeddedStack(option)) return ENOTSUP;
  if (io::IsDescriptorOption(option)) return io::GetDescriptorOption(fd(), family_, option, values);
  if (!IsOptionKey(key.assoc)) return EINVAL;
  if (IsPeerOption(option)) return GetPeerOption(fd(), option, key, values);
  if (IsAuthOption(option)) return GetAuthOption(fd(), option, key.assoc, values);
  if (IsSchedulingOption(option)) return GetSchedulingOption(fd(), option, key, values);
  if (IsExtensionOption(option)) return GetExtensionOption(fd(), option, key.assoc, values);
  return GetAssocOption(option, key.assoc, values);
}

int Socket::GetAssocOption(Option option, sctp::AssocId assoc, std::vector<uint32_t>* values) const {
  int error = 0;
  switch (option) {
    case Option::kRtoInfo: {
      sctp_rtoinfo info{Key(assoc), 0, 0, 0};
      error = GetSctp(fd(), SCTP_RTOINFO, &info);
      *values = {info.srto_initial, info.srto_max, info.srto_min};
      return error;
    }
    case Option::kAssocInfo: {
      sctp_assocparams params{};
      params.sasoc_assoc_id = Key(assoc);
      error = GetSctp(fd(), SCTP_ASSOCINFO, &params);
      *values = {params.sasoc_asocmaxrxt, params.sasoc_number_peer_destinations, params.sasoc_peer_rwnd, params.sasoc_local_rwnd,
                 params.sasoc_cookie_life};
      return error;
    }
    case Option::kInitMsg: {
      sctp_initmsg init{};
      error = GetSctp(fd(), SCTP_INITMSG, &init);
      *values = {init.sinit_num_ostreams, init.sinit_max_instreams, init.sinit_max_attempts, init.sinit_max_init_timeo};
      return error;
    }
    case Option::kAutoclose:
      return GetInt(fd(), SCTP_AUTOCLOSE, values);
    case Option::kNodelay:
      return GetInt(fd(), SCTP_NODELAY, values);
    case Option::kDisableFragments:
      return GetInt(fd(), SCTP_DISABLE_FRAGMENTS, values);
    case Option::kMappedV4:
      return GetInt(fd(), SCTP_I_WANT_MAPPED_V4_ADDR, values);
    case Option::kMaxSeg: {
      sctp_assoc_value value{Key(assoc), 0};
      error = GetSctp(fd(), SCTP_MAXSEG, &value);
      *values = {value.assoc_value};
      return error;
    }
    case Option::kAdaptation:
      return GetInt(fd(), SCTP_ADAPTATION_LAYER, values);
    case Option::kDefaultSendParam: {
      sctp_sndrcvinfo info{};
      info.sinfo_assoc_id = Key(assoc);
      error = GetSctp(fd(), SCTP_DEFAULT_SEND_PARAM, &info);
      *values = {info.sinfo_stream, FromKernelFlags(info.sinfo_flags), ntohl(info.sinfo_ppid), info.sinfo_context,
                 info.sinfo_timetolive};
      return error;
    }
    case Option::kEvents:
      *values = {events_};
      return 0;
    case Option::kDelayedAck: {
      sctp_sack_info info{};
      info.sack_assoc_id = Key(assoc);
      error = GetSctp(fd(), SCTP_DELAYED_SACK, &info);
      *values = {info.sack_freq == 1 ? 0 : info.sack_delay};
      return error;
    }
    case Option::kLinger: {
      linger value{};
      socklen_t length = sizeof(value);
      if (getsockopt(fd(), SOL_SOCKET, SO_LINGER, &value, &length) != 0) return errno;
      *values = {value.l_onoff != 0 ? 1u : 0u, value.l_onoff != 0 ? static_cast<uint32_t>(value.l_linger) : 0};
      return 0;
    }
    case Option::kRecbuf:
    case Option::kSndbuf: {
      int bytes = 0;
      error = GetSocket(fd(), option == Option::kRecbuf ? SO_RCVBUF : SO_SNDBUF, &bytes);
      *values = {static_cast<uint32_t>(bytes / kBufferFactor)};
      return error;
    }
    default:
      return EINVAL;
  }
}

}  // namespace mailport::kernel_sctp

#endif
