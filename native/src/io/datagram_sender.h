// Sending datagrams in order, many with one system call. One that the kernel refuses ends the call: which one, and why, is told.
//
// Datagrams that follow each other with the same destination and length may leave as one piece, which the kernel takes apart (UDP_SEGMENT, generic
// segmentation offload). Where the kernel or the way refuses such a piece, its datagrams are sent each by itself.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "datagram.h"
#include "message_calls.h"
#include "socket_name.h"

namespace mailport::io {

struct DatagramsSent {
  size_t count = 0;    // So many have been taken.
  int error = 0;       // Why the next one was not; 0: all were taken.
  unsigned calls = 0;  // System calls that were made.
  bool failed = false; // A call took fewer than it was given, for want of room or because of an error.
  // The way to some receiver does not take datagrams so long, or longer, as pieces; each by itself it does. 0: nothing was learned.
  size_t refused_segment_bytes = 0;
};

// The call into the kernel.
class SendMessagesCall {
 public:
  // As sendmmsg: how many were taken, or -1 with errno if the first was not.
  virtual int Send(MessageHeader* messages, unsigned count) = 0;

 protected:
  ~SendMessagesCall() = default;
};

class KernelSendMessages final : public SendMessagesCall {
 public:
  explicit KernelSendMessages(int fd) : fd_(fd) {}
  int Send(MessageHeader* messages, unsigned count) override;

 private:
  int fd_;
};

struct DatagramSendRules {
  InetFamily family = InetFamily::kIpv4;  // Of the socket.
  bool segments = false;                  // Runs may leave as one piece,
  size_t max_segment_bytes = SIZE_MAX;    // of datagrams that are no longer than this.
  // The socket is connected, so that an ICMP message about one datagram makes another one fail. If a call of several fails behind the first, the kernel has
  // lost the error: from then on, or from the first on, datagrams go one by one.
  bool connected = false;
  bool one_by_one = false;
};

// Memory for one call, and what fills it.
class DatagramSender {
 public:
  DatagramSender() = default;
  DatagramSender(const DatagramSender&) = delete;
  DatagramSender& operator=(const DatagramSender&) = delete;

  DatagramsSent Send(SendMessagesCall& call, const DatagramSendRules& rules, std::span<const OutgoingDatagram> datagrams);

 private:
  static constexpr size_t kMessages = 64;
  // UDP_MAX_SEGMENTS of Linux 4.18 to 6.8; later kernels take more.
  static constexpr size_t kMaxSegments = 64;
  static constexpr size_t kPieces = 4 * kMaxSegments;

  // One message of a call with what it points to, and how many datagrams it is.
  struct Message {
    SocketName name;
    // Type of service, time to live and traffic class, or the length of segments.
    alignas(cmsghdr) uint8_t control[3 * CMSG_SPACE(sizeof(int))];
    size_t datagrams = 0;
  };

  // Takes datagrams from the front as far as they fit into one call of at most `most` messages. An answer other than 0: the first one that was not taken can
  // never be sent.
  int Fill(const DatagramSendRules& rules, std::span<const OutgoingDatagram> datagrams, size_t most);
  static int Compose(const OutgoingDatagram& datagram, InetFamily family, Message* message, msghdr* header);
  static size_t RunLength(const DatagramSendRules& rules, std::span<const OutgoingDatagram> datagrams);

  unsigned count_ = 0;
  std::array<Message, kMessages> messages_;
  std::array<MessageHeader, kMessages> headers_;
  std::array<iovec, kPieces> pieces_;
};

static_assert(!std::is_copy_constructible_v<DatagramSender>);

// 0 if this kernel has UDP_SEGMENT for the socket, else a positive errno.
int ProbeSegmentation(int fd);

}  // namespace mailport::io
