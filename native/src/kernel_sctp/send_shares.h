// Which associations of a one-to-many socket may send. The kernel counts the send buffer for the whole socket (unless net.sctp.sndbuf_policy says
// otherwise) and does not tell how much it holds for one association, so a peer that reads nothing could fill all of it. Where several associations may
// want to send, the first half of the buffer is for any of them. The other half is for associations that have sent little since the peer last
// acknowledged everything.
#pragma once

#include <algorithm>
#include <cstddef>
#include <unordered_map>

#include "../sctp/types.h"

namespace mailport::kernel_sctp {

class SendShares {
 public:
  // What the kernel says.
  class Kernel {
   public:
    virtual ~Kernel() = default;
    // Whether others may want to send: there are several associations, or the socket listens. If not, the only association may use the whole buffer.
    virtual bool IsShared() const = 0;
    virtual size_t BufferBytes() const = 0;
    virtual size_t QueuedBytes() const = 0;
    // Whether nothing that was sent on the association is on its way, or waits to leave.
    virtual bool IsDry(sctp::AssocId assoc) const = 0;
  };

  // Whether the kernel may get the message. If so, it counts as sent.
  bool Admits(sctp::AssocId assoc, size_t bytes, const Kernel& kernel) {
    if (allowance_ < Cost(bytes) && !AsksKernel(assoc, bytes, kernel)) return false;
    allowance_ -= std::min(allowance_, Cost(bytes));
    sent_[assoc] += Cost(bytes);
    return true;
  }
  // The kernel did not take the message after all.
  void Returned(sctp::AssocId assoc, size_t bytes) {
    const auto found = sent_.find(assoc);
    if (found == sent_.end()) return;
    if (found->second <= Cost(bytes)) {
      sent_.erase(found);
    } else {
      found->second -= Cost(bytes);
    }
  }
  // The association has ended.
  void Forget(sctp::AssocId assoc) { sent_.erase(assoc); }
  size_t size() const { return sent_.size(); }

 private:
  bool AsksKernel(sctp::AssocId assoc, size_t bytes, const Kernel& kernel) {
    const size_t buffer = kernel.BufferBytes();
    if (!kernel.IsShared()) {
      allowance_ = std::max(buffer / kParts, Cost(bytes));
      return true;
    }
    const size_t queued = kernel.QueuedBytes();
    // Once half of the buffer is full, associations that were refused come back when there is some room in it, not for each message.
    const size_t limit = is_short_ ? buffer / 8 * 3 : buffer / 2;
    is_short_ = queued >= limit;
    if (!is_short_) {
      allowance_ = std::max(buffer / 2 - queued, Cost(bytes));
      return true;
    }
    const size_t left = buffer > queued ? buffer - queued : 0;
    size_t& sent = sent_[assoc];
    if (sent >= left / kParts && kernel.IsDry(assoc)) sent = 0;
    return sent < left / kParts || sent == 0;
  }
  // About what the kernel counts for a message.
  static size_t Cost(size_t bytes) { return bytes + kMessageOverheadBytes; }
  static constexpr size_t kMessageOverheadBytes = 1024;
  static constexpr size_t kParts = 8;  // An association's share of what is left, so that something is left for the next one.

  std::unordered_map<sctp::AssocId, size_t> sent_;  // Since the association was last known to be dry.
  size_t allowance_ = 0;  // How much may be sent before the kernel is asked again.
  bool is_short_ = false;
};

}  // namespace mailport::kernel_sctp
