// Decides when a SACK leaves (RFC 9260 section 6.2): at once, with every second packet, when the delay is over, or along with data; and how long it
// may be. The first data of an association is acknowledged when the turn ends (section 5.1).
#pragma once

#include "../packet/packet.h"
#include "../timers.h"
#include "inbound.h"

namespace mailport::sctp {

class Acknowledger {
 public:
  // `due` is called when the delay is over.
  Acknowledger(TimerQueue& timers, void* owner, Timer::Callback due) : timer_(timers, owner, due) {}

  // Forgets what is to be acknowledged: a SACK has been written, a SHUTDOWN ACK says that all has come, or the association has ended.
  void Reset();

  // A SACK must leave.
  void Demand() { now_ = true; }
  // A SACK must leave to tell of our window. It answers no packet, so no packet's size limits its length.
  void DemandWhole() { now_ = whole_ = true; }
  // A SACK should leave when the turn ends (the I bit, RFC 7053).
  void DemandAtTurnEnd() { at_turn_end_ = true; }
  // A packet with data has come. `delay_us` 0: the SACK is not delayed.
  void OnDataPacket(size_t packet_bytes, const Inbound& inbound, TimeUs now, TimeUs delay_us);

  bool waits_for_turn_end() const { return at_turn_end_; }
  // `with_data`: data leaves now, and an acknowledgement that is not urgent travels with it.
  bool IsDue(bool turn_ends, bool with_data) const { return now_ || (at_turn_end_ && turn_ends) || (packets_ != 0 && with_data); }
  // Size of the SACK that fits into `room` bytes; 0: none fits.
  size_t BytesIn(size_t room, const Inbound& inbound) const;
  void Write(Inbound& inbound, uint8_t* chunk, size_t bytes);

 private:
  bool now_ = false;
  bool whole_ = false;
  bool at_turn_end_ = false;
  bool first_ = true;      // No data has come yet.
  bool had_gaps_ = false;  // When the last packet with data had been taken.
  // Count and size of the packets with data that the next SACK answers.
  uint32_t packets_ = 0;
  size_t bytes_ = 0;
  Timer timer_;
};

}  // namespace mailport::sctp
