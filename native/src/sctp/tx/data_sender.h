// Decides which data leaves in a turn, and when data that was sent is sent again: retransmissions and new data in as few packets as the windows allow
// (RFC 9260 sections 6.1, 6.3.3, 7), Nagle, the probe of a closed window, and T3 of each path.
#pragma once

#include "../packet/packet.h"
#include "outbound.h"

namespace mailport::sctp {

class DataSender {
 public:
  // What a turn's data may look like.
  struct Rules {
    size_t fragment_bytes;
    bool nagle;        // A short packet waits while others are on their way.
    bool ask_for_ack;  // The last chunk asks for an acknowledgement whatever follows (RFC 7053).
  };
  struct Sent {
    size_t ordered_chunks = 0;
    size_t unordered_chunks = 0;
    size_t lost_chunks = 0;     // Sent again.
    bool new_data = false;      // In the packet that is left open.
    size_t released_bytes = 0;  // Of messages that have outlived their time.
  };

  DataSender(Outbound& outbound, PathSet& paths) : outbound_(outbound), paths_(paths) {}

  // A loss has been found: the next packet of retransmissions may exceed the window (7.2.4, step 3).
  void OnLossFound() { fast_retransmit_ = true; }
  // A SACK has come, and says so much of our probe of a closed window.
  void OnSack(const SackOutcome& outcome);
  // T3 goes on from an acknowledgement, or stops when nothing is left to wait for.
  void RestartT3(const SackOutcome& outcome, TimeUs now);
  // T3 of a path has expired: what left there is lost. True: the peer, or the path, has not answered. False: it has, and has no room.
  bool OnT3(Path& path, TimeUs now);

  // Whether data may leave, so that an acknowledgement can go along.
  bool HasSomething() const { return outbound_.HasPending() || fast_retransmit_; }
  Sent Send(PacketBuilder& packet, const Rules& rules, TimeUs now, OutboundSink& sink);
  // Starts T3 for what has left, and is waited for from now on.
  void StartT3(TimeUs now);

 private:
  void SendLost(PacketBuilder& packet, TimeUs now, Sent* sent);
  void SendNew(PacketBuilder& packet, const Rules& rules, TimeUs now, OutboundSink& sink, Sent* sent);
  bool NagleHolds(const Path& path, size_t room) const;

  Outbound& outbound_;
  PathSet& paths_;
  bool fast_retransmit_ = false;
  bool heard_since_t3_ = false;  // A SACK has come since T3 expired last.
  bool probing_ = false;         // What is on its way was sent to a peer that has no room for it.
};

}  // namespace mailport::sctp
