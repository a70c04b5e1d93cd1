// Sending runs: which messages go into a call, and what its errors mean.
#if defined(__APPLE__)
#define __APPLE_USE_RFC_3542
#endif
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "message_calls.h"
#include "socket_address.h"
#include "udp_options.h"
#include "udp_send.h"
#include "udp_socket.h"

namespace mailport::io {

namespace {

constexpr size_t kMessagesPerCall = 64;

// One message of a sendmmsg call with everything it points to.
struct Outgoing {
  sockaddr_storage name;
  iovec piece;
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t))];
};

template <typename T>
void AddControl(msghdr* header, int level, int type, const T& value) {
  auto* control = reinterpret_cast<cmsghdr*>(static_cast<uint8_t*>(header->msg_control) + header->msg_controllen);
  control->cmsg_level = level;
  control->cmsg_type = type;
  control->cmsg_len = CMSG_LEN(sizeof(T));
  std::memcpy(CMSG_DATA(control), &value, sizeof(T));
  header->msg_controllen += CMSG_SPACE(sizeof(T));
}

void AddSource(msghdr* header, const sctp::IpAddress& local, uint8_t socket_family) {
  if (socket_family == 6) {
    in6_pktinfo info{};
    info.ipi6_addr = ToIn6(local);
    info.ipi6_ifindex = local.scope_id;
    AddControl(header, IPPROTO_IPV6, IPV6_PKTINFO, info);
  } else {
    in_pktinfo info{};
    info.ipi_spec_dst = ToIn4(local);
    AddControl(header, IPPROTO_IP, IP_PKTINFO, info);
  }
}

// `bytes` of `run` from `offset` on, as one message. False: this socket has no way to that address.
bool Compose(const PacketRun& run, size_t offset, size_t bytes, uint8_t socket_family, bool choose_source, Outgoing* outgoing,
             MessageHeader* message) {
  msghdr& header = message->msg_hdr;
  header = {};
  header.msg_namelen = ToSockaddr(run.route.remote, run.route.remote_udp_port, socket_family, &outgoing->name);
  if (header.msg_namelen == 0) return false;
  header.msg_name = &outgoing->name;
  outgoing->piece = {const_cast<uint8_t*>(run.data) + offset, bytes};
  header.msg_iov = &outgoing->piece;
  header.msg_iovlen = 1;
  header.msg_control = outgoing->control;
  if (choose_source && run.route.local.family != 0) AddSource(&header, run.route.local, socket_family);
  if (bytes > run.segment_bytes) {
    AddControl(&header, kUdpLevel, kUdpSegment, static_cast<uint16_t>(run.segment_bytes));
  }
  if (header.msg_controllen == 0) header.msg_control = nullptr;
  return true;
}

void Advance(std::span<const PacketRun> runs, size_t bytes, SendPosition* position) {
  position->offset += bytes;
  if (position->offset >= runs[position->run].length) *position = {position->run + 1, 0};
}

// Whether a run may travel as one piece. It may not if it could end at a socket of the kernel's own SCTP over UDP: Linux (seen in 6.1.192) panics when
// a piece that nothing has segmented reaches such a socket, on the same machine or in a container (BUG in udp_queue_rcv_skb). A peer that runs this
// engine has the UDP port of the same number as its SCTP port, unless it was told otherwise.
bool MayBeOnePiece(const PacketRun& run) {
  constexpr size_t kDestinationPort = 2;  // In the common header (RFC 9260 §3.1).
  if (run.segment_bytes < kDestinationPort + sizeof(uint16_t)) return false;
  const uint16_t port = static_cast<uint16_t>(run.data[kDestinationPort] << 8 | run.data[kDestinationPort + 1]);
  return port == run.route.remote_udp_port;
}

bool IsFull(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

// An error that the socket may have because of an ICMP message, as Linux translates them (icmp_err_convert, icmpv6_err_convert).
bool MayBeOfIcmp(int error) {
  switch (error) {
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case EMSGSIZE:
    case EPROTO:
    case EACCES:
#if defined(__linux__)
    case ENONET:
#endif
      return true;
    default:
      return false;
  }
}

// Whether a run that was refused as one piece is to be tried packet by packet. EIO: the way to this peer cannot segment (a device without
// checksums, IPsec).
bool MeansOneByOne(int error) { return error == EINVAL || error == EMSGSIZE || error == EIO; }

class SocketCalls final : public SendCalls {
 public:
  SocketCalls(int fd, std::vector<TooBig>* too_big) : fd_(fd), too_big_(too_big) {}
  int Send(MessageHeader* messages, unsigned count) override { return SendMessages(fd_, messages, count); }
  void TakeError() override {
    int error = 0;
    socklen_t length = sizeof(error);
    (void)getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length);
  }

  void OnTooBig(const sctp::PacketRoute& route, sctp::Bytes packet) override {
    if (too_big_->size() == kMostTooBig || packet.size() < TooBig::kQuotedBytes) return;
    TooBig& added = too_big_->emplace_back();
    added.route = route;
    std::copy_n(packet.begin(), added.quoted.size(), added.quoted.begin());
  }

 private:
  // Of one batch. More of them would say the same.
  static constexpr size_t kMostTooBig = 64;
  int fd_;
  std::vector<TooBig>* too_big_;
};

