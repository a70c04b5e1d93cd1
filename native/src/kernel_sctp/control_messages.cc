// Only sctp_sndrcvinfo is used, because it carries the lifetime of a message and every Linux has it.
#include "control_messages.h"

#if defined(__linux__)

#include <arpa/inet.h>
#include <linux/sctp.h>
#include <netinet/in.h>

#include <cstring>

#include "flags.h"

namespace mailport::kernel_sctp {

static_assert(sizeof(sctp_sndrcvinfo) == 32);

bool ReadSendReceiveInfo(sctp::Bytes control, sctp::Item* item) {
  // CMSG_NXTHDR trusts lengths that it should not; this walks the same layout.
  while (control.size() >= sizeof(cmsghdr)) {
    cmsghdr header;
    std::memcpy(&header, control.data(), sizeof(header));
    if (header.cmsg_len < CMSG_LEN(0) || header.cmsg_len > control.size()) return false;
    if (header.cmsg_level == IPPROTO_SCTP && header.cmsg_type == SCTP_SNDRCV && header.cmsg_len >= CMSG_LEN(sizeof(sctp_sndrcvinfo))) {
      sctp_sndrcvinfo info;
      std::memcpy(&info, control.data() + CMSG_LEN(0), sizeof(info));
      item->stream = info.sinfo_stream;
      item->ssn = info.sinfo_ssn;
      item->flags = FromKernelFlags(info.sinfo_flags);
      item->ppid = ntohl(info.sinfo_ppid);
      item->context = info.sinfo_context;
      item->time_to_live = info.sinfo_timetolive;
      item->tsn = info.sinfo_tsn;
      item->cum_tsn = info.sinfo_cumtsn;
      item->assoc_id = static_cast<uint32_t>(info.sinfo_assoc_id);
      return true;
    }
    const size_t space = CMSG_ALIGN(header.cmsg_len);
    if (space >= control.size()) return false;
    control = control.subspan(space);
  }
  return false;
}

size_t WriteSendReceiveInfo(const sctp::SendParams& params, uint8_t* control) {
  std::memset(control, 0, kSctpControlBytes);
  cmsghdr header{};
  header.cmsg_len = CMSG_LEN(sizeof(sctp_sndrcvinfo));
  header.cmsg_level = IPPROTO_SCTP;
  header.cmsg_type = SCTP_SNDRCV;
  sctp_sndrcvinfo info{};
  info.sinfo_stream = static_cast<uint16_t>(params.stream);
  info.sinfo_flags = ToKernelFlags(params.flags);
  info.sinfo_ppid = htonl(params.ppid);
  info.sinfo_context = params.context;
  info.sinfo_timetolive = params.time_to_live_ms;
  info.sinfo_assoc_id = static_cast<sctp_assoc_t>(params.assoc_id);
  std::memcpy(control, &header, sizeof(header));
  std::memcpy(control + CMSG_LEN(0), &info, sizeof(info));
  return CMSG_SPACE(sizeof(sctp_sndrcvinfo));
}

}  // namespace mailport::kernel_sctp

#endif
