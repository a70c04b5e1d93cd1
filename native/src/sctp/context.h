// The services of an association for all its parts that handle chunks (handshake, shutdown, heartbeat). A part that needs more has a View of its own.
#pragma once

#include "packet/error_causes.h"
#include "path_set.h"
#include "socket_options.h"
#include "types.h"

namespace mailport::sctp {

// In the order of Option::kStatus.
enum class TcbState : uint8_t {
  kEmpty = 0,
  kClosed = 1,
  kCookieWait = 2,
  kCookieEchoed = 3,
  kEstablished = 4,
  kShutdownPending = 5,
  kShutdownSent = 6,
  kShutdownReceived = 7,
  kShutdownAckSent = 8,
};

class Context {
 public:
  virtual ~Context() = default;

  virtual TimeUs now() const = 0;
  virtual uint32_t Random32() = 0;
  virtual uint32_t RandomTag() = 0;  // Never 0.
  virtual TcbState state() const = 0;
  virtual uint32_t peer_tag() const = 0;
  virtual void Enter(TcbState state) = 0;
  virtual const AssocOptions& assoc_options() const = 0;

  // A chunk for the next packet of this turn.
  virtual void QueueChunk(uint8_t type, uint8_t flags, Bytes value) = 0;
  // A chunk in a packet of its own, at once.
  virtual void SendAlone(uint8_t type, uint8_t flags, Bytes value, uint32_t tag) = 0;
  // The same, that way.
  virtual void SendBy(const Path& path, uint8_t type, uint8_t flags, Bytes value, uint32_t tag) = 0;
  // Asks for a Transmit in this turn, where QueueChunk has not done so.
  virtual void WantTransmit() = 0;
  // Ends the association with an ABORT.
  virtual void Abort(Cause cause, Bytes reason) = 0;
  // Ends the association without a packet.
  virtual void Finish(AssocState state, uint32_t error) = 0;
  // T1, T2 or T3 has waited in vain.
  virtual void CountTimeout() = 0;
  // The peer has not answered on that path. This may end the association.
  virtual void CountError(Path& path) = 0;
  // The same for a HEARTBEAT, which says something of the peer only if its path is the one that data takes (section 8.1).
  virtual void CountMissedHeartbeat(Path& path) = 0;
  // The peer has shown that the address of the path is its own. False: it is another peer's.
  virtual bool Confirm(Path& path) = 0;

  bool IsClosed() const { return state() == TcbState::kClosed; }
  bool IsSettingUp() const { return state() == TcbState::kCookieWait || state() == TcbState::kCookieEchoed; }
};

}  // namespace mailport::sctp
