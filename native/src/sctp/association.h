// One association: its state machine (RFC 9260 section 4) and the parts that do its work. The parts of the state machine are in files by
// concern: association.cc (life), association_handshake.cc, association_input.cc, association_receive.cc, association_transmit.cc,
// association_shutdown.cc.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "assoc_counters.h"
#include "core.h"
#include "rx/inbound.h"
#include "packet/init_chunk.h"
#include "tx/outbound.h"
#include "packet/packet.h"
#include "path.h"
#include "socket_options.h"

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

// An association's items in its socket's queue: Socket's to keep.
struct UnreadItems {
  uint64_t first = 0, last = 0;  // Positions, if there are any.
  size_t count = 0;
  size_t bytes = 0;  // With what they cost beside.
};

class Association final : private InboundSink, private OutboundSink {
 public:
  Association(EngineImpl& core, Endpoint& endpoint, Socket& socket, const PacketRoute& route, uint16_t peer_port);
  ~Association() override;
  Association(const Association&) = delete;
  Association& operator=(const Association&) = delete;

  // --- association_handshake.cc
  void StartConnect(bool watched);
  // The peer has echoed a cookie of ours: the association is up, or is up again (5.2.4).
  void Establish(const CookieState& cookie);
  void Restart(const CookieState& cookie);
  void OnCookieOfOurs();  // Action D of 5.2.4
  void OnCollision(const CookieState& cookie);  // Action B of 5.2.4
  // Marks a cookie as one for a peer of this association that begins again (5.2.2), and knows it again.
  void Tie(CookieState* cookie);
  bool IsTiedTo(const CookieState& cookie) const;

  // --- association_input.cc
  void HandlePacket(const PacketRoute& from, const PacketHeader& header, ChunkReader chunks);

  // --- association_receive.cc
  void OnConsumed(size_t bytes);
  void OnReading();
  void OnWindowChanged();
  void OnRelief();  // Memory is no longer short.

  // --- association_transmit.cc
  void Transmit(bool turn_ends);

  // --- association_shutdown.cc
  void Shutdown();
  void DetachSocket();  // The socket closes; the association goes on to its end alone.
  void Abort(Cause cause, Bytes reason);
  void RetransmitShutdownAck();

  // --- association.cc
  int Send(const SendParams& params, Bytes data);
  void MoveTo(Socket& socket);
  void Unwatch() { watched_ = false; }
  bool HasSendRoom(size_t bytes) const;
  void AwaitRoom();  // A send was refused for want of room.
  void TellRoom();   // To a sender that waits, if there is enough.
  void SendAbortNow();
  void ApplyOptions();
  // The most payload that a chunk to this peer may have (RFC 6458 section 8.1.16), and what messages are cut to, which may be less.
  size_t FragmentationPoint() const;
  size_t FragmentBytes() const;
  void DemandHeartbeat();
  void RestartHeartbeats();  // The option has changed.
  void SetRemoteUdpPort(uint16_t port) { path_.route.remote_udp_port = port; }
  void Abandon();  // Nobody cares any more: no packet, no event.

  void ClearDirty() { dirty_ = false; }

  Socket* socket() const { return socket_; }
  TcbState state() const { return state_; }
  bool IsSettingUp() const { return state_ == TcbState::kCookieWait || state_ == TcbState::kCookieEchoed; }
  const Path& path() const { return path_; }
  const Inbound& inbound() const { return inbound_; }
  const Outbound& outbound() const { return outbound_; }
  const AssocCounters& counters() const { return counters_; }
  // All that the peer makes us hold, in the socket's queue too.
  size_t held_bytes() const { return charged_bytes_ + unread.bytes; }
  size_t charged_sends() const { return charged_sends_; }
  const PeerKey& peer() const { return peer_; }
  uint32_t local_tag() const { return local_tag_; }
  uint32_t peer_tag() const { return peer_tag_; }
  uint32_t local_initial_tsn() const { return local_initial_tsn_; }
  uint16_t outbound_streams() const { return outbound_streams_; }
  uint16_t inbound_streams() const { return inbound_streams_; }
  uint16_t udp_port() const { return path_.route.remote_udp_port; }
  // Whether the address is the peer's as far as its INIT said: more may have been listed than were kept.
  bool MayHave(const IpAddress& address) const;

