// Reading the socket's error queue (man 7 ip, IP_RECVERR).
#include "port_unreachable.h"

#include <cerrno>
#include <cstring>

#include "../sctp/packet/crc32c.h"
#include "message_calls.h"
#include "socket_address.h"

#if defined(__linux__)
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#endif

namespace mailport::io {

using sctp::Load32;
using sctp::Store16;
using sctp::Store32;

namespace {

constexpr size_t kTagOffset = 4;       // Of the verification tag in the common header (RFC 9260 section 3.1).
constexpr size_t kChecksumOffset = 8;
constexpr size_t kInitiateTagOffset = sctp::kCommonHeaderBytes + sctp::kChunkHeaderBytes;

}  // namespace

bool ComposeAbort(sctp::Bytes packet, std::array<uint8_t, PortUnreachable::kAbortBytes>* abort) {
  if (packet.size() < sctp::kCommonHeaderBytes + sctp::kChunkHeaderBytes) return false;
  const uint8_t chunk_type = packet[sctp::kCommonHeaderBytes];
  if (chunk_type == sctp::kChunkAbort) return false;
  const bool is_init = chunk_type == sctp::kChunkInit;
  if (is_init && packet.size() < kInitiateTagOffset + 4) return false;
  // An INIT has no tag but the one that it gives out. Another packet without a tag proves nothing (RFC 9260 section 10, ICMP6).
  if ((Load32(packet.data() + kTagOffset) == 0) != is_init) return false;

  uint8_t* out = abort->data();
  std::memcpy(out, packet.data() + 2, 2);
  std::memcpy(out + 2, packet.data(), 2);
  std::memcpy(out + kTagOffset, packet.data() + (is_init ? kInitiateTagOffset : kTagOffset), 4);
  out[sctp::kCommonHeaderBytes] = sctp::kChunkAbort;
  out[sctp::kCommonHeaderBytes + 1] = is_init ? 0 : sctp::kTagReflected;
  Store16(out + sctp::kCommonHeaderBytes + 2, sctp::kChunkHeaderBytes);
  const uint32_t checksum = sctp::PacketCrc32c(out, abort->size());
  for (size_t i = 0; i < 4; i++) out[kChecksumOffset + i] = static_cast<uint8_t>(checksum >> (8 * i));
  return true;
}

ReceivedErrors::ReceivedErrors() {
  for (unsigned i = 0; i < kErrors; i++) {
    places_[i].piece = {places_[i].quoted, kQuotedBytes};
    msghdr& header = messages_[i].msg_hdr;
    header.msg_name = &places_[i].name;
    header.msg_iov = &places_[i].piece;
    header.msg_iovlen = 1;
    header.msg_control = places_[i].control;
  }
}

#if defined(__linux__)

namespace {

// Nobody has SCTP there: what stands for that in IPv6 is a complaint about the header that names it (RFC 4443 section 3.4).
bool IsProtocolUnreachable(const sock_extended_err& error) {
  if (error.ee_origin == SO_EE_ORIGIN_ICMP) return error.ee_type == ICMP_DEST_UNREACH && error.ee_code == ICMP_PROT_UNREACH;
  if (error.ee_origin == SO_EE_ORIGIN_ICMP6) return error.ee_type == ICMPV6_PARAMPROB && error.ee_code == ICMPV6_UNK_NEXTHDR;
  return false;
}

bool IsPortUnreachable(const sock_extended_err& error) {
  if (error.ee_origin == SO_EE_ORIGIN_ICMP) return error.ee_type == ICMP_DEST_UNREACH && error.ee_code == ICMP_PORT_UNREACH;
  if (error.ee_origin == SO_EE_ORIGIN_ICMP6) return error.ee_type == ICMPV6_DEST_UNREACH && error.ee_code == ICMPV6_PORT_UNREACH;
  return false;
}

bool IsTooBig(const sock_extended_err& error) {
  if (error.ee_origin == SO_EE_ORIGIN_ICMP) return error.ee_type == ICMP_DEST_UNREACH && error.ee_code == ICMP_FRAG_NEEDED;
  if (error.ee_origin == SO_EE_ORIGIN_ICMP6) return error.ee_type == ICMPV6_PKT_TOOBIG;
  return false;
}

// False: the message has none.
bool FindError(msghdr header, sock_extended_err* error) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr; control = CMSG_NXTHDR(&header, control)) {
    const bool is_error = (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_RECVERR) ||
                          (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_RECVERR);
    if (!is_error || control->cmsg_len < CMSG_LEN(sizeof(sock_extended_err))) continue;
    std::memcpy(error, CMSG_DATA(control), sizeof(*error));
    return true;
  }
  return false;
}

}  // namespace

unsigned ReceivedErrors::Read(const UdpSocket& socket) {
  // The kernel overwrites these with what it filled in.
  for (MessageHeader& message : messages_) {
    message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    message.msg_hdr.msg_controllen = kControlBytes;
  }
  over_ip_ = socket.over_ip() != nullptr;
  const int read = ReceiveMessages(socket.fd(), messages_.data(), kErrors, MSG_ERRQUEUE);
  count_ = read > 0 ? static_cast<unsigned>(read) : 0;
  return count_;
}

// The message's name is where the quoted packet was sent to.
bool ReceivedErrors::Get(unsigned index, PortUnreachable* out) const {
  sock_extended_err error;
  if (index >= count_ || !FindError(messages_[index].msg_hdr, &error)) return false;
  const sctp::Bytes quoted{places_[index].quoted, messages_[index].msg_len};
  const bool nobody = IsPortUnreachable(error) || (over_ip_ && IsProtocolUnreachable(error));
  if (!nobody || !FromSockaddr(places_[index].name, &out->route.remote, &out->route.remote_udp_port) || !ComposeAbort(quoted, &out->abort)) return false;
  if (over_ip_) out->route.remote_udp_port = sctp::Load16(out->abort.data());
  return true;
}

bool ReceivedErrors::GetTooBig(unsigned index, TooBig* out) const {
  sock_extended_err error;
  if (index >= count_ || !FindError(messages_[index].msg_hdr, &error) || !IsTooBig(error)) return false;
  const sctp::Bytes quoted{places_[index].quoted, messages_[index].msg_len};
  if (quoted.size() < out->quoted.size() || !FromSockaddr(places_[index].name, &out->route.remote, &out->route.remote_udp_port)) return false;
  std::memcpy(out->quoted.data(), quoted.data(), out->quoted.size());
  if (over_ip_) out->route.remote_udp_port = sctp::Load16(&out->quoted[2]);
  out->mtu = error.ee_info;
  return true;
}

#else

unsigned ReceivedErrors::Read(const UdpSocket&) { return 0; }
bool ReceivedErrors::Get(unsigned, PortUnreachable*) const { return false; }
bool ReceivedErrors::GetTooBig(unsigned, TooBig*) const { return false; }

#endif

}  // namespace mailport::io
