// Who of a one-to-many socket's associations may send. The kernel counts the send buffer for the whole socket (unless net.sctp.sndbuf_policy says
// otherwise) and says of no association how much it holds for it, so a peer that reads nothing could take all of it. Where others may want to send, half of
// the buffer is for whoever comes first; the other half for those who have sent little since all they had sent was acknowledged.
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
    // Whether others may want to send: there are several associations, or the socket listens. If not, all of the buffer is one's own.
    virtual bool IsShared() const = 0;
    virtual size_t BufferBytes() const = 0;
    virtual size_t QueuedBytes() const = 0;
    // Whether nothing that was sent on the association is on its way, or waits to leave.
    virtual bool IsDry(sctp::AssocId assoc) const = 0;
  };

  // Whether a message may go down: it counts as sent then.
  bool Admits(sctp::AssocId assoc, size_t bytes, const Kernel& kernel) {
    if (allowance_ < Cost(bytes) && !AsksKernel(assoc, bytes, kernel)) return false;
    allowance_ -= std::min(allowance_, Cost(bytes));
    sent_[assoc] += Cost(bytes);
    return true;
  }
  // It was not taken after all.
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
    // Once half of it is full, those who were refused come back when there is some room in it, not for each message.
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
  size_t allowance_ = 0;  // What may go down before the kernel is asked again.
  bool is_short_ = false;
};

}  // namespace mailport::kernel_sctp
