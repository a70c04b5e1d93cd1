// One association (RFC 9260 section 4): composes the parts that do its work, hands each chunk to the part that handles it, and puts the chunks that they send
// into packets. Only here do sending, receiving and the handlers meet.
#pragma once

#include <optional>

#include "assoc_counters.h"
#include "asconf.h"
#include "association_events.h"
#include "auth.h"
#include "autoclose.h"
#include "core.h"
#include "handshake.h"
#include "heartbeat.h"
#include "ledger.h"
#include "packet/control_queue.h"
#include "reconfig.h"
#include "rx/acknowledger.h"
#include "rx/inbound.h"
#include "shared.h"
#include "shutdown.h"
#include "tx/data_sender.h"
#include "tx/forward_sender.h"

namespace mailport::sctp {

class Association final : private InboundSink,
                          private OutboundSink,
                          private PathOwner,
                          private Context,
                          private Handshake::View,
                          private Reconfig::View,
                          private Shutdown::View,
                          private Asconf::View {
 public:
  Association(Core& core, Endpoint& endpoint, Socket& socket, const PacketRoute& route, uint16_t peer_port);
  ~Association() override;
  Association(const Association&) = delete;
  Association& operator=(const Association&) = delete;

  // --- Beginning
  // `further`: the ways to the peer's other addresses that the user has given.
  void StartConnect(std::span<const PacketRoute> further, bool watched);
  // The peer has echoed a cookie of ours: the association is up, or is up again (5.2.4).
  // A COOKIE ECHO has come from there.
  void Establish(const CookieState& cookie, const PacketRoute& from);
  void Restart(const CookieState& cookie, const PacketRoute& from);
  void OnCookieOfOurs(const PacketRoute& from);                          // Action D of 5.2.4
  void OnCollision(const CookieState& cookie, const PacketRoute& from);  // Action B of 5.2.4
  void Tie(CookieState* cookie) { parts_->handshake.Tie(cookie); }
  bool IsTiedTo(const CookieState& cookie) const { return parts_->handshake.IsTiedTo(cookie); }

  // --- Packets
  // `key`: of a packet whose chunks have been authenticated already, the key's identifier.
  void HandlePacket(const PacketRoute& from, const PacketHeader& header, ChunkReader chunks, std::optional<uint16_t> key = {});
  // Sends the control chunks, acknowledgement and data that are due; `turn_ends` as in Engine::Flush.
  void Transmit(bool turn_ends);
  void ClearDirty() { dirty_ = false; }

  // --- The application (association_calls.cc)
  int Send(const SendParams& params, Bytes data);
  bool HasSendRoom(size_t bytes) const { return ledger_.HasSendRoom(bytes, parts_->outbound); }
  // Makes room for a message by giving up less important ones (RFC 7496 section 3.2). False: there is too little room all the same.
  bool MakeSendRoom(const SendParams& params, size_t bytes);
  void AwaitRoom() { ledger_.AwaitRoom(parts_->outbound); }
  void TellRoom() { ledger_.TellRoom(parts_->outbound); }
  void OnConsumed(size_t bytes);
  void OnReading();
  void OnWindowChanged();
  void OnRelief();  // Memory is no longer short.
  void ApplyOptions();
  // Which stream's messages leave next (RFC 8260 section 3), from now on.
  void Choose(Scheduler scheduler);
  void SetStreamValue(uint16_t stream, uint16_t value) { parts_->outbound.SetStreamValue(stream, value); }
  // Re-configuration (RFC 6525): see Engine.
  int ResetStreams(uint32_t directions, std::span<const uint16_t> streams);
  int ResetNumbers();
  int AddStreams(uint16_t outbound, uint16_t inbound);
  void DemandHeartbeat(Path* path) { parts_->heartbeat.Demand(path != nullptr ? *path : parts_->paths.primary()); }
  void RestartHeartbeats();  // The option has changed.
  void BeginPathsAnew(CarrierId carrier);  // What is known of congestion is void.
  // The network says that of packets to that address only such of `bytes` pass. `tag`: of the packet that did not.
  void OnTooBig(const IpAddress& address, uint32_t tag, size_t bytes);
  void Unwatch() { events_.Watch(false); }
  void MoveTo(Socket& socket);

  // Changes of addresses (association_asconf.cc, RFC 5061). The socket has another home, or has given one up: the peer is told, if it can be.
  void TellHome(CarrierId carrier, bool has_come);
  bool ChangesAddresses() const { return parts_->asconf != nullptr; }
  // The peer is to prefer this address of ours. EPERM: the two ends have not agreed on that, ENOTCONN: not up, EADDRNOTAVAIL: it does not know the address.
  int SetPeerPrimary(const IpAddress& address);
  // Whether a packet from an unknown address may be the peer's: it begins with an AUTH chunk and an ASCONF that names an address of the peer, or the any address.
  bool MayComeWithAsconf(const PacketRoute& from, uint16_t port, const Chunk& second) const;
  // Null: chunks are not authenticated (RFC 4895).
  Auth* auth() const { return auth_.get(); }
  // No packet of ours uses that key any more.
  void TellFreeKey(uint16_t id) { events_.Authentication(AuthIndication::kFreeKey, id); }

  // --- Ending
  void BeginShutdown();
  void DetachSocket();  // The socket closes; the association goes on to its end alone.
  void Abort(Cause cause, Bytes reason) override;
  void SendAbortNow();
  void Abandon() { Vanish(); }  // Nobody needs the association any more: no packet, no association change.
  void RepeatShutdownAck() { parts_->shutdown.RepeatAck(); }
  // The peer has begun anew, and has not had our SHUTDOWN ACK (5.2.4, action A).
  void RefuseCookieInShutdown();

  Socket* socket() const { return ledger_.socket(); }
  TcbState state() const override { return state_; }
  using Context::IsSettingUp;
  const Path& path() const { return parts_->paths.primary(); }
  PathSet& paths() { return parts_->paths; }
  const PathSet& paths() const { return parts_->paths; }
  const Inbound& inbound() const { return parts_->inbound; }
  const Outbound& outbound() const { return parts_->outbound; }
  const AssocCounters& counters() const { return counters_; }
  const Ledger& ledger() const { return ledger_; }
  UnreadItems& unread() { return ledger_.unread; }
  const PeerKey& peer() const { return peer_; }
  const Terms& terms() const override { return terms_; }
  // What this end offers to its peer, in every INIT and INIT ACK of the association.
  const Offer& offer() const { return *offer_; }
  // The UDP port at the address that the association began with, or at another one that it has.
  uint16_t udp_port() const { return UdpPortAt(peer_.address); }
  uint16_t UdpPortAt(const IpAddress& address) const;
  // Whether the peer has been told that packets need no checksum (RFC 9653).
  bool takes_zero_checksum() const { return takes_zero_checksum_; }
  // Whether the peer may have this address, by what its INIT listed. True for any address if the INIT listed more than were kept.
  bool MayHave(const IpAddress& address) const;
  // The number of an address of the peer, for AddressAt; the primary address's if the peer does not have it.
  uint8_t NumberOf(const IpAddress& address) const;
  PeerKey PeerAt(uint8_t number) const;
  PeerKey PeerAtPrimary() const { return {path().route.remote, peer_.port}; }
  // The user chooses the primary path.
  void SetPrimary(const Path& path);
  // See Engine::LocalNames.
  void LocalNames(std::vector<IpAddress>* addresses) const;
  // The most payload that a chunk to this peer may have (RFC 6458 section 8.1.16). FragmentBytes: the size that messages are cut to, which may be less.
  size_t FragmentationPoint() const;
  size_t FragmentBytes() const;
  size_t PayloadBytes(size_t packet_bytes) const;  // Of the only chunk in a packet of that size.

  const AssocId id;
  Shared<AssocOptions> options;
  Association* next_alike = nullptr;  // PeerTable keeps this link.
  uint32_t place = 0;                 // Its place in its socket's list. Socket keeps it.
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
    ForwardSender forward;
    Acknowledger acks;
    Handshake handshake;
    Shutdown shutdown;
    Heartbeat heartbeat;
    ControlQueue control;
    std::unique_ptr<Reconfig> reconfig;  // Null unless both ends know RE-CONFIG.
    std::unique_ptr<Asconf> asconf;      // Null unless both ends know ASCONF.
  };

