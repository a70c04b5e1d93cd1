// Reading datagrams with their source, destination and segment size.
#include "received_datagrams.h"

#include <cerrno>
#include <cstring>

#include "../sctp/packet/wire.h"
#include "socket_address.h"
#include "udp_options.h"

namespace mailport::io {

namespace {

// The packet without the header of IP. It has no UDP port: in place of that stands its SCTP port, as RFC 6951 has them the same unless told otherwise.
sctp::Bytes PacketOfIp(sctp::Bytes datagram, bool has_ip_header, sctp::PacketRoute* route) {
  constexpr size_t kLeastHeaderBytes = 20;
  if (has_ip_header) {
    if (datagram.size() < kLeastHeaderBytes) return {};
    const size_t header_bytes = size_t{4} * (datagram[0] & 0x0f);
    if (header_bytes < kLeastHeaderBytes || header_bytes > datagram.size()) return {};
    datagram = datagram.subspan(header_bytes);
  }
  if (datagram.size() < sctp::kCommonHeaderBytes) return {};
  route->remote_udp_port = sctp::Load16(datagram.data());
  return datagram;
}

}  // namespace

ReceivedDatagrams::ReceivedDatagrams() : memory_(std::make_unique_for_overwrite<uint8_t[]>(kMessages * kDatagramBytes)) {
  for (unsigned i = 0; i < kMessages; i++) {
    places_[i].piece = {memory_.get() + i * kDatagramBytes, kDatagramBytes};
    msghdr& header = messages_[i].msg_hdr;
    header.msg_name = &places_[i].name;
    header.msg_iov = &places_[i].piece;
    header.msg_iovlen = 1;
    header.msg_control = places_[i].control;
  }
}

int ReceivedDatagrams::Receive(const UdpSocket& socket) {
  // The kernel overwrites these with what it filled in.
  for (MessageHeader& message : messages_) {
    message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    message.msg_hdr.msg_controllen = sizeof(Place::control);
  }
  over_ip_ = socket.over_ip() != nullptr;
  has_ip_header_ = over_ip_ && socket.family() == 4;
  const int received = ReceiveMessages(socket.fd(), messages_.data(), kMessages, 0);
  count_ = received > 0 ? static_cast<unsigned>(received) : 0;
  return received < 0 ? errno : 0;
}

sctp::Bytes ReceivedDatagrams::Read(unsigned index, sctp::PacketRoute* route, size_t* segment_bytes) const {
  const MessageHeader& message = messages_[index];
  if ((message.msg_hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return {};
  if (!FromSockaddr(places_[index].name, &route->remote, &route->remote_udp_port)) return {};
  msghdr header = message.msg_hdr;
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr; control = CMSG_NXTHDR(&header, control)) {
    const void* value = CMSG_DATA(control);
    if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, value, sizeof(info));
      route->local = FromIn4(info.ipi_addr);
    } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, value, sizeof(info));
      route->local = FromIn6(info.ipi6_addr, info.ipi6_ifindex);
    } else if (kHasSegmentation && control->cmsg_level == kUdpLevel && control->cmsg_type == kUdpGro) {
      int bytes = 0;
      std::memcpy(&bytes, value, sizeof(bytes));
      *segment_bytes = bytes > 0 ? static_cast<size_t>(bytes) : 0;
    }
  }
  const sctp::Bytes datagram{memory_.get() + index * kDatagramBytes, message.msg_len};
  return over_ip_ ? PacketOfIp(datagram, has_ip_header_, route) : datagram;
}

}  // namespace mailport::io
