#include "stream_turns.h"

#include <algorithm>
#include <utility>

namespace mailport::sctp {

namespace {

constexpr unsigned kWeightBits = 16;  // A byte of a stream of weight 1 costs so much that no weight rounds it down to nothing.

}  // namespace

uint64_t StreamTurns::RankOf(const Stream& stream) const {
  if (scheduler_ == Scheduler::kPriority) return stream.value;
  return MeasuresPayload() ? std::max(stream.sent, level_) : 0;
}

uint64_t StreamTurns::CostOf(const Stream& stream, uint32_t bytes) const {
  const uint64_t weight = scheduler_ == Scheduler::kWeighted ? std::max<uint64_t>(stream.value, 1) : 1;
  return (uint64_t{bytes} << kWeightBits) / weight;
}

void StreamTurns::SetValue(uint16_t number, uint16_t value) {
  Stream& stream = streams_.At(number);
  stream.value = value;
  if (scheduler_ != Scheduler::kPriority || stream.place == kNoPlace) return;
  heap_[stream.place].rank = value;
  Settle(stream.place);
  Look();
}

// Streams without a value are not looked at: a page exists only for streams that have been used.
void StreamTurns::CopyValues(const StreamTurns& other) {
  other.streams_.ForEach([&](uint16_t number, const Stream& stream) {
    if (stream.value != 0) streams_.At(number).value = stream.value;
  });
}

void StreamTurns::Add(MessageTable& messages, MessageId id) {
  QueuedMessage& message = messages[id];
  Stream& stream = streams_.At(message.stream);
  message.earlier = stream.last;
  message.later = kNoMessage;
  (stream.last == kNoMessage ? stream.first : messages[stream.last].later) = id;
  stream.last = id;
  if (stream.place == kNoPlace) Enter(message.stream);
  if (!interleaves_ && message.sent != 0) begun_ = id;
  Look();
}

void StreamTurns::Remove(MessageTable& messages, MessageId id) {
  const QueuedMessage& message = messages[id];
  Stream& stream = streams_.At(message.stream);
  (message.earlier == kNoMessage ? stream.first : messages[message.earlier].later) = message.later;
  (message.later == kNoMessage ? stream.last : messages[message.later].earlier) = message.earlier;
  if (begun_ == id) begun_ = kNoMessage;
  if (stream.first == kNoMessage) Leave(stream.place);
  Look();
}

void StreamTurns::OnCut(const MessageTable& messages, MessageId id, uint32_t bytes, bool ends) {
  const uint16_t number = messages[id].stream;
  Stream& stream = streams_.At(number);
  Turn& turn = heap_[stream.place];
  const bool goes_on = begun_ == id;
  begun_ = interleaves_ || ends ? kNoMessage : id;
  packet_stream_ = number;
  if (scheduler_ == Scheduler::kRoundRobinPerPacket) return;  // The turn ends with the packet.
  if (MeasuresPayload()) {
    if (!goes_on) level_ = turn.rank;
    turn.rank += CostOf(stream, bytes);
    stream.sent = turn.rank;
  }
  turn.since = ++turns_;
  Settle(stream.place);
  Look();
}

void StreamTurns::BeginPacket() {
  const uint32_t last = std::exchange(packet_stream_, kNoStream);
  if (scheduler_ != Scheduler::kRoundRobinPerPacket || last == kNoStream || begun_ != kNoMessage) return;
  const uint32_t place = streams_.At(static_cast<uint16_t>(last)).place;
  if (place == kNoPlace) return;
  heap_[place].since = ++turns_;
  Settle(place);
  Look();
}

std::vector<MessageId> StreamTurns::Messages(const MessageTable& messages) const {
  std::vector<MessageId> all;
  for (const Turn& turn : heap_)
    for (MessageId id = streams_.Get(turn.stream).first; id != kNoMessage; id = messages[id].later) all.push_back(id);
  return all;
}

void StreamTurns::Enter(uint16_t number) {
  Stream& stream = streams_.At(number);
  stream.place = static_cast<uint32_t>(heap_.size());
  heap_.push_back({RankOf(stream), ++turns_, number});
  Settle(stream.place);
}

void StreamTurns::Leave(uint32_t place) {
  streams_.At(heap_[place].stream).place = kNoPlace;
  const Turn last = heap_.back();
  heap_.pop_back();
  if (place == heap_.size()) return;
  Put(place, last);
  Settle(place);
}

void StreamTurns::Settle(uint32_t place) {
  const Turn turn = heap_[place];
  while (place != 0 && turn < heap_[(place - 1) / 2]) {
    Put(place, heap_[(place - 1) / 2]);
    place = (place - 1) / 2;
  }
  for (uint32_t below = 2 * place + 1; below < heap_.size(); below = 2 * place + 1) {
    if (below + 1 < heap_.size() && heap_[below + 1] < heap_[below]) ++below;
    if (!(heap_[below] < turn)) break;
    Put(place, heap_[below]);
    place = below;
  }
  Put(place, turn);
}

void StreamTurns::Look() {
  next_ = begun_ != kNoMessage ? begun_ : heap_.empty() ? kNoMessage : streams_.At(heap_[0].stream).first;
}

}  // namespace mailport::sctp
