// The graceful end (RFC 9260 section 9.2), and how long an association goes on whose socket has been closed. The ABORT is the association's.
#pragma once

#include <algorithm>

#include "context.h"
#include "timers.h"

namespace mailport::sctp {

class Shutdown {
 public:
  // How far sending and receiving have come.
  class View {
   public:
    virtual ~View() = default;
    // Whether the application still has a socket for the association.
    virtual bool HasSocket() const = 0;
    // Nothing is to be sent, and all that was is acknowledged.
    virtual bool IsDrained() const = 0;
    // The first TSN of ours that the peer has not acknowledged, and the last of its own of which all have come up to here.
    virtual uint32_t FirstUnacknowledged() const = 0;
    virtual uint32_t ReceivedUpTo() const = 0;
    // The peer wants to send, and our owner does not read.
    virtual bool HoldsPeerUp() const = 0;
    // All that the peer has sent has been acknowledged.
    virtual void StopAcknowledging() = 0;
    virtual void NotifyShutdown() = 0;
  };

  Shutdown(Context& context, View& view, PathSet& paths, TimerQueue& timers);

  // The user wants to end: SHUTDOWN leaves once everything is acknowledged.
  void Begin();
  // Goes on to SHUTDOWN, or SHUTDOWN ACK, if everything is acknowledged now.
  void Continue();
  // The SHUTDOWN that must leave with this turn's packet, if there is one: queues it.
  void QueueIfDue();
  // Data came behind our SHUTDOWN: it is said again (section 9.2).
  void SayAgain();
  // For an INIT, which proves nothing: T2 goes on, or strangers could keep it from ever counting to its end.
  void RepeatAck();
  // The socket has been closed, with SO_LINGER for so long, or without.
  void OnSocketClosed(bool lingers, TimeUs linger_us);
  bool lingers() const { return lingers_; }
  void Stop();

  // The peer wants to end. What its SHUTDOWN acknowledges has been dealt with before.
  void OnShutdown();
  // False: the chunk does not belong here.
  bool OnShutdownAck(uint32_t peer_tag);
  bool OnShutdownComplete();

 private:
  void SendShutdown();
  void SendAck();
  void StartGuard();
  TimeUs GuardUs() const;
  void OnT2();
  void OnGuard();
  void OnClosedTimer();

  Context& context_;
  View& view_;
  PathSet& paths_;
  bool told_ = false;     // The application knows that the peer wants to end.
  bool due_ = false;      // A SHUTDOWN must leave with the next packet, one however often it was asked for.
  bool lingers_ = false;  // The closed socket's linger time bounds what is left, not the patience with a peer that takes nothing.
  TimeUs guard_ends_us_ = 0;  // However much the peer still sends.
  uint32_t guard_mark_ = 0;   // What had come from the peer when the guard was started.
  uint32_t closed_mark_ = 0;  // What the peer had acknowledged when the timer of a closed socket was started.
  Timer t2_, guard_, closed_timer_;
};

}  // namespace mailport::sctp