  // InboundSink
  bool OnMessage(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned) override;
  bool IsReading() const override;
  bool MayOutgrowLimit(size_t bytes) const override;
  size_t HoldLimit() const override { return ledger_.HoldLimit(); }
  void OnStuck() override;
  // OutboundSink
  void OnSendFailed(const FailedSend& failed) override { events_.SendFailed(failed, failure_cause_); }
  void OnGivenUp(PrPolicy policy, bool sent) override { counters_.CountGivenUp(policy, sent); }
  // PathOwner
  void OnT3(Path& path) override;
  void OnHeartbeatTimer(Path& path) override;
  void OnRecoveryTimer(Path& path) override;
  void OnMtuTimer(Path& path) override;
  void OnPathChange(const Path& path) override;
  // Context
  TimeUs now() const override { return core_.now; }
  uint32_t Random32() override { return core_.Random32(); }
  uint32_t RandomTag() override { return core_.RandomTag(); }
  uint32_t peer_tag() const override { return terms_.peer_tag; }
  void Enter(TcbState state) override { state_ = state; }
  const AssocOptions& assoc_options() const override { return *options; }
  void QueueChunk(uint8_t type, uint8_t flags, Bytes value) override;
  // Answers a COOKIE ECHO that has come from there, now or with HandlePacket.
  void AnswerCookie(const PacketRoute& from);
  void AddOwedCookieAck(PacketBuilder& packet, const PacketRoute& to);
  void SendOwedCookieAck(const PacketRoute& to);
  void SendAlone(uint8_t type, uint8_t flags, Bytes value, uint32_t tag) override;
  void WantTransmit() override { core_.MarkDirty(*this); }
  void Finish(AssocState state, uint32_t error) override;
  void CountTimeout() override { ++core_.stats.timeouts; }
  void CountError(Path& path) override;
  void CountMissedHeartbeat(Path& path) override;
  bool Confirm(Path& path) override;
  void SendBy(const Path& path, uint8_t type, uint8_t flags, Bytes value, uint32_t tag) override;
  // Handshake::View
  const std::vector<IpAddress>& told_addresses() const override { return told(); }
  Offer OfferNow() const override { return *offer_; }
  const InitMsg& init_options() const override;
  void SetTerms(const Terms& terms) override { terms_ = terms; }
  void SendCookieEcho(Bytes cookie, const Path& path) override;
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
  // Reconfig::View (association_reconfig.cc)
  uint16_t most_inbound_streams() const override { return offer_->most.inbound_streams; }
  void GrowStreams(uint16_t outbound, uint16_t inbound) override;
  void OnReceivedChanged() override;
  bool HasRoomForEvent() const override;
  void NotifyStreamReset(uint32_t flags, std::span<const uint16_t> streams) override { events_.StreamReset(flags, streams); }
  void NotifyRestart(uint32_t flags, uint32_t local_tsn, uint32_t remote_tsn) override { events_.AssocReset(flags, local_tsn, remote_tsn); }
  void NotifyStreamChange(uint32_t flags, uint16_t outbound, uint16_t inbound) override { events_.StreamChange(flags, outbound, inbound); }
  void ReportFault(Cause cause, Bytes info) override { ReportError(cause, info); }
  void SendWithHeartbeat(Bytes reconfig, Bytes heartbeat) override;

