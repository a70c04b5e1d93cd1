// Several messages of a socket down to the kernel's SCTP, in order and in as few calls as possible. Of messages to one stream all but the last
// are marked with MSG_MORE: the kernel then fills packets with them, where without Nagle it would give each a packet of its own. What is marked
// so waits in the kernel until a message follows that is not, so only such are marked whose next one is sure to be taken (MayShareAPacket).
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

// Whether `next` will be taken for sure once `one` has been, if there is room: it has the same destination, and nothing that the kernel looks at
// is worse about it (SD-10). Should the association have ended by then, nothing of it waits any more.
bool MayShareAPacket(const sctp::SendRequest& one, const sctp::SendRequest& next);

// More than the kernel counts against the send buffer for a message of that size, its own records of every fragment included.
constexpr size_t SendCost(size_t bytes) { return 4 * bytes + 2048; }

class OutgoingMessages {
 public:
  static constexpr size_t kMost = 64;

  OutgoingMessages() = default;
  OutgoingMessages(const OutgoingMessages&) = delete;
  OutgoingMessages& operator=(const OutgoingMessages&) = delete;

  size_t size() const { return size_; }
  // At most kMost. `use_defaults` must have been resolved. The payload is not copied.
  void Add(const sctp::SendRequest& request);
  // Whether the buffer matters: two messages could share a packet.
  bool AsksForRoom() const;
  // `send(messages, count, flags)` answers as sendmmsg does: how many were taken, or -1 with errno if not even the first.
  // `release(assoc)` makes the kernel send what waits for a message that it then did not take: out of memory, it refuses any.
  template <typename Send, typename Release>
  sctp::SendsTaken SendAll(const SendBuffer& buffer, Send send, Release release);

 private:
  // A packet with more of the buffer in it than this part could be the only one that is under way while the buffer is full, and the peer may take
  // 200 ms to acknowledge one packet, where the second is acknowledged at once (RFC 9260 section 6.2).
  static constexpr size_t kPacketsPerBuffer = 8;

  bool MayWait(size_t index) const { return index + 1 < size_ && MayShareAPacket(requests_[index], requests_[index + 1]); }
  // Decides which messages wait for the next one.
  void Plan(const SendBuffer& buffer);
  // How many messages from `index` on are alike in that.
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
  // If only some of a run are taken, the next call says what is wrong with the one after them.
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
