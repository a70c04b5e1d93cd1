// Limits of messages that need not arrive (RFC 3758 section 4.1, RFC 7496 section 3): a lifetime, a number of retransmissions, or a priority that decides when
// room is short. A limit lives as long as its message waits, or has a chunk on its way. A message without a limit costs nothing here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "../option.h"
#include "message_table.h"

namespace mailport::sctp {

struct Limit {
  PrPolicy policy;  // kNone: a lifetime that was given without a policy.
  bool given_up;
  uint32_t value;      // As the user gave it: milliseconds, retransmissions or priority.
  uint32_t holders;    // The message while it waits, and each of its chunks.
  MessageId message;   // Its place in the send queue; kNoMessage once the last fragment has left.
  TimeUs expires_at;   // kNever unless the limit is a lifetime.
  uint64_t last;        // The number of its last chunk so far, if `sent`.
  uint64_t age;          // Grows from one limit to the next.
  bool sent;             // A fragment has left.
};

class Limits {
 public:
  // How many bytes one limit costs, its place among the priorities included.
  static constexpr size_t kCostBytes = 128;
  // Retransmissions of a chunk are counted up to here. A larger limit counts as this one.
  static constexpr uint32_t kMostRetransmissions = 1023;

  // The peer knows FORWARD TSN, so messages that have left may be given up (RFC 3758).
  bool agreed = false;

  // The limit that a send asks for, if any; it belongs to `message`.
  LimitId Add(const SendParams& params, MessageId message, TimeUs now);
  static bool IsAskedFor(const SendParams& params);
  const Limit& operator[](LimitId id) const { return all_->limits[id]; }
  size_t size() const { return all_ == nullptr ? 0 : all_->count; }

  // A fragment of the message has become the chunk with that number. `ends`: it was the last one.
  void OnCut(LimitId id, uint64_t number, bool ends);
  // A chunk is outstanding no longer.
  void OnChunkGone(LimitId id) { Release(id); }
  // The message has left the send queue unsent, in whole or in part.
  void OnTaken(LimitId id);
  // From now on the message is given up.
  void GiveUp(LimitId id);

  // Whether the lifetime has ended.
  bool IsOver(LimitId id, TimeUs now) const { return all_->limits[id].expires_at <= now; }
  // Whether a chunk that was sent again so many times may not be sent once more.
  bool IsUsedUp(LimitId id, uint32_t retransmissions, TimeUs now) const;
  // The message with the largest value of those beyond `value`, which is the least important one. Of messages that are alike it is one that has not been sent,
  // then the oldest.
  std::optional<LimitId> LeastImportant(std::optional<uint32_t> value) const;
  void Clear();
  void Trim();

 private:
  // In the order in which messages are given up when room is short.
  struct Place {
    uint32_t value;
    bool sent;
    uint64_t age;
    LimitId id;
    bool operator<(const Place& other) const {
      if (value != other.value) return value > other.value;
      if (sent != other.sent) return other.sent;
      return age < other.age;
    }
  };
  static Place PlaceOf(const Limit& limit, LimitId id) { return {limit.value, limit.sent, limit.age, id}; }
  bool IsRanked(const Limit& limit) const { return limit.policy == PrPolicy::kPrio && !limit.given_up; }
  void Release(LimitId id);

  struct All {
    std::vector<Limit> limits;
    std::set<Place> ranking;  // Messages with a priority that are not given up.
    LimitId free = kNoLimit;  // The first unused place; its `message` is the next one.
    size_t count = 0;
    uint64_t next_age = 0;
  };
  std::unique_ptr<All> all_;  // Null until a message has a limit: few associations have such messages.
};

}  // namespace mailport::sctp
