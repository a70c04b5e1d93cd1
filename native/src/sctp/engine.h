// An SCTP stack (RFC 9260) without sockets, clock, threads or randomness of its own: packets, calls and the time go in; packets,
// items and the next deadline come out. One engine serves one JavaScript environment. Mirrors RFC 6458's one-to-many sockets.
//
// Calls that can fail return 0 or a positive errno value. Every call may leave packets to be sent: call Flush() at the end of a
// turn, and RunTimers() when NextDeadline() has come.
#pragma once

#include <memory>
#include <vector>

#include "host.h"
#include "option.h"
#include "types.h"

namespace mailport::sctp {

struct OpenParams {
  CarrierId carrier = 0;
  uint16_t port = 0;             // SCTP port; never 0 (the host knows what its carrier got).
  uint8_t family = 4;            // 4, or 6 (which talks to IPv4 peers too if the carrier is dual-stack).
  bool one_to_one = false;       // RFC 6458 section 4: at most one association.
  uint16_t remote_udp_port = 0;  // UDP port of peers (RFC 6951); 0: the same as their SCTP port.
  uint32_t max_window_bytes = 0; // Bytes that the carrier's receive buffer holds; 0: no bound. Caps every advertised window.
  std::vector<CarrierId> further_carriers = {};  // One for each further address that the socket is bound to.
};

struct Stats {  // Monotonic counters of an engine; read-outs of kStats in this order.
  uint64_t packets_in = 0, packets_out = 0, data_chunks_in = 0, data_chunks_out = 0, retransmissions = 0, fast_retransmits = 0,
           timeouts = 0, duplicates = 0, bad_packets = 0, out_of_the_blue = 0, associations = 0, queued_in_bytes = 0,
           queued_out_bytes = 0, queued_in_items = 0, events_dropped = 0, unauthenticated = 0;
};

class Association;
class Core;

class Engine {
 public:
  explicit Engine(Host& host);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Tells the time. Call it first in every turn; all below happens at that time.
  void SetNow(TimeUs now);
  // A packet has arrived (without its UDP header). Anything may be in it.
  void Input(const PacketRoute& from, Bytes packet);
  // The network, or the host itself, says that a packet was too big: of those to `to` only such of `bytes` pass. `quoted`: how the packet began, with the common
  // header at least. That says whether it was ours, and any number may be in the message: see PathMtu::OnTooBig.
  void OnTooBig(const PacketRoute& to, Bytes quoted, size_t bytes);
  // Runs the timers that are due. NextDeadline: when to call again, kNever if there is no timer.
  void RunTimers();
  TimeUs NextDeadline() const;
  // Sends the acknowledgements and data of this turn, bundled. `turn_ends` false: the application is about to run, so an acknowledgement that could travel with
  // its answer waits for the Flush after it.
  void Flush(bool turn_ends = true);
  bool NeedsFlush() const;
  // There is room for senders that wait, and some of them have not been told yet: a further Flush tells them.
  bool OwesSendRoom() const;

