// The messages that an association has accepted and not yet put into chunks, cut into fragments in the scheduler's order, with the numbers of each stream's
// messages (RFC 9260 sections 6.5, 6.6, 6.9, RFC 8260 section 2.1). Any message may be taken out.
#pragma once

#include <cstdint>
#include <memory>

#include "../option.h"
#include "../stream_table.h"
#include "held_messages.h"
#include "message_table.h"
#include "stream_scheduler.h"

namespace mailport::sctp {

// The part of a message that one chunk carries.
struct OutboundFragment {
  uint64_t position;
  uint32_t ppid;
  uint32_t context;
  LimitId limit;
  uint32_t ssn;       // Of an I-DATA chunk the MID.
  uint32_t fsn : 24;  // Of an I-DATA chunk: fragments of its message before this one. The longest message has fewer than 2^24.
  uint32_t flags : 8; // Flags of the chunk.
  uint16_t length;
  uint16_t stream;
};
static_assert(sizeof(OutboundFragment) == 32);

class SendQueue {
 public:
  // The message has no limit yet.
  MessageId Push(const SendParams& params, uint64_t position, uint32_t length);
  void SetLimit(MessageId id, LimitId limit) { messages_[id].limit = limit; }
  bool empty() const { return messages_.size() == 0; }
  // Whether there is a message that may be cut. Others may be held.
  bool HasNext() const { return scheduler_.Next() != kNoMessage; }
  size_t size() const { return messages_.size(); }
  // Payload that is not in chunks yet, without that of held messages.
  size_t bytes() const { return bytes_; }

  // The message that the next fragment is cut from. HasNext must hold.
  const QueuedMessage& Next() const { return messages_[scheduler_.Next()]; }
  // Cuts `bytes` off the next message. The message leaves the queue with its last byte.
  OutboundFragment Cut(uint32_t bytes);
  const QueuedMessage& operator[](MessageId id) const { return messages_[id]; }
  // Takes a message out. Fragments that were cut off it before have left already.
  QueuedMessage Take(MessageId id) {
    const QueuedMessage message = messages_[id];
    Remove(id);
    return message;
  }
  // Takes out a message whose first fragments have left. Gives the fragment that stands for the rest: it ends the message, and has no payload.
  OutboundFragment TakeBegun(MessageId id);
  // The next fragment must not join those that are in the present packet (RFC 8260 section 3.3).
  bool WantsNewPacket() const { return scheduler_.WantsNewPacket(messages_); }
  void BeginPacket() { scheduler_.BeginPacket(); }

  const StreamScheduler& scheduler() const { return scheduler_; }
  void Choose(Scheduler scheduler) { scheduler_.Choose(scheduler, messages_); }
  void ChooseLike(const StreamScheduler& other) { scheduler_.ChooseLike(other, messages_); }
  void SetStreamValue(uint16_t stream, uint16_t value) { scheduler_.SetValue(stream, value); }
  // Both ends know I-DATA. No fragment has been cut yet.
  void SetInterleaving(bool interleaves) {
    interleaved_ = interleaves ? std::make_unique<StreamTable<InterleavedNumbers>>() : nullptr;
    scheduler_.SetInterleaving(interleaves);
  }

  // Takes out the messages of all streams from number `streams` on, oldest first, and calls `taken` with each.
  template <typename Taken>
  void TakeStreamsFrom(uint32_t streams, Taken taken) {
    scheduler_.ForEach(messages_, [&](MessageId id) {
      if (messages_[id].stream >= streams) taken(Take(id));
    });
    if (held_ == nullptr) return;
    held_->ForEach(messages_, [&](MessageId id) {
      if (messages_[id].stream >= streams) taken(Take(id));
    });
  }

  // Messages of these streams that come from now on are held; no streams are all of them. Those that are here go first.
  void Hold(std::span<const uint16_t> streams);
  // Whether those have left.
  bool HeldStreamsAreDrained() const { return held_ == nullptr || held_->is_drained(); }
  void ReleaseHeld();
  // The streams begin with number 0 again; no streams are all of them. None of their messages has begun.
  void ResetNumbers(std::span<const uint16_t> streams);

  // Every stream begins with number 0 again.
  void ResetNumbers() {
    next_ssn_.Clear();
    if (interleaved_ != nullptr) interleaved_->Clear();
  }
  void Trim() { messages_.Trim(); }

 private:
  // Ordered and unordered messages count apart (RFC 8260 section 2.1). A stream has one message at most that has begun.
  struct InterleavedNumbers {
    uint32_t next_ordered, next_unordered, next_fsn;
  };

  OutboundFragment FragmentOf(const QueuedMessage& message, uint32_t bytes, uint8_t flags);
  // The numbers of the message's next fragment, with interleaving.
  void Number(const QueuedMessage& message, OutboundFragment* fragment);
  // The last fragment has been cut off.
  void Finish(MessageId id);
  void Remove(MessageId id) {
    if (held_ != nullptr && messages_[id].held) [[unlikely]] {
      held_->Remove(messages_, id);
    } else {
      bytes_ -= messages_[id].length - messages_[id].sent;
      scheduler_.Remove(messages_, id);
      if (held_ != nullptr && held_->Has(messages_[id].stream)) [[unlikely]]
        held_->OnLeft();
    }
    messages_.Remove(id);
  }

  MessageTable messages_;
  StreamScheduler scheduler_;
  StreamTable<uint16_t> next_ssn_;
  std::unique_ptr<StreamTable<InterleavedNumbers>> interleaved_;  // With interleaving, in its place. Else null.
  std::unique_ptr<HeldMessages> held_;  // While streams are being reset. Else null.
  size_t bytes_ = 0;
};

}  // namespace mailport::sctp