  // Asconf::View
  Cause AddPeerAddress(const IpAddress& address, const PacketRoute& from) override;
  Cause DeletePeerAddress(const IpAddress& address, const PacketRoute& from) override;
  Cause DeleteOtherPeerAddresses(const PacketRoute& from) override;
  Cause PreferPeerAddress(const IpAddress& address) override;
  void SendAsconfAck(const PacketRoute& from, Bytes value) override;
  IpAddress KnownAddress() const override;
  void OnAddressTold(const IpAddress& address) override;
  bool LeaveAddress(const IpAddress& address) override;
  void BeginReconfig();
  int NoReconfig(uint32_t allowance) const;
  // The TSN, or an acknowledgement of it, is from before a restart of all numbers: see Reconfig.
  bool IsOldTsn(uint32_t tsn) const { return parts_->reconfig != nullptr && parts_->reconfig->IsOldTsn(tsn); }
  bool IsOldAcknowledgement(uint32_t tsn) const { return parts_->reconfig != nullptr && parts_->reconfig->IsOldAcknowledgement(tsn); }
  void BeginAsconf();
  bool OnAsconf(const PacketRoute& from, const Chunk& chunk);
  bool OnAsconfAck(const PacketRoute& from, const Chunk& chunk);
  // The packet came to an address that we have given up: an ABORT in it says that the peer does not know the address any more (section 5.3, rule F4).
  bool CameToLostHome(const PacketRoute& from) const;
  void RemovePath(Path& path);
  // Paths whose packets leave from an address that we have given up go on from another one.
  void LeaveLostHomes();