// Packets that every path carries, as far as anything is known of paths: whether they may be fragmented is all the same.
constexpr size_t kAnywayBytes = 464;

}  // namespace

bool Unsegmented::Has(const sctp::IpAddress& remote) const {
  return all || std::find(remotes_.begin(), remotes_.end(), remote) != remotes_.end();
}

void Unsegmented::Add(const sctp::IpAddress& remote) {
  if (remotes_.size() == kMaxRemotes) {
    all = true;
  } else {
    remotes_.push_back(remote);
  }
}

bool UdpSocket::Send(std::span<const PacketRun> runs, SendPosition* position) {
  if (over_ip_ != nullptr) {
    // IP has no ports, and where it takes a number for one (IPv6), that has to be 0.
    std::vector<PacketRun> plain(runs.begin(), runs.end());
    for (PacketRun& run : plain) run.route.remote_udp_port = 0;
    return SendAlike(plain, position);
  }
  return SendAlike(runs, position);
}

// What may be fragmented is an option of the socket. Few packets may, so it is seldom changed.
bool UdpSocket::SendAlike(std::span<const PacketRun> runs, SendPosition* position) {
  SocketCalls calls(fd_.get(), &too_big_);
  while (position->run < runs.size()) {
    size_t end = position->run;
    bool is_chosen = false;
    for (; end < runs.size(); ++end) {
      if (runs[end].segment_bytes <= kAnywayBytes) continue;
      const bool may = runs[end].may_be_fragmented;
      if (is_chosen && may != fragments_) break;
      if (may != fragments_) LetFragment(may);
      is_chosen = true;
    }
    if (!SendRuns(calls, family_, address_.IsAny(), &unsegmented_, runs.first(end), position)) return false;
  }
  return true;
}

bool SendRuns(SendCalls& calls, uint8_t family, bool choose_source, Unsegmented* unsegmented, std::span<const PacketRun> runs,
              SendPosition* position) {
  Outgoing outgoing[kMessagesPerCall];
  MessageHeader messages[kMessagesPerCall];
  size_t lengths[kMessagesPerCall];
  size_t single_run = SIZE_MAX;  // The run that was refused as a whole and goes packet by packet.
  unsigned tries = 1;            // Of the message at `position`.

  while (position->run < runs.size()) {
    size_t count = 0;
    SendPosition next = *position;
    while (count < kMessagesPerCall && next.run < runs.size()) {
      const PacketRun& run = runs[next.run];
      const size_t left = run.length - next.offset;
      const bool may_be_whole = run.packets() > 1 && next.run != single_run && MayBeOnePiece(run);
      const bool whole = may_be_whole && !unsegmented->Has(run.route.remote);
      const size_t bytes = whole ? left : std::min(left, run.segment_bytes);
      if (!Compose(run, next.offset, bytes, family, choose_source, &outgoing[count], &messages[count])) {
        if (count > 0) break;
        *position = {next.run + 1, 0};
        next = *position;
        continue;
      }
      lengths[count++] = bytes;
      Advance(runs, bytes, &next);
    }
    if (count == 0) break;
    const int sent = calls.Send(messages, static_cast<unsigned>(count));
    if (sent > 0) {
      for (int i = 0; i < sent; i++) Advance(runs, lengths[i], position);
      tries = 1;
      continue;
    }
    const int error = errno;
    if (IsFull(error)) return false;
    const PacketRun& run = runs[position->run];
    if (MayBeOfIcmp(error) && tries < (error == EMSGSIZE && !run.may_be_fragmented ? kTriesOfTooBig : kTries)) {
      tries++;
      calls.TakeError();
      continue;
    }
    tries = 1;
    if (lengths[0] > run.segment_bytes && MeansOneByOne(error)) {
      if (error == EIO) unsegmented->Add(run.route.remote);
      single_run = position->run;
      continue;
    }
    if (error == EMSGSIZE && !run.may_be_fragmented) calls.OnTooBig(run.route, {run.data + position->offset, lengths[0]});
    Advance(runs, lengths[0], position);
  }
  return true;
}

}  // namespace mailport::io
