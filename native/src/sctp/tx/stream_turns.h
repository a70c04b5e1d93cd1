// Whose turn it is among the streams that have messages waiting, for every scheduler but first come, first served (RFC 8260 sections 3.2 to 3.6). Each stream
// keeps its messages in order of arrival. The stream with the lowest rank is next, and of those with the same rank the one whose turn was longest ago:
//
//   round robin     all ranks are 0
//   per packet      the same, but the turn lasts until a packet is full
//   priority        the rank is the stream's priority
//   fair, weighted  the rank is the payload that the stream has sent, divided by its weight; a stream that comes back begins no lower than the others are
//
// Without interleaving, a message whose first fragment has left stays the next one until its last fragment has left.
#pragma once

#include <cstdint>
#include <vector>

#include "../option.h"
#include "../stream_table.h"
#include "message_table.h"

namespace mailport::sctp {

class StreamTurns {
 public:
  StreamTurns(Scheduler scheduler, bool interleaves) : scheduler_(scheduler), interleaves_(interleaves) {}

  Scheduler scheduler() const { return scheduler_; }
  void SetInterleaving(bool interleaves) { interleaves_ = interleaves; }
  // A stream's priority or weight; 0 is the default of either.
  uint16_t Value(uint16_t stream) const { return streams_.Get(stream).value; }
  void SetValue(uint16_t stream, uint16_t value);
  void CopyValues(const StreamTurns& other);

  // Messages come in order of arrival, and may leave in any.
  void Add(MessageTable& messages, MessageId id);
  void Remove(MessageTable& messages, MessageId id);
  // A fragment of the next message leaves. `ends`: it is the last one.
  void OnCut(const MessageTable& messages, MessageId id, uint32_t bytes, bool ends);
  MessageId Next() const { return next_; }
  // Another stream's turn has come, whose chunks may not join those in the present packet.
  bool WantsNewPacket(const MessageTable& messages) const {
    return scheduler_ == Scheduler::kRoundRobinPerPacket && packet_stream_ != kNoStream && messages[next_].stream != packet_stream_;
  }
  void BeginPacket();
  // All messages, stream by stream.
  std::vector<MessageId> Messages(const MessageTable& messages) const;
  // Turns moved so far, for tests of cost.
  uint64_t work() const { return work_; }
  size_t memory_bytes() const { return streams_.memory_bytes() + heap_.capacity() * sizeof(Turn); }

 private:
  struct Stream {
    MessageId first = kNoMessage, last = kNoMessage;
    uint32_t place = kNoPlace;  // In the heap, while messages wait.
    uint16_t value = 0;
    uint64_t sent = 0;  // The rank with which the stream left the heap, of the schedulers that measure payload.
  };
  struct Turn {
    uint64_t rank;
    uint64_t since;  // Grows with every turn.
    uint16_t stream;
    bool operator<(const Turn& other) const { return rank != other.rank ? rank < other.rank : since < other.since; }
  };
  static constexpr uint32_t kNoPlace = UINT32_MAX;
  static constexpr uint32_t kNoStream = UINT32_MAX;

  bool MeasuresPayload() const { return scheduler_ == Scheduler::kFairCapacity || scheduler_ == Scheduler::kWeighted; }
  uint64_t RankOf(const Stream& stream) const;
  uint64_t CostOf(const Stream& stream, uint32_t bytes) const;
  void Enter(uint16_t stream);
  void Leave(uint32_t place);
  // Moves a turn to where it belongs in the heap.
  void Settle(uint32_t place);
  void Put(uint32_t place, const Turn& turn) {
    ++work_;
    heap_[place] = turn;
    streams_.At(turn.stream).place = place;
  }
  void Look();

  const Scheduler scheduler_;
  bool interleaves_;
  StreamTable<Stream> streams_;
  std::vector<Turn> heap_;  // The lowest turn first; each is lower than the two below it.
  MessageId next_ = kNoMessage;
  MessageId begun_ = kNoMessage;       // A message that has to be finished before any other begins.
  uint32_t packet_stream_ = kNoStream;  // The stream that the present packet is for.
  uint64_t turns_ = 0;
  uint64_t work_ = 0;
  uint64_t level_ = 0;  // The rank at which the last turn began, of the schedulers that measure payload.
};

}  // namespace mailport::sctp
