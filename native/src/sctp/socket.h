// A socket of the application: its options, the queue of items that the application has not been given yet, and the credit that says how much the application
// wants. All associations of a socket share one queue, as in the kernel.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "capabilities.h"
#include "core.h"
#include "rx/inbound.h"
#include "socket_options.h"

namespace mailport::sctp {

// The item that hands a peer's message to its receiver.
Item DataItem(AssocId assoc, const PeerKey& peer, const InboundMessage& message, Bytes payload);

class Socket {
 public:
  Socket(Core& core, Endpoint& endpoint, SocketId the_id, const OpenParams& params);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // Gives an item to the application, or queues it. `owned` holds the payload and may be moved from, or is null.
  // True if the application has it.
  bool Deliver(const Item& item, std::vector<uint8_t>* owned);
  // The same for events, which are dropped if not subscribed to.
  void Notify(const Item& item, uint32_t event_bit);
  void NotifyConnect(const Item& item);
  void SetCredit(Credit credit) { credit_ = credit; }
  // Delivers nothing from now on: the socket is about to go.
  void Silence();
  void Drain();
  // The socket has been taken from the list of sockets that the host had no room for.
  void Unblock() { blocked_ = false; }
  bool IsReading() const { return credit_.IsLeft() && queue_.empty(); }
  // The association has a message that can only go on growing while this socket reads. The socket tells the association once when it reads again.
  void NoteStuck(AssocId assoc) { stuck_.push_back(assoc); }
  // Whether further peers may come. Each peer leaves events and, when it has gone, unread data, which no window bounds any more.
  bool HasPeerRoom() const {
    return queued_items_ - queued_data_ < kMaxUnreadEvents && ended_bytes_ <= charges.limit() / 4 && !charges.IsFull();
  }
  bool HasUnreadData() const { return queued_data_ != 0; }
  // Moves the queued items of one association to another socket, in order (PO-7, PO-13).
  void MoveQueue(Association& association, Socket& to);

  void AddAssociation(Association& association);
  void RemoveAssociation(Association& association);
  const std::vector<Association*>& associations() const { return associations_; }
  // The association of this socket whose peer has that address and port; null if there is none.
  Association* FindByAddress(const PeerKey& peer) const;
  Association* Find(AssocId assoc) const;  // On a one-to-one socket any id means its own (SD-11).

  // As in the kernel: an option without an id is the socket's; at a one-to-one socket with an association, it is that association's.
  Association* FindForOption(AssocId assoc) const { return assoc == 0 && !params.one_to_one ? nullptr : Find(assoc); }

  // Payload that the associations have to send, or to keep until it is acknowledged; each has a send buffer of its own (RFC 6458 section 8.1.10).
  void ChargeSend(size_t bytes) { sent_bytes_ += bytes; }
  void ReleaseSend(size_t bytes) { sent_bytes_ -= bytes; }
  // A send of that association, which was refused for want of room, may be tried again.
  void NotifyWritable(AssocId assoc);

  // Associations that wait at a listening one-to-one socket to be accepted, as sockets of their own. Up to backlog + 1 may wait (Linux: sk_acceptq_is_full).
  bool HasAcceptRoom() const { return !params.one_to_one || accepted_.size() <= backlog; }
  bool listening() const { return backlog != 0; }
  void AddAccepted(SocketId accepted);
  // The oldest waiting socket; 0 if none waits: then the next one is announced (kAcceptable).
  SocketId TakeAccepted();

  // The bound for messages that have outgrown their windows, as nothing else bounds them: all associations together may hold as much as one message.
  static constexpr size_t kMaxExemptBytes = Inbound::kMaxMessageBytes;
  void CountExempt(size_t before, size_t now) { exempt_bytes_ += now - before; }
  bool HasExemptRoom() const { return exempt_bytes_ <= MaxExemptBytes() && !charges.IsFull(); }
  // Whether one more may join them, which `bytes` have come of; also if it could not even if it were the only one. `uncounted`: bytes that are not counted yet.
  bool MayOutgrowLimit(size_t bytes, size_t uncounted) const {
    return bytes > MaxExemptBytes() || (exempt_bytes_ + uncounted + bytes <= MaxExemptBytes() && !charges.IsFull());
  }

