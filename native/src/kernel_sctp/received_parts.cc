// Reading parts.
#include "received_parts.h"

#include <algorithm>
#include <cerrno>

namespace mailport::kernel_sctp {

namespace {

#if defined(__linux__)
constexpr int kNotificationFlag = 0x8000;  // MSG_NOTIFICATION of linux/sctp.h.
#else
constexpr int kNotificationFlag = 0;
#endif

}  // namespace

ReceivedParts::ReceivedParts() : memory_(std::make_unique_for_overwrite<uint8_t[]>(kParts * kPartBytes)) {
  for (unsigned i = 0; i < kParts; i++) {
    places_[i].piece = {memory_.get() + i * kPartBytes, kPartBytes};
    messages_[i].msg_hdr.msg_name = &places_[i].name;
    messages_[i].msg_hdr.msg_iov = &places_[i].piece;
    messages_[i].msg_hdr.msg_iovlen = 1;
    messages_[i].msg_hdr.msg_control = places_[i].control;
  }
}

int ReceivedParts::Receive(int fd, unsigned most) {
  most = std::min(most, kParts);
  for (unsigned i = 0; i < most; i++) {
    messages_[i].msg_hdr.msg_namelen = sizeof(places_[i].name);
    messages_[i].msg_hdr.msg_controllen = sizeof(places_[i].control);
    messages_[i].msg_hdr.msg_flags = 0;
    places_[i].name.ss_family = AF_UNSPEC;
  }
  const int received = io::ReceiveMessages(fd, messages_.data(), most, 0);
  count_ = received > 0 ? static_cast<unsigned>(received) : 0;
  return received < 0 ? errno : 0;
}

Part ReceivedParts::part(unsigned index) const {
  const msghdr& header = messages_[index].msg_hdr;
  const Place& place = places_[index];
  Part part;
  part.data = {memory_.get() + index * kPartBytes, std::min<size_t>(messages_[index].msg_len, kPartBytes)};
  part.control = {place.control, std::min<size_t>(header.msg_controllen, sizeof(place.control))};
  part.notification = (header.msg_flags & kNotificationFlag) != 0;
  part.last = (header.msg_flags & MSG_EOR) != 0;
  if (header.msg_namelen > 0) io::FromSockaddr(place.name, &part.peer, &part.peer_port);
  return part;
}

}  // namespace mailport::kernel_sctp
