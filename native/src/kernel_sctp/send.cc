// What a socket does to send: one message, or several.
#include "socket.h"

#if defined(__linux__)

#include <linux/sctp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "control_messages.h"
#include "option_calls.h"
#include "outgoing_messages.h"

namespace mailport::kernel_sctp {

int Socket::Resolve(sctp::SendParams* params, size_t bytes, const sctp::SendParams* before) const {
  if (!fd_.valid()) return EPIPE;
  if (params->stream > UINT16_MAX) return EINVAL;
  if (bytes > send_bytes_) return EMSGSIZE;
  if (!params->use_defaults) return 0;
  params->flags = params->ppid = params->context = params->time_to_live_ms = 0;
  if (!has_defaults_) return 0;
  if (before != nullptr && before->use_defaults && before->assoc_id == params->assoc_id) {
    const uint32_t stream = params->stream;
    *params = *before;
    params->stream = stream;
    return 0;
  }
  // If the defaults cannot be read, zeros are used (SD-1).
  (void)ReadDefaults(params);
  return 0;
}

int Socket::Send(const sctp::SendParams& params, sctp::Bytes data) {
  sctp::SendParams whole = params;
  if (const int error = Resolve(&whole, data.size(), nullptr); error != 0) return error;
  alignas(cmsghdr) uint8_t control[kSctpControlBytes];
  iovec piece{const_cast<uint8_t*>(data.data()), data.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = WriteSendReceiveInfo(whole, control);
  ssize_t sent;
  do {
    sent = sendmsg(fd(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? errno : 0;
}

sctp::SendsTaken Socket::SendMany(std::span<const sctp::SendRequest> requests) {
  sctp::SendsTaken all;
  while (all.count < requests.size() && all.error == 0) {
    OutgoingMessages messages;
    int refused = 0;
    sctp::SendRequest whole;
    for (const sctp::SendRequest& request : requests.subspan(all.count)) {
      const sctp::SendParams before = whole.params;
      whole = request;
      refused = Resolve(&whole.params, request.data.size(), messages.size() > 0 ? &before : nullptr);
      if (refused != 0) break;
      messages.Add(whole);
      if (messages.size() == OutgoingMessages::kMost) break;
    }
    const SendBuffer buffer = messages.AsksForRoom() ? ReadSendBuffer() : SendBuffer{};
    const sctp::SendsTaken taken = messages.SendAll(
        buffer, [this](io::MessageHeader* headers, unsigned count, int flags) { return io::SendMessages(fd(), headers, count, flags); },
        [this](sctp::AssocId assoc) { Release(assoc); });
    all.count += taken.count;
    all.calls += taken.calls;
    all.error = taken.error != 0 ? taken.error : refused;
  }
  return all;
}

// The kernel holds a marked message back until a message without MSG_MORE follows, or until a packet leaves that has room for it. A heartbeat is such a
// packet.
void Socket::Release(sctp::AssocId assoc) {
  sctp_status status{};
  status.sstat_assoc_id = Key(assoc);
  if (GetSctp(fd(), SCTP_STATUS, &status) != 0) return;
  sctp_paddrparams params{};
  params.spp_assoc_id = status.sstat_assoc_id;
  std::memcpy(&params.spp_address, &status.sstat_primary.spinfo_address, sizeof(params.spp_address));
  params.spp_flags = SPP_HB_DEMAND;
  // If there is no memory for a heartbeat either, the next heartbeat or message takes the held message along.
  (void)SetSctp(fd(), SCTP_PEER_ADDR_PARAMS, params, kPeerAddrParamsBytes);
}

}  // namespace mailport::kernel_sctp

#endif
