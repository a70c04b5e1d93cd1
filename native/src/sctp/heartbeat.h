// Finds out whether a path on which nothing else is sent is still there (RFC 9260 section 8.3), whether an address is the peer's own (section 5.4), and whether
// a path that has failed once answers again (RFC 7829 section 4).
#pragma once

#include "context.h"
#include "packet/packet.h"

namespace mailport::sctp {

class Heartbeat {
 public:
  // HEARTBEATs to unconfirmed addresses that may be without an answer at a time: HB.Max.Burst. As many as one address may get: see Budget.
  static constexpr size_t kMaxProbes = 4;

  Heartbeat(Context& context, PathSet& paths) : context_(context), paths_(paths) {}

  // The association is up, or the option has changed: the timers begin anew, or stop.
  void Start();
  // A user wants a HEARTBEAT now.
  void Demand(Path& path);
  void OnTimer(Path& path);
  // A HEARTBEAT leaves that way now, with other chunks. Gives what it carries.
  const HeartbeatInfo& Begin(Path& path);
  // HEARTBEATs to addresses that are to be confirmed, as many as may be on their way.
  void Probe();
  // Whether an address that is not confirmed may be so soon: its HEARTBEAT is on its way, or one is left for it.
  static bool IsBeingConfirmed(const Path& path) { return !path.confirmed && (path.probes_left != 0 || IsAwaited(path)); }
  // Data was not acknowledged in time. While other paths take the data, HEARTBEATs ask this one every RTO.
  void OnFailing(Path& path);
  // The peer has sent a HEARTBEAT from there: an address that has not answered before may do so now.
  void OnHeard(Path& path);
  // False: the chunk does not return the HEARTBEAT exactly as it was sent. The time of sending is kept here, not read from the chunk: otherwise a peer could
  // make a round trip as long as it likes.
  bool OnAck(const Chunk& chunk);

  // How many HEARTBEATs an address may get that does not answer. Whoever has the address did not ask for them.
  static uint32_t Budget(const Path& path) { return path.options->max_retransmissions + 1; }

 private:
  TimeUs Delay(const Path& path);
  // The next HEARTBEAT is due a delay after `since`.
  void WaitForNext(Path& path, TimeUs since);
  void AwaitDue(Path& path);
  bool IsIdle(const Path& path) const;
  static bool IsAwaited(const Path& path) { return path.heartbeat_unanswered && !path.heartbeat_counted; }
  bool MayBeSent() const;
  void Send(Path& path);

  Context& context_;
  PathSet& paths_;
};

}  // namespace mailport::sctp