  // --- Chunks (association_chunks.cc)
  // A handler returns false if it did not accept the chunk: malformed, out of place, old.
  using Handler = bool (Association::*)(const PacketRoute& from, const Chunk& chunk);
  static Handler HandlerOf(uint8_t type);
  static bool TravelsAlone(const Chunk& chunk);
  bool TakesPacket(const PacketHeader& header, const Chunk& first, bool alone) const;
  // Authenticated chunks (association_auth.cc). OnAuth: false if all behind the AUTH chunk is to be dropped.
  void BeginAuth();
  bool OnAuth(const Chunk& chunk, Bytes signed_part);
  bool IsUnauthenticated(const Chunk& chunk);
  void NoteKeyOfPeer(uint16_t id);
  size_t AuthBytes() const override { return auth_ == nullptr ? 0 : auth_->most_bytes(); }
  void TakeReflectedAbort(const PacketRoute& from, const PacketHeader& header, ChunkReader chunks);
  bool AbortFollows();
  // Ends the association for a fault in the packet at hand.
  void AbortPeer(Cause cause, Bytes info);
  bool TakesData() const;
  void LearnRoute(const PacketRoute& from);
  bool OnData(const PacketRoute& from, const Chunk& chunk);
  bool OnForwardTsn(const PacketRoute& from, const Chunk& chunk);
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
  bool OnReconfig(const PacketRoute& from, const Chunk& chunk);
  bool OnOutOfPlace(const PacketRoute& from, const Chunk& chunk);
  bool OnUnknownChunk(const Chunk& chunk);  // False: the rest of the packet is skipped.
  bool IsTooLong(size_t bytes) const { return options->disable_fragments && bytes > FragmentationPoint(); }
  // `params` with the defaults of the association if it asks for them.
  SendParams WithDefaults(const SendParams& params) const;
  // `bytes` of sent payload are kept no longer.
  void Release(size_t bytes);
  void AfterAcknowledgement(const SackOutcome& outcome);
  void ReportError(Cause cause, Bytes info);

  // --- Packets (association_packets.cc)
  PacketBuilder NewPacket(uint32_t tag) { return NewPacket(tag, parts_->paths.Next()); }
  PacketBuilder NewPacket(uint32_t tag, const Path& path) { return NewPacket(tag, path, path.route, path.max_packet_bytes); }
  // An answer, back to where the packet at hand came from.
  PacketBuilder NewAnswer(const PacketRoute& from);
  PacketBuilder NewPacket(uint32_t tag, const Path& path, const PacketRoute& route, size_t max_packet_bytes);
  // The peer takes packets without a checksum, and what carries them there detects errors.
  Checksum ChecksumFor(const PacketRoute& route) const;
  // Sends the builder's last packet, and counts all packets that the builder has sent. Call it once for each builder.
  void SendPacket(PacketBuilder& packet);
  void AddSack(PacketBuilder& packet);
  void AddForwardTsn(PacketBuilder& packet);
  void AddData(PacketBuilder& packet);
  bool MaySendData() const;
  bool IsDataLike(const Chunk& chunk) const;  // Acknowledged by the rules for DATA.
  void TellWindow();  // Demands a SACK if the peer should hear that the window has grown.

