// The graceful end (RFC 9260 section 9.2), and how long an association goes on after its socket has been closed. The association itself sends the ABORT.
#pragma once

#include <algorithm>
#include <memory>

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
    // Nothing is left to send, and all data that was sent is acknowledged.
    virtual bool IsDrained() const = 0;
    // Our first TSN that the peer has not acknowledged, and the TSN up to which all of the peer's have come.
    virtual uint32_t FirstUnacknowledged() const = 0;
    virtual uint32_t ReceivedUpTo() const = 0;
    // The owner does not read, so our narrow window may hold up a peer that wants to send.
    virtual bool HoldsPeerUp() const = 0;
    // All that the peer has sent has been acknowledged.
    virtual void StopAcknowledging() = 0;
    virtual void NotifyShutdown() = 0;
  };

  Shutdown(Context& context, View& view, PathSet& paths) : context_(context), view_(view), paths_(paths) {}

  // The user wants to end: SHUTDOWN leaves once everything is acknowledged.
  void Begin();
  // Goes on to SHUTDOWN, or SHUTDOWN ACK, if everything is acknowledged now.
  void Continue();
  // Queues the SHUTDOWN, if one must leave with this turn's packet.
  void QueueIfDue();
  // A packet of the peer has come: it is there (section 9.2).
  void OnPacket();
  // Data came after our SHUTDOWN: sends the SHUTDOWN again (section 9.2).
  void SayAgain();
  // Answers an INIT with a further SHUTDOWN ACK. T2 is not restarted: an INIT proves nothing, and strangers could keep T2 from ever counting to its end.
  void RepeatAck();
  // The socket has been closed, with SO_LINGER for `linger_us`, or without it.
  void OnSocketClosed(bool lingers, TimeUs linger_us);
  bool lingers() const { return lingers_; }
  void Stop();

  // The peer wants to end. The caller has already handled the acknowledgement in its SHUTDOWN.
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
  bool due_ = false;      // A SHUTDOWN must leave with the next packet, only one however often it was asked for.
  bool lingers_ = false;  // The closed socket's linger time bounds the rest, not our patience with a peer that takes nothing.
  // Of an association that is ending. The others, which are nearly all, do not take the memory.
  struct Ending {
    Ending(TimerQueue& timers, Shutdown* owner);
    TimeUs guard_ends_us = 0;  // The guard ends then, however much the peer still sends.
    uint32_t guard_mark = 0;   // ReceivedUpTo() when the guard was started.
    uint32_t closed_mark = 0;  // FirstUnacknowledged() when the timer of a closed socket was started.
    Timer t2, guard, closed_timer;
  };
  Ending& ending() {
    if (ending_ == nullptr) ending_ = std::make_unique<Ending>(paths_.timers(), this);
    return *ending_;
  }
  std::unique_ptr<Ending> ending_;
};

}  // namespace mailport::sctp
