#if defined(__APPLE__)
#define __APPLE_USE_RFC_3542  // IPV6_PKTINFO.
#endif
#include "datagram_reader.h"

#include <netinet/in.h>
#include <netinet/ip.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "../sctp/packet/wire.h"
#include "udp_options.h"

namespace mailport::io {

namespace {

#if defined(__linux__)
constexpr int kTosType = IP_TOS;
constexpr int kTtlType = IP_TTL;
#else
constexpr int kTosType = IP_RECVTOS;
constexpr int kTtlType = IP_RECVTTL;
#endif

// A control message of one byte or of an int: which of the two depends on type and system.
uint32_t Number(const cmsghdr& control) {
  if (control.cmsg_len < CMSG_LEN(sizeof(int))) return *CMSG_DATA(&control);
  int value = 0;
  std::memcpy(&value, CMSG_DATA(&control), sizeof(value));
  return static_cast<uint32_t>(value);
}

void ReadIpv4(const cmsghdr& control, Ancillary* out) {
  if (control.cmsg_type == kTosType) {
    out->Add(DatagramFlag::kTos);
    out->tos = Number(control);
  } else if (control.cmsg_type == kTtlType) {
    out->Add(DatagramFlag::kTtl);
    out->ttl = Number(control);
  } else if (control.cmsg_type == IP_PKTINFO) {
    in_pktinfo info;
    std::memcpy(&info, CMSG_DATA(&control), sizeof(info));
    out->Add(DatagramFlag::kPktinfo);
    out->interface = static_cast<uint32_t>(info.ipi_ifindex);
    out->destination[0] = ntohl(info.ipi_addr.s_addr);
  }
}

void ReadIpv6(const cmsghdr& control, Ancillary* out) {
  if (control.cmsg_type == IPV6_TCLASS) {
    out->Add(DatagramFlag::kTclass);
    out->tclass = Number(control);
  } else if (control.cmsg_type == IPV6_PKTINFO) {
    in6_pktinfo info;
    std::memcpy(&info, CMSG_DATA(&control), sizeof(info));
    out->Add(DatagramFlag::kPktinfo);
    out->interface = info.ipi6_ifindex;
    for (size_t i = 0; i < out->destination.size(); i++) out->destination[i] = sctp::Load32(info.ipi6_addr.s6_addr + i * sizeof(uint32_t));
  }
}

}  // namespace

int DatagramReader::Receive(const Request& request) {
  request_ = request;
  if (request_.buffer_bytes > kMaxOfSeveral) request_.count = 1;
  request_.count = std::min(request_.count, kMost);
  Prepare();
  count_ = 0;
  if (request_.count > 1) {
    const int received = ReceiveMessages(request_.fd, messages_.data(), request_.count, 0);
    if (received < 0) return errno;
    count_ = static_cast<unsigned>(received);
  } else {
    // The kernel is quicker with one message than with a list of one.
    ssize_t length;
    do {
      length = recvmsg(request_.fd, &messages_[0].msg_hdr, MSG_DONTWAIT);
    } while (length < 0 && errno == EINTR);
    if (length < 0) return errno;
    messages_[0].msg_len = static_cast<unsigned>(length);
    count_ = 1;
  }
  for (unsigned i = 0; i < count_; i++) {
    names_[i].length = messages_[i].msg_hdr.msg_namelen;
    // Of a sender without a name the kernel writes none: the memory has that of an earlier datagram, of another socket perhaps.
    if (names_[i].length == 0) names_[i].storage.ss_family = AF_UNSPEC;
  }
  return 0;
}

void DatagramReader::Prepare() {
  const bool fits = request_.buffer_bytes <= request_.slot_bytes;
  if (!fits && overflow_ == nullptr) overflow_ = std::make_unique_for_overwrite<uint8_t[]>(kAllOverflowBytes);
  if (request_.with_ancillary && controls_ == nullptr) controls_ = std::make_unique_for_overwrite<Control[]>(kMost);
  const size_t in_slot = fits ? request_.buffer_bytes : request_.slot_bytes;
  // A datagram that is put together elsewhere begins behind headroom there, too.
  const size_t beyond = fits ? 0 : std::min(request_.buffer_bytes, kAllOverflowBytes - kMaxHeadroom) - in_slot;
  for (unsigned i = 0; i < request_.count; i++) {
    msghdr& header = messages_[i].msg_hdr;
    pieces_[i][0] = {slot(i), in_slot};
    if (!fits) pieces_[i][1] = {overflow(i) + request_.headroom + in_slot, beyond};
    header.msg_name = &names_[i].storage;
    header.msg_namelen = sizeof(names_[i].storage);
    header.msg_iov = pieces_[i].data();
    header.msg_iovlen = fits ? 1 : 2;
    header.msg_control = request_.with_ancillary ? controls_[i].bytes : nullptr;
    header.msg_controllen = request_.with_ancillary ? kControlBytes : 0;
    header.msg_flags = 0;
  }
}

uint8_t* DatagramReader::bytes(unsigned index) {
  if (in_slot(index)) return slot(index);
  uint8_t* whole = overflow(index) + request_.headroom;
  std::memcpy(whole, slot(index), request_.slot_bytes);
  return whole;
}

void DatagramReader::ReadAncillary(unsigned index, Ancillary* out, size_t* segment_bytes) const {
  *segment_bytes = 0;
  msghdr header = messages_[index].msg_hdr;
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr; control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level == IPPROTO_IP) {
      ReadIpv4(*control, out);
    } else if (control->cmsg_level == IPPROTO_IPV6) {
      ReadIpv6(*control, out);
    } else if (kHasSegmentation && control->cmsg_level == kUdpLevel && control->cmsg_type == kUdpGro) {
      *segment_bytes = Number(*control);
    }
  }
}

}  // namespace mailport::io
