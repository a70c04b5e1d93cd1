// Reading datagrams, many with one system call. The kernel writes each into a slot of the caller's, and what is longer than its slot into memory of the
// reader's own, so that slots may be as small as most datagrams are and yet nothing is cut.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <memory>
#include <type_traits>

#include "../sctp/types.h"
#include "datagram.h"
#include "message_calls.h"
#include "socket_name.h"

namespace mailport::io {

class DatagramReader {
 public:
  // Datagrams of one call.
  static constexpr unsigned kMost = 64;
  static constexpr size_t kMaxHeadroom = 128;
  // The longest datagrams of which one call reads several: as long as IP has them.
  static constexpr size_t kMaxOfSeveral = 64 * 1024;

  struct Request {
    int fd = -1;
    uint8_t* slots = nullptr;  // One after the other, `slot_bytes` of each for the datagram, behind `headroom` bytes.
    size_t slot_bytes = 0;
    size_t headroom = 0;       // In front of each datagram, for the caller.
    size_t buffer_bytes = 0;   // What is longer is cut. More than kMaxOfSeveral: one datagram is read, of 4 MiB at most.
    unsigned count = 0;        // At least 1.
    bool with_ancillary = false;
  };

  DatagramReader() = default;
  DatagramReader(const DatagramReader&) = delete;
  DatagramReader& operator=(const DatagramReader&) = delete;

  // Takes at most `count` datagrams. 0 or a positive errno: EAGAIN, or an error that has waited at the socket.
  int Receive(const Request& request);
  unsigned count() const { return count_; }

  const SocketName& from(unsigned index) const { return names_[index]; }
  size_t length(unsigned index) const { return messages_[index].msg_len; }
  // Whether the datagram is in its slot. If not, `bytes` puts it together elsewhere, also behind headroom, until the next Receive.
  bool in_slot(unsigned index) const { return length(index) <= request_.slot_bytes; }
  uint8_t* bytes(unsigned index);
  bool truncated(unsigned index) const { return (messages_[index].msg_hdr.msg_flags & MSG_TRUNC) != 0; }
  // What was asked for and came with it. `segment_bytes`: how long each datagram is of those that the kernel has joined; 0: it is one.
  void ReadAncillary(unsigned index, Ancillary* out, size_t* segment_bytes) const;

 private:
  // For a datagram that is longer than its slot. If one is read alone, it has all of the memory.
  static constexpr size_t kOverflowBytes = kMaxHeadroom + kMaxOfSeveral;
  static constexpr size_t kAllOverflowBytes = kMost * kOverflowBytes;
  // IP_TOS, IP_TTL, IPV6_TCLASS, IP_PKTINFO, IPV6_PKTINFO and UDP_GRO, with room to spare.
  static constexpr size_t kControlBytes = 256;
  struct Control {
    alignas(cmsghdr) uint8_t bytes[kControlBytes];
  };

  void Prepare();
  uint8_t* slot(unsigned index) const { return request_.slots + index * (request_.headroom + request_.slot_bytes) + request_.headroom; }
  uint8_t* overflow(unsigned index) const { return overflow_.get() + index * kOverflowBytes; }

  Request request_;
  unsigned count_ = 0;
  std::array<MessageHeader, kMost> messages_{};
  std::array<std::array<iovec, 2>, kMost> pieces_;
  std::array<SocketName, kMost> names_;
  std::unique_ptr<Control[]> controls_;
  std::unique_ptr<uint8_t[]> overflow_;  // The system gives memory only for pages that are written to.
};

static_assert(!std::is_copy_constructible_v<DatagramReader>);

}  // namespace mailport::io