  // Whether there is room for one more event that a peer can cause as often as it likes.
  bool HasRoomForPeersEvents() const { return queued_items_ - queued_data_ < kMaxUnreadEventsOfPeers; }

  // The UDP port that packets go to when this socket calls a peer's SCTP port.
  uint16_t UdpPortOf(uint16_t port) const { return options.remote_udp_port != 0 ? options.remote_udp_port : port; }

  size_t queued_bytes() const { return queued_bytes_; }
  // Held bytes that ended associations have left.
  size_t ended_bytes() const { return ended_bytes_; }
  size_t sent_bytes() const { return sent_bytes_; }
  const Credit& credit() const { return credit_; }
  size_t WindowBytes() const;
  // The offer that an association of this socket makes to a peer.
  Offer OfferNow() const;
  // The same, in common with the associations that were offered it before.
  const Shared<Offer>& SharedOffer();

  static constexpr size_t kMaxHeldBytes = size_t{128} << 20;  // By default.
  static constexpr uint32_t kMaxBacklog = 4096;  // As Linux's net.core.somaxconn.

  Core& core;
  Endpoint& endpoint;
  const SocketId id;
  const OpenParams params;
  Charges charges;  // Data that peers have sent.
  Charges sends;    // Data that peers have not acknowledged.
  SocketOptions options;
  uint32_t backlog = 0;  // 0: the socket does not listen.
  bool peeled = false;
  bool bound = true;  // The socket opened its port; peeled-off and accepted sockets use another socket's.
  bool was_associated = false;  // A one-to-one socket serves one association in its life.

 private:
  size_t MaxExemptBytes() const { return std::min(kMaxExemptBytes, charges.limit() / 2); }
  // One item, without the fields that all data of an association has in common.
  struct Queued {
    uint64_t next = 0;            // Position of the association's next item, if it has one.
    std::vector<uint8_t> payload;
    std::unique_ptr<Item> event;  // Null: data.
    AssocId assoc = 0;
    uint32_t ppid = 0, tsn = 0;
    uint16_t stream = 0, ssn = 0;
    uint8_t path = 0;             // The peer's address that it came from, by number.
    bool unordered = false;
    bool moved = false;           // The item went to another socket: only the place is left.

    bool is_data() const { return event == nullptr; }
    size_t Charge() const;
  };
  // The record of an ended association: where its unread items came from.
  struct Ended {
    PeerKey peer;
    size_t count;
  };
  static constexpr size_t kMaxUnreadEvents = 1u << 16;  // Beyond that, no new associations and no restarts.
  // Beyond that many events, errors that peers report are dropped, and re-configurations that they ask for are denied.
  static constexpr size_t kMaxUnreadEventsOfPeers = 256;

  void Enqueue(const Item& item, std::vector<uint8_t>* owned);
  void Append(Queued queued);
  Item ItemOf(const Queued& queued) const;
  void CountOff(const Queued& queued);
  void CountOffEnded(AssocId assoc, size_t bytes);
  void PopFront();
  void DropMoved();
  void Block();

  std::deque<Queued> queue_;       // Never begins with a place whose item has moved.
  uint64_t front_position_ = 0;    // Position of queue_'s first place; positions count every place there ever was.
  size_t queued_items_ = 0;        // Places that hold an item.
  std::vector<AssocId> stuck_;
  std::vector<Association*> associations_;  // In any order; each knows its place.
  Shared<Offer> last_offer_;
  Credit credit_;
  bool blocked_ = false;
  bool silent_ = false;
  bool wants_accept_ = false;
  std::deque<SocketId> accepted_;
  std::unordered_map<AssocId, Ended> ended_;
  size_t queued_bytes_ = 0;
  size_t queued_data_ = 0;
  size_t ended_bytes_ = 0;  // Queued items of ended associations, overhead included.
  size_t sent_bytes_ = 0;
  size_t exempt_bytes_ = 0;
};

}  // namespace mailport::sctp