  const AssocId id;
  AssocOptions options;
  UnreadItems unread;
  Association* next_alike = nullptr;  // PeerTable's to keep.
  Endpoint& endpoint;

 private:
  friend class EngineImpl;

  // InboundSink
  bool OnMessage(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned) override;
  bool IsReading() const override;
  size_t HoldLimit() const override;
  void OnStuck() override;
  // OutboundSink
  void OnSendFailed(const FailedSend& failed) override;

  // association.cc
  Item NewItem(ItemKind kind) const;
  void NotifyAssocChange(AssocState state, uint32_t error);
  // What was held is gone: acknowledged, or too old.
  void NotifyIfDry();
  void NotifyAddress(PeerAddrState state, uint32_t error);
  // The end: tells the socket, reports what was not delivered, and leaves all tables. `this` is as good as gone afterwards.
  void Finish(AssocState state, uint32_t error);
  void Vanish();  // The same without an association change (AS-6).
  void LeaveTables();
  void LeaveSocket();
  void KeepPeerAddresses(const std::vector<IpAddress>& addresses, bool lists_more);
  void ReleaseSend(size_t bytes);
  // What is kept of what was sent has changed: the socket and the engine have it counted, of a closed socket's association the engine alone.
  void RechargeSends();
  void EndWait();
  void CountError();  // May be the end of the association.
  void ClearErrors();
  void ClearPathErrors();
  void OnAutoclose();
  bool closed() const { return state_ == TcbState::kClosed; }

  // association_handshake.cc
  void SendInit();
  void SendCookieEcho();
  bool OnInitAck(const PacketRoute& from, const Chunk& chunk);
  bool OnCookieAck();
  bool OnStaleCookie(uint32_t staleness_us);
  void StartT1();
  void OnT1();
  void EnterEstablished(AssocState change);
  void StartHeartbeats();

  // association_input.cc
  static bool TravelsAlone(const Chunk& chunk);
  bool TakesPacket(const PacketHeader& header, const Chunk& first, bool alone) const;
  void LearnRoute(const PacketRoute& from);
  bool HandleChunk(const PacketRoute& from, const Chunk& chunk);
  bool TakesData() const;
  // Of these each is false if the chunk was not accepted: malformed, out of place, old.
  bool OnData(const Chunk& chunk);
  bool OnSack(const Chunk& chunk);
  bool OnHeartbeat(const PacketRoute& from, const Chunk& chunk);
  bool OnHeartbeatAck(const Chunk& chunk);
  bool OnAbort(const Chunk& chunk);
  bool OnError(const Chunk& chunk);
  void ReportError(Cause cause, Bytes info);
  bool OnUnknownChunk(const Chunk& chunk);  // False: the rest of the packet is not looked at.
  void AfterAcknowledgement(const SackOutcome& outcome);

  // association_receive.cc
  // Charges the socket and the engine with what is held. False: that is too much, together with what the socket's other associations hold.
  bool Recharge();
  void NoteIfSqueezed();
  void TellWindow();  // If the peer should hear that it has grown.

  // association_transmit.cc
  void QueueControl(uint8_t type, uint8_t flags, Bytes value);
  void SendSack(PacketBuilder& packet);
  size_t SackBytesIn(size_t room) const;
  void SendRetransmissions(PacketBuilder& packet);
  void SendNewData(PacketBuilder& packet);
  bool MaySendData() const;
  bool NagleHolds(size_t room) const;
  void OnT3();
  void OnSackTimer();
  void OnHeartbeatTimer();
  TimeUs HeartbeatDelay() const;
  void SendHeartbeat();
  void NoteActivity() { last_activity_us_ = core_.now; }

