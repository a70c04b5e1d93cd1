// Sending: one message, and several.
#include "kernel_sctp_send.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#if defined(__linux__)

#include "kernel_sctp_calls.h"

namespace mailport::io {

bool MayShareAPacket(const sctp::SendRequest& one, const sctp::SendRequest& next) {
  // These end associations, or are refused with data or for want of an address.
  constexpr uint32_t kOwnRules = sctp::kFlagEof | sctp::kFlagAbort | sctp::kFlagAddrOver;
  return one.params.assoc_id == next.params.assoc_id && one.params.stream == next.params.stream &&
         one.params.flags == next.params.flags && (next.params.flags & kOwnRules) == 0 && !next.data.empty() &&
         next.data.size() <= one.data.size();
}

void KernelSendBatch::Add(const sctp::SendRequest& request) {
  const size_t index = size_++;
  requests_[index] = request;
  pieces_[index] = {const_cast<uint8_t*>(request.data.data()), request.data.size()};
  msghdr& header = messages_[index].msg_hdr;
  header = {};
  header.msg_iov = &pieces_[index];
  header.msg_iovlen = 1;
  header.msg_control = controls_[index];
  header.msg_controllen = WriteSendReceiveInfo(request.params, controls_[index]);
}

bool KernelSendBatch::AsksForRoom() const {
  for (size_t index = 0; index < size_; index++) {
    if (MayWait(index)) return true;
  }
  return false;
}

void KernelSendBatch::Plan(const SendBuffer& buffer) {
  size_t room = buffer.free;
  size_t in_packet = 0;
  for (size_t index = 0; index < size_; index++) {
    const size_t cost = SendCost(requests_[index].data.size());
    in_packet += cost;
    waits_[index] = false;
    if (MayWait(index)) {
      const size_t next = SendCost(requests_[index + 1].data.size());
      waits_[index] = cost + next <= room && in_packet + next <= buffer.size / kPacketsPerBuffer;
    }
    if (!waits_[index]) in_packet = 0;
    room -= std::min(cost, room);
  }
}

size_t KernelSendBatch::Run(size_t index) const {
  const auto first = waits_.begin() + static_cast<ptrdiff_t>(index);
  return static_cast<size_t>(std::find(first, waits_.begin() + static_cast<ptrdiff_t>(size_), !*first) - first);
}

int KernelSctpSocket::Resolve(sctp::SendParams* params, size_t bytes, const sctp::SendParams* before) const {
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
  // If they cannot be read, zeros are used (SD-1).
  (void)ReadDefaults(params);
  return 0;
}

int KernelSctpSocket::Send(const sctp::SendParams& params, sctp::Bytes data) {
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

sctp::SendsTaken KernelSctpSocket::SendMany(std::span<const sctp::SendRequest> requests) {
  sctp::SendsTaken all;
  while (all.count < requests.size() && all.error == 0) {
    KernelSendBatch batch;
    int refused = 0;
    sctp::SendRequest whole;
    for (const sctp::SendRequest& request : requests.subspan(all.count)) {
      const sctp::SendParams before = whole.params;
      whole = request;
      refused = Resolve(&whole.params, request.data.size(), batch.size() > 0 ? &before : nullptr);
      if (refused != 0) break;
      batch.Add(whole);
      if (batch.size() == KernelSendBatch::kMost) break;
    }
    const SendBuffer buffer = batch.AsksForRoom() ? ReadSendBuffer() : SendBuffer{};
    const sctp::SendsTaken taken = batch.SendAll(
        buffer, [this](Message* messages, unsigned count, int flags) { return SendMessages(fd(), messages, count, flags); },
        [this](sctp::AssocId assoc) { Release(assoc); });
    all.count += taken.count;
    all.calls += taken.calls;
    all.error = taken.error != 0 ? taken.error : refused;
  }
  return all;
}

// The kernel holds it back until a message is sent without MSG_MORE, or a packet leaves that has room for it. So one is made to leave: a heartbeat.
void KernelSctpSocket::Release(sctp::AssocId assoc) {
  sctp_status status{};
  status.sstat_assoc_id = Key(assoc);
  if (GetSctp(fd(), SCTP_STATUS, &status) != 0) return;
  sctp_paddrparams params{};
  params.spp_assoc_id = status.sstat_assoc_id;
  std::memcpy(&params.spp_address, &status.sstat_primary.spinfo_address, sizeof(params.spp_address));
  params.spp_flags = SPP_HB_DEMAND;
  // If that is out of memory too, the next heartbeat or message takes it along.
  (void)SetSctp(fd(), SCTP_PEER_ADDR_PARAMS, params, kPeerAddrParamsBytes);
}

}  // namespace mailport::io

#else

namespace mailport::io {

int KernelSctpSocket::Send(const sctp::SendParams&, sctp::Bytes) { return ENOTSUP; }
sctp::SendsTaken KernelSctpSocket::SendMany(std::span<const sctp::SendRequest>) { return {0, ENOTSUP, 0}; }

}  // namespace mailport::io

#endif
