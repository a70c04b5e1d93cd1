// Reading the socket's error queue (man 7 ip, IP_RECVERR).
#include "port_unreachable.h"

#include <cerrno>
#include <cstring>

#include "../sctp/crc32c.h"
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

#if defined(__linux__)

namespace {

constexpr size_t kQuotedBytes = 128;  // Enough for both headers and the initiate tag.
constexpr size_t kControlBytes = 512;

bool IsPortUnreachable(const sock_extended_err& error) {
  if (error.ee_origin == SO_EE_ORIGIN_ICMP) return error.ee_type == ICMP_DEST_UNREACH && error.ee_code == ICMP_PORT_UNREACH;
  if (error.ee_origin == SO_EE_ORIGIN_ICMP6) return error.ee_type == ICMPV6_DEST_UNREACH && error.ee_code == ICMPV6_PORT_UNREACH;
  return false;
}

}  // namespace

bool ReadError(const UdpSocket& socket, PortUnreachable* out, bool* usable) {
  *usable = false;
  uint8_t quoted[kQuotedBytes];
  alignas(cmsghdr) uint8_t control_bytes[kControlBytes];
  sockaddr_storage name{};
  iovec piece{quoted, sizeof(quoted)};
  Message message{};
  msghdr& header = message.msg_hdr;
  header.msg_name = &name;
  header.msg_namelen = sizeof(name);
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control_bytes;
  header.msg_controllen = sizeof(control_bytes);
  if (ReceiveMessages(socket.fd(), &message, 1, MSG_ERRQUEUE) != 1) return false;
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr; control = CMSG_NXTHDR(&header, control)) {
    const bool is_error = (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_RECVERR) ||
                          (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_RECVERR);
    if (!is_error) continue;
    sock_extended_err error;
    std::memcpy(&error, CMSG_DATA(control), sizeof(error));
    // The message's name is where the quoted packet was sent to.
    *usable = IsPortUnreachable(error) && FromSockaddr(name, &out->route.remote, &out->route.remote_udp_port) &&
              ComposeAbort({quoted, message.msg_len}, &out->abort);
  }
  return true;
}

#else

bool ReadError(const UdpSocket&, PortUnreachable*, bool* usable) {
  *usable = false;
  return false;
}

#endif

}  // namespace mailport::io
