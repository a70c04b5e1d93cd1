// One association (RFC 9260 section 4): composes the parts that do its work, hands each chunk to the part that handles it, and puts the chunks that they send
// into packets. Only here do sending, receiving and the handlers meet.
#pragma once

#include <optional>

#include "assoc_counters.h"
#include "association_events.h"
#include "autoclose.h"
#include "core.h"
#include "handshake.h"
#include "heartbeat.h"
#include "ledger.h"
#include "packet/control_queue.h"
#include "rx/acknowledger.h"
#include "rx/inbound.h"
#include "shutdown.h"
#include "tx/data_sender.h"

namespace mailport::sctp {

class Association final : private InboundSink,
                          private OutboundSink,
                          private PathOwner,
                          private Context,
                          private Handshake::View,
                          private Shutdown::View {
 public:
  Association(Core& core, Endpoint& endpoint, Socket& socket, const PacketRoute& route, uint16_t peer_port);
  ~Association() override;
  Association(const Association&) = delete;
  Association& operator=(const Association&) = delete;

  // --- Beginning
  void StartConnect(bool watched);
  // The peer has echoed a cookie of ours: the association is up, or is up again (5.2.4).
  void Establish(const CookieState& cookie);
  void Restart(const CookieState& cookie);
  void OnCookieOfOurs();                        // Action D of 5.2.4
  void OnCollision(const CookieState& cookie);  // Action B of 5.2.4
  void Tie(CookieState* cookie) { parts_->handshake.Tie(cookie); }
  bool IsTiedTo(const CookieState& cookie) const { return parts_->handshake.IsTiedTo(cookie); }

  // --- Packets
  void HandlePacket(const PacketRoute& from, const PacketHeader& header, ChunkReader chunks);
  // Sends the control chunks, acknowledgement and data that are due; `turn_ends` as in Engine::Flush.
  void Transmit(bool turn_ends);
  void ClearDirty() { dirty_ = false; }

  // --- The application (association_calls.cc)
  int Send(const SendParams& params, Bytes data);
  bool HasSendRoom(size_t bytes) const { return ledger_.HasSendRoom(bytes, parts_->outbound); }
  void AwaitRoom() { ledger_.AwaitRoom(parts_->outbound); }
  void TellRoom() { ledger_.TellRoom(parts_->outbound); }
  void OnConsumed(size_t bytes);
  void OnReading();
  void OnWindowChanged();
  void OnRelief();  // Memory is no longer short.
  void ApplyOptions();
  void DemandHeartbeat() { parts_->heartbeat.Demand(); }
  void RestartHeartbeats();  // The option has changed.
  void SetRemoteUdpPort(uint16_t port) { parts_->paths.primary().route.remote_udp_port = port; }
  void Unwatch() { events_.Watch(false); }
  void MoveTo(Socket& socket);

  // --- Ending
  void BeginShutdown();
  void DetachSocket();  // The socket closes; the association goes on to its end alone.
  void Abort(Cause cause, Bytes reason) override;
  void SendAbortNow();
  void Abandon() { Vanish(); }  // Nobody needs the association any more: no packet, no association change.
  void RepeatShutdownAck() { parts_->shutdown.RepeatAck(); }

  Socket* socket() const { return ledger_.socket(); }
  TcbState state() const override { return state_; }
  using Context::IsSettingUp;
  const Path& path() const { return parts_->paths.primary(); }
  const Inbound& inbound() const { return parts_->inbound; }
  const Outbound& outbound() const { return parts_->outbound; }
  const AssocCounters& counters() const { return counters_; }
  const Ledger& ledger() const { return ledger_; }
  UnreadItems& unread() { return ledger_.unread; }
  const PeerKey& peer() const { return peer_; }
  const Terms& terms() const override { return terms_; }
  uint16_t udp_port() const { return path().route.remote_udp_port; }
  // Whether the peer may have this address, by what its INIT listed. True for any address if the INIT listed more than were kept.
  bool MayHave(const IpAddress& address) const;
  // The most payload that a chunk to this peer may have (RFC 6458 section 8.1.16). FragmentBytes: the size that messages are cut to, which may be less.
  size_t FragmentationPoint() const;
  size_t FragmentBytes() const;

  const AssocId id;
  AssocOptions options;
  Association* next_alike = nullptr;  // PeerTable keeps this link.
  Endpoint& endpoint;

 private:
  friend class Core;

  // The parts that last for one life of the peer: a restart replaces them.
  struct Parts {
    Parts(Association& association, const PacketRoute& route, size_t max_packet_bytes);
    // Stops all timers. The parts are destroyed later, as the association may end inside a call of one of them.
    void Stop();
    PathSet paths;
    Inbound inbound;
    Outbound outbound;
    DataSender sender;
    Acknowledger acks;
    Handshake handshake;
    Shutdown shutdown;
    Heartbeat heartbeat;
    ControlQueue control;
  };

  // InboundSink
  bool OnMessage(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned) override;
  bool IsReading() const override;
  size_t HoldLimit() const override { return ledger_.HoldLimit(); }
  void OnStuck() override;
  // OutboundSink
  void OnSendFailed(const FailedSend& failed) override { events_.SendFailed(failed, failure_cause_); }
  // PathOwner
  void OnT3(Path& path) override;
  void OnHeartbeatTimer(Path& path) override;
  void OnPathChange(const Path& path) override;
  // Context
  TimeUs now() const override { return core_.now; }
  uint32_t Random32() override { return core_.Random32(); }
  uint32_t RandomTag() override { return core_.RandomTag(); }
  void Enter(TcbState state) override { state_ = state; }
  const AssocOptions& assoc_options() const override { return options; }
  void QueueChunk(uint8_t type, uint8_t flags, Bytes value) override;
  void SendAlone(uint8_t type, uint8_t flags, Bytes value, uint32_t tag) override;
  void WantTransmit() override { core_.MarkDirty(*this); }
  void Finish(AssocState state, uint32_t error) override;
  void CountTimeout() override { ++core_.stats.timeouts; }
  void CountError(Path& path) override;
  // Handshake::View
  Offer OfferNow() const override;
  const InitMsg& init_options() const override;
  void SetTerms(const Terms& terms) override { terms_ = terms; }
  void SendCookieEcho(Bytes cookie) override;
  void OnPeerKnown(const PacketRoute& from, const ListedAddresses& listed) override;
  void OnEstablished(AssocState change) override;
  // Shutdown::View
  bool HasSocket() const override { return socket() != nullptr; }
  bool IsDrained() const override { return parts_->outbound.empty(); }
  uint32_t FirstUnacknowledged() const override { return parts_->outbound.first_tsn(); }
  uint32_t ReceivedUpTo() const override { return parts_->inbound.cumulative_tsn(); }
  bool HoldsPeerUp() const override { return HasSocket() && parts_->inbound.HoldsPeerUp(); }
  void StopAcknowledging() override { parts_->acks.Reset(); }
  void NotifyShutdown() override { events_.Shutdown(); }

  // --- Chunks (association_chunks.cc)
  // A handler returns false if it did not accept the chunk: malformed, out of place, old.
  using Handler = bool (Association::*)(const PacketRoute& from, const Chunk& chunk);
  static Handler HandlerOf(uint8_t type);
  static bool TravelsAlone(const Chunk& chunk);
  bool TakesPacket(const PacketHeader& header, const Chunk& first, bool alone) const;
  bool TakesData() const;
  void LearnRoute(const PacketRoute& from);
  bool OnData(const PacketRoute& from, const Chunk& chunk);
  bool OnInitAck(const PacketRoute& from, const Chunk& chunk);
  bool OnSack(const PacketRoute& from, const Chunk& chunk);
  bool OnHeartbeat(const PacketRoute& from, const Chunk& chunk);
  bool OnHeartbeatAck(const PacketRoute& from, const Chunk& chunk);
  bool OnAbort(const PacketRoute& from, const Chunk& chunk);
  bool OnShutdown(const PacketRoute& from, const Chunk& chunk);
  bool OnShutdownAck(const PacketRoute& from, const Chunk& chunk);
  bool OnError(const PacketRoute& from, const Chunk& chunk);
  bool OnCookieAck(const PacketRoute& from, const Chunk& chunk);
  bool OnShutdownComplete(const PacketRoute& from, const Chunk& chunk);
  bool OnEcn(const PacketRoute& from, const Chunk& chunk);
  bool OnOutOfPlace(const PacketRoute& from, const Chunk& chunk);
  bool OnUnknownChunk(const Chunk& chunk);  // False: the rest of the packet is skipped.
  // `bytes` of sent payload are kept no longer.
  void Release(size_t bytes);
  void AfterAcknowledgement(const SackOutcome& outcome);
  void ReportError(Cause cause, Bytes info);

  // --- Packets (association_packets.cc)
  PacketBuilder NewPacket(uint32_t tag);
  // Sends the builder's last packet, and counts all packets that the builder has sent. Call it once for each builder.
  void SendPacket(PacketBuilder& packet);
  void AddSack(PacketBuilder& packet);
  void AddData(PacketBuilder& packet);
  bool MaySendData() const;
  void TellWindow();  // Demands a SACK if the peer should hear that the window has grown.

  // --- Beginning and end
  // Begins a life of the association on the present terms.
  void Begin(AssocState change);
  bool HasListed() const { return !listed_.addresses.empty() || listed_.lists_more; }
  void KeepListed(const ListedAddresses& listed);
  void Vanish();  // Ends the association without an association change (AS-6).
  // Reports the sends that failed, and leaves all tables. Afterwards `this` only waits to be destroyed.
  void LeaveTables();
  void FailAll();
  void OnAutoclose();

  Core& core_;
  const PeerKey peer_;
  Ledger ledger_;
  AssociationEvents events_;
  AssocCounters counters_;
  TcbState state_ = TcbState::kClosed;
  Terms terms_;
  ListedAddresses listed_;
  bool dirty_ = false;
  bool stuck_ = false;           // The socket has been told that a message waits until it reads.
  uint32_t failure_cause_ = 0;   // The cause in send_failed events.
  size_t report_bytes_ = 0;      // Size of the ERRORs for the packet at hand.
  Autoclose autoclose_;
  std::optional<Parts> parts_;
};

}  // namespace mailport::sctp
