// Memory for one recvmmsg call, and the packets that arrived with it. Datagrams that the kernel joined (UDP_GRO) are taken apart again.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <memory>
#include <type_traits>

#include "../sctp/types.h"
#include "message_calls.h"
#include "udp_socket.h"

namespace mailport::io {

class ReceivedDatagrams {
 public:
  // Datagrams read with one call. Each may hold up to 64 KiB, of one packet or of many that the kernel joined.
  static constexpr unsigned kMessages = 16;

  ReceivedDatagrams();
  ReceivedDatagrams(const ReceivedDatagrams&) = delete;
  ReceivedDatagrams& operator=(const ReceivedDatagrams&) = delete;

  // Reads the datagrams that wait. 0 or a positive errno (EAGAIN: none waits).
  int Receive(const UdpSocket& socket);
  // Whether the last Receive filled every place, so that more may wait.
  bool full() const { return count_ == kMessages; }

  // Calls `visit(sctp::PacketRoute&, sctp::Bytes)` for each packet of the last Receive; the carrier is for it to fill in.
  template <typename Visit>
  void ForEachPacket(Visit visit) const {
    for (unsigned i = 0; i < count_; i++) {
      sctp::PacketRoute route;
      size_t segment_bytes = 0;
      sctp::Bytes rest = Read(i, &route, &segment_bytes);
      while (!rest.empty()) {
        const size_t bytes = segment_bytes != 0 && segment_bytes < rest.size() ? segment_bytes : rest.size();
        visit(route, rest.first(bytes));
        rest = rest.subspan(bytes);
      }
    }
  }

 private:
  static constexpr size_t kDatagramBytes = 65536;
  struct Place {
    sockaddr_storage name;
    iovec piece;
    alignas(cmsghdr) uint8_t control[CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int))];
  };

  // The bytes of one datagram, empty if it is unusable; `segment_bytes` is 0 unless the kernel joined several.
  sctp::Bytes Read(unsigned index, sctp::PacketRoute* route, size_t* segment_bytes) const;

  std::unique_ptr<uint8_t[]> memory_;
  std::array<Place, kMessages> places_;
  std::array<MessageHeader, kMessages> messages_{};
  unsigned count_ = 0;
  bool over_ip_ = false;  // Of the socket that was read.
  bool has_ip_header_ = false;
};

static_assert(!std::is_copy_constructible_v<ReceivedDatagrams>);

}  // namespace mailport::io