  // --- Beginning and end
  // The peer's first TSN, and what both ends can do, are known.
  void ResetExchange();
  // Begins a life of the association on the present terms.
  void Begin(AssocState change, const PacketRoute& from);
  // --- Paths (association_paths.cc)
  bool HasListed() const { return !listed().addresses.empty() || listed().lists_more; }
  void KeepListed(const ListedAddresses& listed);
  Path& AddPath(const PacketRoute& route, bool confirmed);
  void SizePackets(Path& path);
  // What losses say of the size of packets, and what follows from what is known of it (association_mtu.cc).
  void JudgeSizes();
  void ProbeMtus();
  void ProbeMtu(Path& path);
  bool TakeProbeAnswer(Bytes value);
  void KeepTold(std::vector<IpAddress> told);
  // Adds a path, not confirmed, to each listed address that may be used.
  void AddListedPaths(const PacketRoute& from);
  // Paths that are not confirmed are limited in the whole engine. `count`: of this association, now.
  void CountUnconfirmed(size_t count);
  size_t Unconfirmed() const;
  // The peer has answered from there to a call to several addresses: those that it does not list are no destinations (section 5.1.2).
  void DropUnlisted(const IpAddress& source, const ListedAddresses& listed);
  // The paths of a new life of the peer, from those of the life before.
  struct KnownPath {
    PacketRoute route;
    Shared<PathOptions> options;
    bool confirmed;
    uint32_t probes_left;
    uint32_t error_count;
  };
  std::vector<KnownPath> KnownPaths() const;
  void RestorePaths(const std::vector<KnownPath>& known, const CookieState& cookie);
  void ReplacePaths(const std::vector<KnownPath>& known);
  // From now on the association stands in the table of peers under that address.
  void Rename(const IpAddress& address);
  void LeavePeerTable();
  void Vanish();  // Ends the association without an association change (AS-6).
  // Reports the sends that failed, and leaves all tables. Afterwards `this` only waits to be destroyed.
  void LeaveTables();
  void FailAll();
  void OnAutoclose();

  Core& core_;
  PeerKey peer_;  // The address that the association began with.
  TcbState state_ = TcbState::kClosed;
  bool takes_zero_checksum_ = false;
  bool dirty_ = false;
  bool stuck_ = false;           // The socket has been told that a message waits until it reads.
  uint8_t unconfirmed_ = 0;      // As counted in `core_`.
  uint32_t failure_cause_ = 0;   // The cause in send_failed events.
  // Of the packet at hand: the chunks not looked at yet, the size of the ERRORs for it, and the room that is left in the packet that answers it.
  std::optional<bool> abort_follows_;  // Once it has been looked for.
  bool authenticated_ = false;         // Its chunks, from here on.
  bool has_duplicate_ = false;
  uint8_t came_by_ = 0;  // Number of the peer's address that it came from.
  bool owes_cookie_ack_ = false;
  uint32_t report_bytes_ = 0;
  uint32_t answer_room_ = 0;
  uint32_t reconfigs_ = 0;  // How many RE-CONFIGs were in it so far.
  const ChunkReader* rest_ = nullptr;
  Ledger ledger_;
  AssociationEvents events_;
  AssocCounters counters_;
  const Shared<Offer> offer_;
  Terms terms_;
  // Of an association with several addresses.
  struct Addresses {
    ListedAddresses listed;
    std::vector<IpAddress> told;  // Ours that the peer is told of; none if it knows only the one that it sends to.
  };
  Lazily<Addresses> addresses_;
  const ListedAddresses& listed() const { return addresses_->listed; }
  const std::vector<IpAddress>& told() const { return addresses_->told; }
  std::unique_ptr<Auth> auth_;            // Null unless both ends want it.
  std::unique_ptr<Autoclose> autoclose_;  // Null unless the user wants it.
  std::optional<Parts> parts_;
};

}  // namespace mailport::sctp
