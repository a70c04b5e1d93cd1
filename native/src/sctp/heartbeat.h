// Finds out whether a path on which nothing else is sent is still there (RFC 9260 section 8.3).
#pragma once

#include "context.h"
#include "packet/packet.h"

namespace mailport::sctp {

class Heartbeat {
 public:
  Heartbeat(Context& context, PathSet& paths) : context_(context), paths_(paths) {}

  // The association is up, or the option has changed: the timers begin anew, or stop.
  void Start();
  // A user wants a HEARTBEAT now.
  void Demand();
  void OnTimer(Path& path);
  // False: the chunk does not return the HEARTBEAT exactly as it was sent. The time of sending is kept here, not read from the chunk: otherwise a peer could
  // make a round trip as long as it likes.
  bool OnAck(const Chunk& chunk);

 private:
  TimeUs Delay(const Path& path);
  void Send(Path& path);

  Context& context_;
  PathSet& paths_;
};

}  // namespace mailport::sctp
