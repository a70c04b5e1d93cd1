// Several messages of a socket down to the kernel's SCTP, in order and in as few calls as possible. Of messages to one stream all but the last
// are marked with MSG_MORE: the kernel then fills packets with them, where without Nagle it would give each a packet of its own. What is marked
// so waits in the kernel until a message follows that is not, so only such are marked whose next one is sure to be taken (MayShareAPacket).
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <span>
#include <type_traits>

#include "../sctp/engine.h"
#include "kernel_sctp_control.h"
#include "message_calls.h"

namespace mailport::io {

#if defined(__linux__)

// Whether `next` will be taken for sure once `one` has been, if there is room: it has the same destination, and nothing that the kernel looks at
// is worse about it (SD-10). Should the association have ended by then, nothing of it waits any more.
bool MayShareAPacket(const sctp::SendRequest& one, const sctp::SendRequest& next);

// More than the kernel counts against the send buffer for a message of that size, its own records of every fragment included.
constexpr size_t SendCost(size_t bytes) { return 4 * bytes + 2048; }

class KernelSendBatch {
 public:
  static constexpr size_t kMost = 64;

  KernelSendBatch() = default;
  KernelSendBatch(const KernelSendBatch&) = delete;
  KernelSendBatch& operator=(const KernelSendBatch&) = delete;

  size_t size() const { return size_; }
  // At most kMost. `use_defaults` must have been resolved. The payload is not copied.
  void Add(const sctp::SendRequest& request);
  // Whether the room matters: two messages could share a packet.
  bool AsksForRoom() const;
  // `send(messages, count, flags)` answers as sendmmsg does: how many were taken, or -1 with errno if not even the first. `room`: bytes free in the
  // send buffer.
  template <typename Send>
  sctp::SendsTaken SendAll(size_t room, Send send);

 private:
  bool MayWait(size_t index) const { return index + 1 < size_ && MayShareAPacket(requests_[index], requests_[index + 1]); }
  // How many messages from `index` on go down in one call, and whether the kernel is told that more follow. Takes what they need from `room`.
  size_t Run(size_t index, size_t* room, bool* more) const;
  bool HasRoomForNext(size_t index, size_t room) const {
    return SendCost(requests_[index].data.size()) + SendCost(requests_[index + 1].data.size()) <= room;
  }

  size_t size_ = 0;
  std::array<sctp::SendRequest, kMost> requests_;
  std::array<Message, kMost> messages_;
  std::array<iovec, kMost> pieces_;
  alignas(cmsghdr) std::array<uint8_t[kSctpControlBytes], kMost> controls_;
};

static_assert(!std::is_copy_constructible_v<KernelSendBatch>);

template <typename Send>
sctp::SendsTaken KernelSendBatch::SendAll(size_t room, Send send) {
  sctp::SendsTaken taken;
  while (taken.count < size_) {
    bool more = false;
    size_t run = Run(taken.count, &room, &more);
    // If only some are taken, the next call says what is wrong with the one after them.
    while (run > 0) {
      const int sent = send(&messages_[taken.count], static_cast<unsigned>(run), more ? MSG_MORE : 0);
      taken.calls++;
      if (sent <= 0) {
        taken.error = sent < 0 ? errno : EAGAIN;
        return taken;
      }
      taken.count += static_cast<size_t>(sent);
      run -= static_cast<size_t>(sent);
    }
  }
  return taken;
}

#endif

}  // namespace mailport::io