  // association_shutdown.cc
  bool OnShutdown(const Chunk& chunk);
  bool OnShutdownAck();
  bool OnShutdownComplete();
  void ContinueShutdown();  // Sends SHUTDOWN or SHUTDOWN ACK once everything is acknowledged.
  void SendShutdown();
  void SendShutdownAck();
  void OnT2();
  bool HoldsPeerUp() const;  // The peer wants to send before it ends, and our owner does not read.
  void StartGuard();
  void OnShutdownGuard();
  void OnClosedTimer();

  void SendPacket(PacketBuilder& packet);
  void SendAlone(uint8_t type, uint8_t flags, Bytes value, uint32_t tag);
  PacketBuilder NewPacket(uint32_t tag);

  EngineImpl& core_;
  Socket* socket_;
  PeerKey peer_;
  std::vector<IpAddress> other_addresses_;
  bool lists_more_ = false;  // Than these.
  Path path_;
  Inbound inbound_;
  Outbound outbound_;
  AssocCounters counters_;
  TcbState state_ = TcbState::kClosed;
  bool watched_ = false;
  bool wants_writable_ = false;        // A send was refused for want of room.
  bool dirty_ = false;
  bool fast_retransmit_ = false;       // The next packet of retransmissions may exceed the window (7.2.4, step 3).
  bool sack_now_ = false;              // An acknowledgement must leave.
  bool sack_whole_ = false;            // It is our own doing that it leaves, and may be as long as it takes.
  bool sack_soon_ = false;             // An acknowledgement should leave when the turn ends (I bit).
  bool heard_since_t3_ = false;        // A SACK has come since T3 expired last.
  bool probing_ = false;               // What is on its way was sent to a peer that has no room for it.
  bool heartbeat_unanswered_ = false;
  bool shutdown_told_ = false;
  bool squeezed_ = false;              // The engine knows that the peer was told of a narrower window.
  bool stuck_ = false;                 // The socket knows that a message waits for it to read.
  bool shutdown_due_ = false;          // A SHUTDOWN must leave with the next packet, one however often it was asked for.
  uint16_t outbound_streams_ = 0, inbound_streams_ = 0;
  uint32_t local_tag_ = 0, peer_tag_ = 0;
  uint32_t local_initial_tsn_ = 0;
  uint32_t peer_buffer_bytes_ = 0;  // The window that the peer began with; 0 until it is known.
  uint32_t local_tie_tag_ = 0, peer_tie_tag_ = 0;  // 0 until an INIT makes them necessary.
  uint32_t packets_since_sack_ = 0;
  size_t bytes_since_sack_ = 0;  // Of the packets with data that it will answer.
  // As the socket has them counted: what is held, of this what has outgrown the window, and what was sent.
  size_t charged_bytes_ = 0;
  size_t exempt_bytes_ = 0;
  size_t charged_sends_ = 0;
  std::optional<Leaving::Place> leaving_;  // Its socket has been closed.
  uint32_t error_count_ = 0;
  uint32_t failure_cause_ = 0;  // What send_failed events say.
  uint32_t attempts_ = 0;
  uint32_t stale_cookies_ = 0;
  uint32_t cookie_preservative_ms_ = 0;
  size_t report_bytes_ = 0;  // ERRORs for the packet at hand.
  std::array<uint8_t, 12> heartbeat_{};  // What the last HEARTBEAT held: the parameter's header, and 64 random bits.
  TimeUs heartbeat_sent_us_ = 0;
  TimeUs last_activity_us_ = 0;
  std::vector<uint8_t> cookie_;   // To be echoed.
  std::vector<uint8_t> control_;  // Control chunks for the next packet, each padded.
  std::optional<uint32_t> peer_adaptation_;
  TimeUs guard_ends_us_ = 0;   // However much the peer still sends.
  uint32_t guard_mark_ = 0;    // What had come from the peer when the guard was started.
  uint32_t closed_mark_ = 0;   // What the peer had acknowledged when the timer of a closed socket was started.
  bool lingers_ = false;       // The closed socket's linger time bounds what is left, not the patience with a peer that takes nothing.
  Timer t1_, t2_, t3_, guard_, closed_timer_, sack_timer_, heartbeat_timer_, autoclose_timer_;
};

}  // namespace mailport::sctp
