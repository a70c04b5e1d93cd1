// Memory for one recvmmsg call on a socket of the kernel's SCTP, and the parts of messages and notifications that came with it.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <memory>
#include <type_traits>

#include "../io/message_calls.h"
#include "../io/socket_address.h"
#include "control_messages.h"

namespace mailport::kernel_sctp {

// What one read gives: a whole message or notification, or the next piece of one that is longer than the buffer or has not arrived completely.
struct Part {
  sctp::Bytes data;
  sctp::Bytes control;
  sctp::IpAddress peer;
  uint16_t peer_port = 0;
  bool notification = false;
  bool last = false;  // MSG_EOR.
};

class ReceivedParts {
 public:
  static constexpr unsigned kParts = 16;
  static constexpr size_t kPartBytes = 65536;

  ReceivedParts();
  ReceivedParts(const ReceivedParts&) = delete;
  ReceivedParts& operator=(const ReceivedParts&) = delete;

  // Reads up to `most` parts that wait. 0 or a positive errno (EAGAIN: nothing waits).
  int Receive(int fd, unsigned most);
  unsigned count() const { return count_; }
  // Valid until the next Receive.
  Part part(unsigned index) const;

 private:
  struct Place {
    sockaddr_storage name;
    iovec piece;
    // With room for control messages that nobody has asked for.
    alignas(cmsghdr) uint8_t control[256];
  };

  std::unique_ptr<uint8_t[]> memory_;
  std::array<Place, kParts> places_;
  std::array<io::MessageHeader, kParts> messages_{};
  unsigned count_ = 0;
};

static_assert(!std::is_copy_constructible_v<ReceivedParts>);

}  // namespace mailport::kernel_sctp
