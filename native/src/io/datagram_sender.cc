// Which datagrams go into a call, and what its errors mean.
#if defined(__APPLE__)
#define __APPLE_USE_RFC_3542  // IPV6_TCLASS.
#endif
#include "datagram_sender.h"

#include <netinet/ip.h>

#include <cerrno>
#include <cstring>

#include "udp_options.h"

namespace mailport::io {

namespace {

// What one datagram of IPv4 may carry; a piece is no longer than that.
constexpr size_t kMaxPieceBytes = 65507;
// Where the kernel's own SCTP over UDP is by default (RFC 6951). Linux (seen in 6.1.192) panics when a piece that nothing has segmented reaches it, on the
// same machine or in a container (BUG in udp_queue_rcv_skb).
constexpr uint16_t kSctpUdpPort = 9899;

template <typename T>
void AddControl(msghdr* header, uint8_t* memory, int level, int type, T value) {
  auto* control = reinterpret_cast<cmsghdr*>(memory + header->msg_controllen);
  control->cmsg_level = level;
  control->cmsg_type = type;
  control->cmsg_len = CMSG_LEN(sizeof(T));
  std::memcpy(CMSG_DATA(control), &value, sizeof(T));
  header->msg_control = memory;
  header->msg_controllen += CMSG_SPACE(sizeof(T));
}

bool IsMapped(const OutgoingDatagram& datagram) {
  constexpr uint32_t kMappedPrefix = 0xffff;
  return datagram.address[0] == 0 && datagram.address[1] == 0 && datagram.address[2] == kMappedPrefix;
}

// An IPv4 header has a type of service and a time to live, an IPv6 header has a traffic class. The kernel passes over a control message of the other level
// without a word, so it is refused here. Of a connected IPv6 socket it is not known here which header its datagrams get.
int ProblemOf(const OutgoingDatagram& datagram, InetFamily family) {
  const Ancillary& ancillary = datagram.ancillary;
  const bool for_ipv4 = ancillary.Has(DatagramFlag::kTos) || ancillary.Has(DatagramFlag::kTtl);
  const bool for_ipv6 = ancillary.Has(DatagramFlag::kTclass);
  if (!for_ipv4 && !for_ipv6) return 0;
  const bool has_ipv6 = family == InetFamily::kIpv6 && !(datagram.addressed && IsMapped(datagram));
  const bool has_ipv4 = family == InetFamily::kIpv4 || (family == InetFamily::kIpv6 && (!datagram.addressed || IsMapped(datagram)));
  return (for_ipv4 && !has_ipv4) || (for_ipv6 && !has_ipv6) ? EINVAL : 0;
}

// 0, or why the datagram cannot be one of this socket.
int SetName(const OutgoingDatagram& datagram, InetFamily family, msghdr* header, SocketName* name) {
  if (!datagram.addressed) return 0;
  if (datagram.family != family) return EAFNOSUPPORT;
  if (family == InetFamily::kLocal) {
    if (const int error = PathToSocketName(datagram.path, name); error != 0) return error;
    if (name->IsUnbound()) return EINVAL;
  } else if (!ToSocketName(family, datagram.address.data(), datagram.scope_id, datagram.port, name)) {
    return EAFNOSUPPORT;
  }
  header->msg_name = &name->storage;
  header->msg_namelen = name->length;
  return 0;
}

// Whether a run that was refused as one piece is to be tried datagram by datagram. EIO: the way cannot segment (a device without checksums, IPsec).
bool MeansOneByOne(int error) { return error == EINVAL || error == EMSGSIZE || error == EIO; }

}  // namespace

int KernelSendMessages::Send(MessageHeader* messages, unsigned count) {
  if (count > 1) return SendMessages(fd_, messages, count);
  // The kernel is quicker with one message than with a list of one, and with its bytes than with a message.
  constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
  const msghdr& header = messages->msg_hdr;
  const bool is_plain = header.msg_iovlen == 1 && header.msg_controllen == 0;
  ssize_t sent;
  do {
    sent = is_plain ? sendto(fd_, header.msg_iov->iov_base, header.msg_iov->iov_len, kFlags, static_cast<sockaddr*>(header.msg_name), header.msg_namelen)
                    : sendmsg(fd_, &header, kFlags);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? -1 : 1;
}

DatagramsSent DatagramSender::Send(SendMessagesCall& call, const DatagramSendRules& rules, std::span<const OutgoingDatagram> datagrams) {
  DatagramsSent result;
  size_t single_until = 0;   // Datagrams before this one go each by itself,
  size_t refused_bytes = 0;  // because a piece of such was refused.
  while (result.count < datagrams.size()) {
    const bool one_by_one = rules.one_by_one || (rules.connected && result.failed && refused_bytes == 0);
    DatagramSendRules now = rules;
    now.segments = rules.segments && !one_by_one && result.count >= single_until;
    const int problem = Fill(now, datagrams.subspan(result.count), one_by_one ? 1 : kMessages);
    if (count_ == 0) {
      result.error = problem;
      break;
    }
    result.calls++;
    const int sent = call.Send(headers_.data(), count_);
    const int error = errno;
    for (int i = 0; i < sent; i++) result.count += messages_[static_cast<size_t>(i)].datagrams;
    if (sent > 0) {
      // It was the piece that was refused, and not its datagrams.
      if (refused_bytes != 0) result.refused_segment_bytes = refused_bytes;
      refused_bytes = 0;
      result.failed = result.failed || sent != static_cast<int>(count_);
      continue;
    }
    if (messages_[0].datagrams > 1 && MeansOneByOne(error)) {
      single_until = result.count + messages_[0].datagrams;
      refused_bytes = error == EIO ? 1 : headers_[0].msg_hdr.msg_iov->iov_len;
      continue;
    }
    result.failed = true;
    result.error = error == EWOULDBLOCK ? EAGAIN : error;
    break;
  }
  return result;
}

int DatagramSender::Fill(const DatagramSendRules& rules, std::span<const OutgoingDatagram> datagrams, size_t most) {
  count_ = 0;
  size_t pieces = 0;
  size_t at = 0;
  while (at < datagrams.size() && count_ < most) {
    Message& message = messages_[count_];
    msghdr& header = headers_[count_].msg_hdr;
    if (const int error = Compose(datagrams[at], rules.family, &message, &header); error != 0) return error;
    const size_t run = rules.segments ? RunLength(rules, datagrams.subspan(at)) : 1;
    if (pieces + run > kPieces) break;
    for (size_t i = 0; i < run; i++) {
      const sctp::Bytes payload = datagrams[at + i].payload;
      pieces_[pieces + i] = {const_cast<uint8_t*>(payload.data()), payload.size()};
    }
    if (run > 1) AddControl(&header, message.control, kUdpLevel, kUdpSegment, static_cast<uint16_t>(datagrams[at].payload.size()));
    header.msg_iov = &pieces_[pieces];
    header.msg_iovlen = run;
    message.datagrams = run;
    pieces += run;
    at += run;
    count_++;
  }
  return 0;
}

int DatagramSender::Compose(const OutgoingDatagram& datagram, InetFamily family, Message* message, msghdr* header) {
  *header = {};
  if (const int error = ProblemOf(datagram, family); error != 0) return error;
  if (const int error = SetName(datagram, family, header, &message->name); error != 0) return error;
  const Ancillary& ancillary = datagram.ancillary;
  uint8_t* control = message->control;
  if (ancillary.Has(DatagramFlag::kTos)) AddControl(header, control, IPPROTO_IP, IP_TOS, static_cast<int>(ancillary.tos));
  if (ancillary.Has(DatagramFlag::kTtl)) AddControl(header, control, IPPROTO_IP, IP_TTL, static_cast<int>(ancillary.ttl));
  if (ancillary.Has(DatagramFlag::kTclass)) AddControl(header, control, IPPROTO_IPV6, IPV6_TCLASS, static_cast<int>(ancillary.tclass));
  return 0;
}

// How many datagrams, from the first on, may leave as one piece: equally long, only the last one shorter.
size_t DatagramSender::RunLength(const DatagramSendRules& rules, std::span<const OutgoingDatagram> datagrams) {
  const OutgoingDatagram& first = datagrams.front();
  const size_t bytes = first.payload.size();
  if (bytes == 0 || bytes > rules.max_segment_bytes || first.ancillary.flags != 0 || first.port == kSctpUdpPort) return 1;
  size_t count = 1;
  size_t total = bytes;
  while (count < datagrams.size() && count < kMaxSegments) {
    const OutgoingDatagram& next = datagrams[count];
    const size_t length = next.payload.size();
    if (length == 0 || length > bytes || next.ancillary.flags != 0 || !next.SameDestination(first) || total + length > kMaxPieceBytes) break;
    count++;
    total += length;
    if (length < bytes) break;
  }
  return count;
}

int ProbeSegmentation(int fd) {
  if (!kHasSegmentation) return ENOTSUP;
  // Segment size 0 leaves segmentation off, but tells whether it exists.
  const int off = 0;
  return setsockopt(fd, kUdpLevel, kUdpSegment, &off, sizeof(off)) == 0 ? 0 : ENOTSUP;
}

}  // namespace mailport::io
