// Chooses which of the waiting messages is cut next (RFC 8260 section 3): first come, first served here, and by streams' turns in StreamTurns. A scheduler is told
// of each message when it comes, when a fragment of it leaves, and when it leaves, wholly sent or not. The scheduler owns the links in the messages: here they
// keep the order of arrival, elsewhere the order within a stream. So first come, first served costs nothing beside the list.
#pragma once

#include <memory>
#include <vector>

#include "message_table.h"
#include "stream_turns.h"

namespace mailport::sctp {

class StreamScheduler {
 public:
  Scheduler scheduler() const { return turns_ == nullptr ? Scheduler::kFirstCome : turns_->scheduler(); }
  // Takes another scheduler, also while messages wait. Streams' values are forgotten.
  void Choose(Scheduler scheduler, MessageTable& messages);
  // Chooses what the other one has chosen, with its values. No message waits here yet.
  void ChooseLike(const StreamScheduler& other, MessageTable& messages);
  // The same choice, without the messages.
  StreamScheduler Empty() const;
  // Fragments of several messages may be mixed (RFC 8260 section 2). No fragment has left yet.
  void SetInterleaving(bool interleaves);
  // Whether streams have values with this scheduler: priorities or weights. The others are for such a scheduler only.
  bool HasValues() const { return scheduler() == Scheduler::kPriority || scheduler() == Scheduler::kWeighted; }
  uint16_t Value(uint16_t stream) const { return turns_->Value(stream); }
  void SetValue(uint16_t stream, uint16_t value) { turns_->SetValue(stream, value); }

  void Add(MessageTable& messages, MessageId id) {
    if (turns_ != nullptr) [[unlikely]]
      return turns_->Add(messages, id);
    messages[id].earlier = last_;
    messages[id].later = kNoMessage;
    (last_ == kNoMessage ? first_ : messages[last_].later) = id;
    last_ = id;
  }
  void Remove(MessageTable& messages, MessageId id) {
    if (turns_ != nullptr) [[unlikely]]
      return turns_->Remove(messages, id);
    const QueuedMessage& message = messages[id];
    (message.earlier == kNoMessage ? first_ : messages[message.earlier].later) = message.later;
    (message.later == kNoMessage ? last_ : messages[message.later].earlier) = message.earlier;
  }
  // A fragment of the next message leaves. `ends`: it is the last one.
  void OnCut(const MessageTable& messages, MessageId id, uint32_t bytes, bool ends) {
    if (turns_ != nullptr) [[unlikely]]
      turns_->OnCut(messages, id, bytes, ends);
  }
  MessageId Next() const { return turns_ == nullptr ? first_ : turns_->Next(); }
  // The next chunk must not join those that are in the present packet.
  bool WantsNewPacket(const MessageTable& messages) const { return turns_ != nullptr && turns_->WantsNewPacket(messages); }
  void BeginPacket() {
    if (turns_ != nullptr) [[unlikely]]
      turns_->BeginPacket();
  }
  // Calls `each` with every message in order of arrival; `each` may remove it.
  template <typename Each>
  void ForEach(const MessageTable& messages, Each each) const {
    if (turns_ != nullptr) {
      for (const MessageId id : InOrder(messages)) each(id);
      return;
    }
    for (MessageId id = first_; id != kNoMessage;) {
      const MessageId later = messages[id].later;
      each(id);
      id = later;
    }
  }
  uint64_t work() const { return turns_ == nullptr ? 0 : turns_->work(); }
  size_t memory_bytes() const { return turns_ == nullptr ? 0 : sizeof(StreamTurns) + turns_->memory_bytes(); }

 private:
  std::vector<MessageId> InOrder(const MessageTable& messages) const;

  MessageId first_ = kNoMessage;
  MessageId last_ = kNoMessage;
  bool interleaves_ = false;
  std::unique_ptr<StreamTurns> turns_;  // Null: first come, first served.
};

}  // namespace mailport::sctp
