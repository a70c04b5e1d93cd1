// Which messages leave in one call, and which of them wait for the next message.
#include "outgoing_messages.h"

#if defined(__linux__)

#include <algorithm>

namespace mailport::kernel_sctp {

bool MayShareAPacket(const sctp::SendRequest& one, const sctp::SendRequest& next) {
  // Messages with these flags end associations, or the kernel may refuse them, for their data or for want of an address.
  constexpr uint32_t kOwnRules = sctp::kFlagEof | sctp::kFlagAbort | sctp::kFlagAddrOver;
  return one.params.assoc_id == next.params.assoc_id && one.params.stream == next.params.stream &&
         one.params.flags == next.params.flags && (next.params.flags & kOwnRules) == 0 && !next.data.empty() &&
         next.data.size() <= one.data.size();
}

void OutgoingMessages::Add(const sctp::SendRequest& request) {
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

bool OutgoingMessages::AsksForRoom() const {
  for (size_t index = 0; index < size_; index++) {
    if (MayWait(index)) return true;
  }
  return false;
}

void OutgoingMessages::Plan(const SendBuffer& buffer) {
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

size_t OutgoingMessages::Run(size_t index) const {
  const auto first = waits_.begin() + static_cast<ptrdiff_t>(index);
  return static_cast<size_t>(std::find(first, waits_.begin() + static_cast<ptrdiff_t>(size_), !*first) - first);
}

}  // namespace mailport::kernel_sctp

#endif
