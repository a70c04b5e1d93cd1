// Whether a path's last loss was none (RFC 3708): if the peer reports as duplicates all chunks that were sent again, nothing had been lost. Then the window
// becomes again what it was. After T3, an acknowledgement of chunks that were not sent again says the same (F-RTO, RFC 5682). An answer that comes sooner than any
// round trip took before does not: the line may have become faster.
#pragma once

#include <cstddef>
#include <cstdint>

#include "packet/wire.h"

namespace mailport::sctp {

class Regret {
 public:
  // A loss is found, or T3 has expired, while the window is this one. `last_tsn` is the last TSN sent: later chunks have nothing to do with the loss.
  void OnLoss(size_t cwnd, size_t ssthresh, uint32_t last_tsn, bool by_timeout) {
    // A timeout before the recovery is over adds to it. The window to go back to is the one before both.
    const bool goes_on = by_timeout && is_open_ && !is_over_;
    if (!goes_on) {
      cwnd_ = cwnd;
      ssthresh_ = ssthresh;
      sent_again_ = 0;
      duplicates_tell_ = true;
    }
    is_open_ = true;
    is_over_ = false;
    by_timeout_ = by_timeout;
    last_tsn_ = last_tsn;
  }
  void OnCumulative(uint32_t cumulative_tsn) { is_over_ = is_over_ || !TsnBefore(cumulative_tsn, last_tsn_); }
  void OnSentAgain(uint32_t tsn) { sent_again_ += Concerns(tsn); }
  // A chunk that was sent again has been given up, and the peer skips it. A copy that comes late is then a duplicate, whatever became of the first one.
  void OnSkipped(uint32_t tsn) { duplicates_tell_ = duplicates_tell_ && !Concerns(tsn); }
  // The peer had a chunk already.
  enum class Duplicate { kNone, kOne, kLast };  // kLast: all chunks that were sent again for the loss were duplicates. There was no loss.
  Duplicate OnDuplicate(uint32_t tsn) {
    if (!Concerns(tsn) || !duplicates_tell_ || sent_again_ == 0) return Duplicate::kNone;
    return --sent_again_ == 0 ? Duplicate::kLast : Duplicate::kOne;
  }
  void Close() { is_open_ = by_timeout_ = false; }

  // T3 has expired, and what was sent before is not acknowledged yet.
  bool doubts_timeout() const { return is_open_ && by_timeout_ && !is_over_; }
  size_t cwnd() const { return cwnd_; }
  size_t ssthresh() const { return ssthresh_; }

 private:
  bool Concerns(uint32_t tsn) const { return is_open_ && !TsnBefore(last_tsn_, tsn); }

  bool is_open_ = false;
  bool is_over_ = false;  // Everything up to last_tsn_ is acknowledged. Reports of duplicates may still come.
  bool by_timeout_ = false;
  bool duplicates_tell_ = true;
  uint32_t last_tsn_ = 0;
  uint32_t sent_again_ = 0;  // Chunks sent again for this loss, and not reported as duplicates.
  size_t cwnd_ = 0, ssthresh_ = 0;
};

}  // namespace mailport::sctp
