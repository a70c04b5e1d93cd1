// Decides when a SACK leaves (RFC 9260 section 6.2): at once, with every second packet, when the delay is over, or along with data; and how long it may be.
#pragma once

#include "../packet/packet.h"
#include "../timers.h"
#include "inbound.h"

namespace mailport::sctp {

class Acknowledger {
 public:
  // `due` is called when the delay is over.
  Acknowledger(TimerQueue& timers, void* owner, Timer::Callback due) : timer_(timers, owner, due) {}

  // Nothing is to be acknowledged any more: the association begins again, or says that it has all.
  void Reset();

  // A SACK must leave.
  void Demand() { now_ = true; }
  // The same for a reason of our own, the window: it answers no packet, and may be as long as it takes.
  void DemandWhole() { now_ = whole_ = true; }
  // A SACK should leave when the turn ends (the I bit, RFC 7053).
  void DemandAtTurnEnd() { at_turn_end_ = true; }
  // A packet with data has come. `delay_us` 0: packets are not waited for.
  void OnDataPacket(size_t packet_bytes, const Inbound& inbound, TimeUs now, TimeUs delay_us);

  bool waits_for_turn_end() const { return at_turn_end_; }
  // `with_data`: data leaves now, which an acknowledgement that is not urgent goes along with.
  bool IsDue(bool turn_ends, bool with_data) const { return now_ || (at_turn_end_ && turn_ends) || (packets_ != 0 && with_data); }
  // How long the SACK is that goes into `room` bytes; 0: it does not.
  size_t BytesIn(size_t room, const Inbound& inbound) const;
  void Write(Inbound& inbound, uint8_t* chunk, size_t bytes);

 private:
  bool now_ = false;
  bool whole_ = false;
  bool at_turn_end_ = false;
  // Of the packets with data that the next SACK answers.
  uint32_t packets_ = 0;
  size_t bytes_ = 0;
  Timer timer_;
};

}  // namespace mailport::sctp
