// Finds the losses of one path by time (RACK, RFC 8985 section 6, for SCTP): a chunk is lost if a chunk that left after it has been acknowledged, and if that
// was a round trip and a reordering window ago. The number of a chunk is its place in the order of TSNs, as in Outstanding.
//
// SCTP differs from TCP in this: a SACK reports duplicate TSNs (RFC 9260 section 3.3.4), so no option is needed to learn that a retransmission was not.
#pragma once

#include <cstdint>

#include "control.h"
#include "types.h"

namespace mailport::sctp {

class Rack {
 public:
  // A round trip has been measured. Until then reports find losses (RFC 9260 section 7.2.4), and a clock that does not tell a chunk's sending from its
  // acknowledgement measures none.
  bool measured() const { return shortest_us_ != 0; }
  TimeUs shortest_round_trip() const { return shortest_us_; }

  // A chunk that went this way is acknowledged for the first time.
  void OnAcknowledged(uint64_t number, SentTime sent, bool sent_again, TimeUs now);
  // The peer had a chunk already when it was sent again: packets overtake each other by more than the window. `next` is the number of the next new chunk:
  // until one that is sent from now on has been acknowledged, a further duplicate says nothing new.
  void OnDuplicate(uint64_t next);
  // What was taken to be an answer to a retransmission was none, so what left last is not known.
  void Forget() { round_trip_us_ = 0; }
  // A recovery is over.
  void OnRecovered();

  // What a former Rack of the path has measured.
  void GoOnWith(TimeUs shortest_round_trip) { shortest_us_ = shortest_of_minute_us_ = shortest_round_trip; }
  // Nothing is known of the path but its shortest round trip.
  bool is_at_rest() const { return quarters_ == 1; }

  // Whether the chunk left before one that has been acknowledged.
  bool IsOvertaken(uint64_t number, SentTime sent) const;
  // For a chunk that was overtaken: after how long it is lost, if it is not acknowledged; 0: it is lost.
  TimeUs Patience(SentTime sent, TimeUs srtt, TimeUs now) const;

  // When to look for losses again, as nothing may come by then; kNever if no chunk was overtaken.
  TimeUs look_at = kNever;

 private:
  TimeUs ReorderingWindow(TimeUs srtt) const;
  void Measure(TimeUs round_trip, TimeUs now);

  // The chunk that left last of those acknowledged, and its round trip.
  SentTime sent_ = 0;
  uint64_t number_ = 0;
  TimeUs round_trip_us_ = 0;
  // The shortest round trip of the last minute or two.
  TimeUs shortest_us_ = 0;
  TimeUs shortest_of_minute_us_ = 0;
  TimeUs minute_began_ = 0;
  // The reordering window in quarters of the shortest round trip, and how many recoveries it stays wider than one.
  uint32_t quarters_ = 1;
  uint32_t recoveries_left_ = 0;
  uint64_t duplicate_until_ = 0;
};

}  // namespace mailport::sctp
