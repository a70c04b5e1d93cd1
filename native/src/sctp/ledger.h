// Ties an association to its socket, and charges the socket and the engine for the data that the association holds: data that its peer has sent, and data that
// the peer has not acknowledged. Knows whether the association's sender waits for room.
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

// An association's items in its socket's queue. Socket keeps the numbers.
struct UnreadItems {
  uint64_t first = 0, last = 0;  // Positions, if there are any.
  size_t count = 0;
  size_t bytes = 0;  // Overhead included.
};

class Ledger {
 public:
  Ledger(Core& core, AssocId id) : core_(core), id_(id) {}
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  Socket* socket() const { return socket_; }
  // The association is this socket's from now on, with the data that it holds already.
  void Attach(Socket& socket, Association& association, const Inbound& inbound, const Outbound& outbound);
  // The socket is no longer charged.
  void Detach(Association& association, const Outbound& outbound);
  // The socket has been closed: the engine alone counts the data that is left to send.
  void Leave(Association& association);
  // The association is over.
  void Close();

  // Charges the data that the peer has sent. False: together with the socket's other associations, this one holds too much of messages that have outgrown their
  // windows. Only an association that adds to it gets false.
  bool ChargeReceived(const Inbound& inbound);
  // Whether a message of which `bytes` have come may go on though it has outgrown what may be held of this association.
  bool MayOutgrowLimit(size_t bytes, const Inbound& inbound) const;
  // How many bytes may be held of this association at present; SIZE_MAX while memory is not short.
  size_t HoldLimit() const;
  // Notes a peer that was told of a narrower window, so that it hears when memory is no longer short.
  void NoteIfSqueezed();
  void OnRelief() { squeezed_ = false; }

  // Sent data: `bytes` have been accepted, or are kept no longer.
  void Accept(size_t bytes, const Outbound& outbound);
  void Release(size_t bytes, const Outbound& outbound);
  // The peer has acknowledged something for good.
  void NoteProgress();
  // The last message may exceed the send buffer, as on Linux. A message may exceed the association's share only if the association holds no other.
  bool HasSendRoom(size_t bytes, const Outbound& outbound) const;
  void AwaitRoom(const Outbound& outbound);  // A send was refused for want of room.
  void TellRoom(const Outbound& outbound);   // Tells a sender that waits, if there is enough room.

  // All bytes that the peer makes us hold, those in the socket's queue included.
  size_t held_bytes() const { return charged_bytes_ + unread.bytes; }
  size_t charged_sends() const { return charged_sends_; }

  UnreadItems unread;

 private:
  void ChargeSends(const Outbound& outbound);
  void EndWait();

  Core& core_;
  Socket* socket_ = nullptr;
  // Bytes as the socket counts them: held; those of them that have outgrown the window; and sent.
  size_t charged_bytes_ = 0;
  size_t exempt_bytes_ = 0;
  size_t charged_sends_ = 0;
  const AssocId id_;
  bool waits_for_room_ = false;
  bool squeezed_ = false;  // The engine knows that the peer was told of a narrower window.
  std::optional<Leaving::Place> leaving_;
};

}  // namespace mailport::sctp
