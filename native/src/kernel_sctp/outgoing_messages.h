// Gives several messages of a socket to the kernel's SCTP, in order and in as few calls as possible. Among messages to one stream, all but the last are
// marked with MSG_MORE: so the kernel fills packets with them, where without Nagle it would give each message a packet of its own. A marked message
// waits in the kernel until an unmarked one follows, so a message is marked only if the kernel is sure to take the next (MayShareAPacket).
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <span>
#include <type_traits>

#include "../io/message_calls.h"
#include "../sctp/option.h"
#include "control_messages.h"
#include "socket.h"

namespace mailport::kernel_sctp {

#if defined(__linux__)

// Whether the kernel is sure to take `next` after it has taken `one`, if there is room: both have the same destination, and nothing that the kernel
// checks is worse about `next` (SD-10). If the association has ended by then, no message of it waits any more.
bool MayShareAPacket(const sctp::SendRequest& one, const sctp::SendRequest& next);

// More than the kernel counts against the send buffer for a message of that size, with its overhead for every fragment.
constexpr size_t SendCost(size_t bytes) { return 4 * bytes + 2048; }

class OutgoingMessages {
 public:
  static constexpr size_t kMost = 64;

  OutgoingMessages() = default;
  OutgoingMessages(const OutgoingMessages&) = delete;
  OutgoingMessages& operator=(const OutgoingMessages&) = delete;

  size_t size() const { return size_; }
  // At most kMost messages. `use_defaults` must have been resolved. The payload is not copied.
  void Add(const sctp::SendRequest& request);
  // Whether two messages could share a packet, so that SendAll needs to know the buffer.
  bool AsksForRoom() const;
  // `send(messages, count, flags)` answers as sendmmsg does: how many were taken, or -1 with errno if not even the first.
  // `release(assoc)` makes the kernel send what waits for a message that it then did not take. A kernel without memory refuses any message.
  template <typename Send, typename Release>
  sctp::SendsTaken SendAll(const SendBuffer& buffer, Send send, Release release);

 private:
  // No packet is filled with more than this part of the buffer. A larger packet could be the only one under way while the buffer is full, and the peer
  // may take 200 ms to acknowledge a single packet, but acknowledges every second one at once (RFC 9260 section 6.2).
  static constexpr size_t kPacketsPerBuffer = 8;

  bool MayWait(size_t index) const { return index + 1 < size_ && MayShareAPacket(requests_[index], requests_[index + 1]); }
  // Decides which messages wait for the next one.
  void Plan(const SendBuffer& buffer);
  // How many messages from `index` on have the same mark.
  size_t Run(size_t index) const;

  size_t size_ = 0;
  std::array<bool, kMost> waits_{};
  std::array<sctp::SendRequest, kMost> requests_;
  std::array<io::MessageHeader, kMost> messages_;
  std::array<iovec, kMost> pieces_;
  alignas(cmsghdr) std::array<uint8_t[kSctpControlBytes], kMost> controls_;
};

static_assert(!std::is_copy_constructible_v<OutgoingMessages>);

template <typename Send, typename Release>
sctp::SendsTaken OutgoingMessages::SendAll(const SendBuffer& buffer, Send send, Release release) {
  Plan(buffer);
  sctp::SendsTaken taken;
  // If the kernel takes only some of a run, the next call says what is wrong with the message after them.
  while (taken.count < size_) {
    const size_t at = taken.count;
    const int sent = send(&messages_[at], static_cast<unsigned>(Run(at)), waits_[at] ? MSG_MORE : 0);
    taken.calls++;
    if (sent <= 0) {
      taken.error = sent < 0 ? errno : EAGAIN;
      if (at > 0 && waits_[at - 1]) release(requests_[at - 1].params.assoc_id);
      break;
    }
    taken.count += static_cast<size_t>(sent);
  }
  return taken;
}

#endif

}  // namespace mailport::kernel_sctp
