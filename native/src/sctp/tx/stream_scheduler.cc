// Changes from one scheduler to another.
#include "stream_scheduler.h"

#include <algorithm>

namespace mailport::sctp {

std::vector<MessageId> StreamScheduler::InOrder(const MessageTable& messages) const {
  std::vector<MessageId> ids = turns_->Messages(messages);
  // Positions grow with every message.
  std::sort(ids.begin(), ids.end(), [&](MessageId a, MessageId b) { return messages[a].position < messages[b].position; });
  return ids;
}

void StreamScheduler::Choose(Scheduler scheduler, MessageTable& messages) {
  std::vector<MessageId> ids;
  ForEach(messages, [&](MessageId id) { ids.push_back(id); });
  turns_ = scheduler == Scheduler::kFirstCome ? nullptr : std::make_unique<StreamTurns>(scheduler, interleaves_);
  first_ = last_ = kNoMessage;
  // First come, first served goes on with its first message, so a message that has begun comes before all. It is the first of its stream in any case.
  if (!interleaves_) std::stable_partition(ids.begin(), ids.end(), [&](MessageId id) { return messages[id].sent != 0; });
  for (const MessageId id : ids) Add(messages, id);
}

void StreamScheduler::ChooseLike(const StreamScheduler& other, MessageTable& messages) {
  Choose(other.scheduler(), messages);
  if (other.turns_ != nullptr) turns_->CopyValues(*other.turns_);
}

StreamScheduler StreamScheduler::Empty() const {
  StreamScheduler empty;
  MessageTable none;
  empty.ChooseLike(*this, none);
  return empty;
}

void StreamScheduler::SetInterleaving(bool interleaves) {
  interleaves_ = interleaves;
  if (turns_ != nullptr) turns_->SetInterleaving(interleaves);
}

}  // namespace mailport::sctp