  // EADDRINUSE if another socket has one of these carriers with this port.
  int Open(const OpenParams& params, SocketId* socket);
  // Another carrier for the socket, or one less: for associations to come, and for present ones whose peers can be told (RFC 5061). EADDRINUSE,
  // EBUSY: the last one stays, EINVAL: the socket does not have it.
  int AddCarrier(SocketId socket, CarrierId carrier);
  int RemoveCarrier(SocketId socket, CarrierId carrier);
  // Accepts associations from peers; a backlog of 0 ends that. At a one-to-one socket up to backlog + 1 associations wait for Accept, as on Linux. At other
  // sockets it only matters whether the backlog is 0.
  int Listen(SocketId socket, uint32_t backlog);
  // Starts an association with a peer that has these addresses; the first one is the primary address. `watch`: its first association change comes as kConnectResult, past queue and credit.
  // EISCONN, EALREADY, EADDRNOTAVAIL (peeled off), EINVAL.
  int Connect(SocketId socket, std::span<const IpAddress> addresses, uint16_t port, bool watch, AssocId* assoc);
  // The change that `watch` asked for comes as an ordinary item after all.
  void Unwatch(SocketId socket, AssocId assoc);
  // Queues one message. EAGAIN: the association's send buffer is full, kWritable will come. EPIPE, ESHUTDOWN, EINVAL, EMSGSIZE (SD-10).
  int Send(SocketId socket, const SendParams& params, Bytes data);
  // Re-configuration (RFC 6525). `directions`: kResetIncoming, kResetOutgoing or both; no streams are all of them. The outcome comes as an event. Messages that are
  // sent from now on to streams that are to begin anew leave when that is done. ENOPROTOOPT: an end does not know it, or this one has not enabled it
  // (kEnableStreamReset). EINPROGRESS: a request is under way. ENOTCONN, EINVAL.
  int ResetStreams(SocketId socket, AssocId assoc, uint32_t directions, std::span<const uint32_t> streams);
  int ResetAssociation(SocketId socket, AssocId assoc);
  int AddStreams(SocketId socket, AssocId assoc, uint16_t inbound, uint16_t outbound);
  // Moves one association, with the items queued for it, to a new one-to-one socket (PO-7). The new socket's credit is 0.
  int PeelOff(SocketId socket, AssocId assoc, SocketId* peeled);
  // Gives the oldest association that waits at a listening one-to-one socket, as a socket of its own with a credit of 0. EAGAIN: none waits, kAcceptable will
  // come. EINVAL: not listening. EOPNOTSUPP: one-to-many.
  int Accept(SocketId socket, SocketId* accepted);
  // Ends the socket: the id is dead at once, nothing more is delivered. Its associations shut down gracefully, or are aborted if
  // `abort`, linger {1, 0} or unread data say so (CL-7, CL-9, CL-10).
  int Close(SocketId socket, bool abort);
  // Sends an ABORT for every association there is, and forgets them: the environment ends now.
  void AbortAll();

  // How many items may be delivered, and how many bytes of payload; the item that uses up the bytes is delivered whole. 0 is passive.
  // Takes effect at once, in the middle of a batch too.
  void SetCredit(SocketId socket, uint32_t items, uint32_t bytes = kUnlimitedCredit);
  uint32_t credit(SocketId socket) const;
  // Delivers queued items up to credit and room. Call it after SetCredit and when Deliver has room again.
  void Drain(SocketId socket);
  // Sockets whose items Deliver refused; each wants a Drain.
  bool HasBlockedSockets() const;
  void DrainBlocked();

  // The key may name an address of the peer, with the association or instead of it. EINVAL: no peer has it, or that of another association.
  int SetOption(SocketId socket, Option option, const OptionKey& key, std::span<const uint32_t> values);
  int GetOption(SocketId socket, Option option, const OptionKey& key, std::vector<uint32_t>* values) const;
  int SetOption(SocketId socket, Option option, AssocId assoc, std::span<const uint32_t> values) { return SetOption(socket, option, OptionKey{assoc, {}, 0}, values); }
  int GetOption(SocketId socket, Option option, AssocId assoc, std::vector<uint32_t>* values) const {
    return GetOption(socket, option, OptionKey{assoc, {}, 0}, values);
  }
  // The id of the association with that peer, 0 if none.
  AssocId FindAssociation(SocketId socket, const IpAddress& peer, uint16_t port) const;
  int PeerNames(SocketId socket, AssocId assoc, std::vector<PeerName>* names) const;
  // The local addresses of an association: what its peer was told, or the one that its packets come to, if that is known. `assoc` 0: the only association of a
  // one-to-one socket.
  int LocalNames(SocketId socket, AssocId assoc, std::vector<IpAddress>* addresses) const;
  // Packets of this carrier are marked in another way, so that other queues may take them: what is known of congestion is void (RFC 9260 section 7.2.5.1).
  void OnMarkingChanged(CarrierId carrier);
  // How many associations still use this carrier, those of closed sockets included. At 0 the host may close the carrier.
  size_t AssociationsOn(CarrierId carrier) const;
  // Both tell the host how long to wait for associations of closed sockets. ClosingProgress is a number that changes whenever one of them comes nearer to its
  // end. HasLingering: one of them lingers for a time that the user has set.
  uint64_t ClosingProgress() const;
  bool HasLingering() const;
  // Bytes that the socket holds: received and not delivered, sent and not acknowledged.
  void QueuedBytes(SocketId socket, size_t* in, size_t* out) const;
  const Stats& stats() const;

 private:
  // The association that a call of re-configuration is for.
  int FindForReconfig(SocketId socket, AssocId assoc, Association** association);

  std::unique_ptr<Core> core_;
};

}  // namespace mailport::sctp
