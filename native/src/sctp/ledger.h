// Ties an association to its socket, and counts what the association holds against the socket and the engine: what its peer has sent, and what the peer has not
// acknowledged. Knows whether the association's sender waits for room.
#pragma once

#include <cstdint>
#include <optional>

#include "leaving.h"
#include "types.h"

namespace mailport::sctp {

class Core;
class Inbound;
class Outbound;
class Socket;

// An association's items in its socket's queue: Socket's to keep.
struct UnreadItems {
  uint64_t first = 0, last = 0;  // Positions, if there are any.
  size_t count = 0;
  size_t bytes = 0;  // With what they cost beside.
};

class Ledger {
 public:
  Ledger(Core& core, AssocId id) : core_(core), id_(id) {}
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  Socket* socket() const { return socket_; }
  // From now on it is this socket's, with what is held and kept by now.
  void Attach(Socket& socket, Association& association, const Inbound& inbound, const Outbound& outbound);
  // The socket is not to be charged any more.
  void Detach(Association& association, const Outbound& outbound);
  // The socket has been closed: what is left to send is the engine's to count.
  void Leave(Association& association);
  // The association is over.
  void Close();

  // What peers have sent. False: that is too much, together with what the socket's other associations hold; only who adds to it is told so.
  bool ChargeReceived(const Inbound& inbound);
  // What may be held of this association at the moment; SIZE_MAX while memory is not short.
  size_t HoldLimit() const;
  // Whoever was told of a narrower window hears when memory is no longer short.
  void NoteIfSqueezed();
  void OnRelief() { squeezed_ = false; }

  // What was sent. `bytes` have been accepted, or are kept no longer.
  void Accept(size_t bytes, const Outbound& outbound);
  void Release(size_t bytes, const Outbound& outbound);
  // The peer has acknowledged something for good.
  void NoteProgress();
  // What is in the send buffer may exceed it by a message, as on Linux; a share may not be exceeded but by who has nothing else in it.
  bool HasSendRoom(size_t bytes, const Outbound& outbound) const;
  void AwaitRoom(const Outbound& outbound);  // A send was refused for want of room.
  void TellRoom(const Outbound& outbound);   // To a sender that waits, if there is enough.

  // All that the peer makes us hold, in the socket's queue too.
  size_t held_bytes() const { return charged_bytes_ + unread.bytes; }
  size_t charged_sends() const { return charged_sends_; }

  UnreadItems unread;

 private:
  void ChargeSends(const Outbound& outbound);
  void EndWait();

  Core& core_;
  const AssocId id_;
  Socket* socket_ = nullptr;
  // As the socket has them counted: what is held, of this what has outgrown the window, and what was sent.
  size_t charged_bytes_ = 0;
  size_t exempt_bytes_ = 0;
  size_t charged_sends_ = 0;
  bool waits_for_room_ = false;
  bool squeezed_ = false;  // The engine knows that the peer was told of a narrower window.
  std::optional<Leaving::Place> leaving_;
};

}  // namespace mailport::sctp
