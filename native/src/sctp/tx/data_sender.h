// Decides which data leaves in a turn, and when data that was sent is sent again: retransmissions and new data in as few packets as the windows allow
// (RFC 9260 sections 6.1, 6.3.3, 7), Nagle, the probe of a closed window, tail loss probes (RFC 8985), and the timers of each path.
#pragma once

#include "../packet/packet.h"
#include "outbound.h"

namespace mailport::sctp {

class DataSender {
 public:
  // Rules for the data of one turn.
  struct Rules {
    size_t fragment_bytes;
    bool nagle;  // A short packet waits while others are on their way.
  };
  struct Sent {
    size_t ordered_chunks = 0;
    size_t unordered_chunks = 0;
    size_t lost_chunks = 0;     // Lost chunks that were sent again.
    bool new_data = false;      // The packet that is left open holds new data.
    size_t released_bytes = 0;  // Payload of messages that have been given up.
  };

  DataSender(Outbound& outbound, PathSet& paths) : outbound_(outbound), paths_(paths) {}

  // A loss has been found: the next packet of retransmissions may exceed the window (7.2.4, step 3).
  void OnLossFound() { fast_retransmit_ = true; }
  // A SACK has come. It may answer our probe of a closed window.
  void OnSack(const SackOutcome& outcome);
  // Restarts each path's T3 after an acknowledgement, or stops it if nothing there waits for one.
  void RestartT3(const SackOutcome& outcome, TimeUs now);
  // T3 of a path has expired: all chunks on their way there are lost. True: the peer, or the path, has not answered. False: the peer has answered, and has no
  // room.
  bool OnT3(Path& path, TimeUs now);

  // The recovery timer of a path has expired: time shows a loss (true), or a probe leaves with the next Send.
  bool OnRecoveryTimer(Path& path, TimeUs now);
  bool probe_is_due() const { return probe_due_; }

  // Whether data may leave, so that an acknowledgement can travel with it.
  bool HasSomething() const { return outbound_.HasPending() || fast_retransmit_ || probe_due_; }
  Sent Send(PacketBuilder& packet, const Rules& rules, TimeUs now, OutboundSink& sink);
  // Starts T3 for the chunks that have left, unless it runs already, and the timers of losses and probes.
  void StartTimers(TimeUs now);

 private:
  void SendProbe(PacketBuilder& packet, const Rules& rules, TimeUs now, OutboundSink& sink, Sent* sent);
  TimeUs ProbeDueAt(const Path& path);
  void SetRecoveryTimer(const Path& path);
  void SendLost(PacketBuilder& packet, const Rules& rules, TimeUs now, OutboundSink& sink, Sent* sent);
  void SendNew(PacketBuilder& packet, const Rules& rules, TimeUs now, OutboundSink& sink, Sent* sent);
  bool NagleHolds(const Path& path, size_t room) const;

  Outbound& outbound_;
  PathSet& paths_;
  bool fast_retransmit_ = false;
  bool heard_since_t3_ = false;  // A SACK has come since T3 expired last.
  bool probe_due_ = false;       // A tail loss probe leaves with the next packet.
  bool probing_ = false;         // The data on its way went to a peer that has no room for it.
};

}  // namespace mailport::sctp
