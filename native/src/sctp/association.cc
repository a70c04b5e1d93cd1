#include "association.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "endpoint.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

constexpr size_t kFragmentsPerWindow = 8;
constexpr size_t kMinFragmentBytes = 1200;
constexpr TimeUs kMicrosPerSecond = 1000 * 1000;
constexpr uint32_t kHeartbeatAnswered = 2;  // The error that Linux puts into addr_confirmed and addr_available (EV-19).

template <void (Association::*Method)()>
Timer::Callback Calls() {
  return [](void* owner, TimeUs) { (static_cast<Association*>(owner)->*Method)(); };
}

}  // namespace

Association::Association(EngineImpl& core, Endpoint& the_endpoint, Socket& socket, const PacketRoute& route, uint16_t peer_port)
    : id(core.NewAssocId()),
      options(socket.options.assoc),
      endpoint(the_endpoint),
      core_(core),
      socket_(&socket),
      peer_{route.remote, peer_port},
      path_(route, core.host.MaxPacketBytes(route.carrier, route.remote), socket.options.assoc.rto),
      inbound_(*this),
      t1_(core.timers, this, Calls<&Association::OnT1>()),
      t2_(core.timers, this, Calls<&Association::OnT2>()),
      t3_(core.timers, this, Calls<&Association::OnT3>()),
      guard_(core.timers, this, Calls<&Association::OnShutdownGuard>()),
      closed_timer_(core.timers, this, Calls<&Association::OnClosedTimer>()),
      sack_timer_(core.timers, this, Calls<&Association::OnSackTimer>()),
      heartbeat_timer_(core.timers, this, Calls<&Association::OnHeartbeatTimer>()),
      autoclose_timer_(core.timers, this, Calls<&Association::OnAutoclose>()) {
  ApplyOptions();
  inbound_.SetWindow(socket.WindowBytes());
  endpoint.peers.Add(*this);
  ++core.associations_on[endpoint.carrier];
  socket.AddAssociation(*this);
}

Association::~Association() = default;

void Association::ApplyOptions() {
  path_.SetRtoInfo(options.rto);
  const size_t known = core_.host.MaxPacketBytes(path_.route.carrier, path_.route.remote);
  if (options.path_mtu_discovery || options.path_mtu == 0) {
    path_.SetMaxPacketBytes(known);
  } else {
    path_.SetMaxPacketBytes(std::min(options.path_mtu - path_.header_bytes(), known) & ~size_t{3});
  }
  if (options.autoclose_s != 0 && state_ == TcbState::kEstablished) {
    NoteActivity();
    autoclose_timer_.Start(core_.now + options.autoclose_s * kMicrosPerSecond);
  } else {
    autoclose_timer_.Stop();
  }
}

size_t Association::FragmentationPoint() const {
  const size_t by_path = (path_.max_packet_bytes - kCommonHeaderBytes - kDataHeaderBytes) & ~size_t{3};
  return options.max_segment_bytes == 0 ? by_path : std::min<size_t>(by_path, options.max_segment_bytes);
}

size_t Association::FragmentBytes() const {
  const size_t point = FragmentationPoint();
  if (options.disable_fragments || peer_buffer_bytes_ == 0) return point;
  // On a path as wide as loopback a fragment could be as large as the peer's window, and nothing would follow it: each would wait for its
  // acknowledgement, and a receiver that counts overhead would not even take it.
  const size_t by_window = std::max<size_t>(peer_buffer_bytes_ / kFragmentsPerWindow, kMinFragmentBytes) & ~size_t{3};
  return std::min(point, by_window);
}

bool Association::MayHave(const IpAddress& address) const {
  if (lists_more_ || SameHost(address, peer_.address)) return true;
  return std::any_of(other_addresses_.begin(), other_addresses_.end(), [&](const IpAddress& other) { return SameHost(address, other); });
}

// The peer may send from any address it lists (it answers HEARTBEATs there, say); we keep to the path the packets came by.
void Association::KeepPeerAddresses(const std::vector<IpAddress>& addresses, bool lists_more) {
  other_addresses_.clear();
  for (const IpAddress& address : addresses)
    if (!SameHost(address, peer_.address)) other_addresses_.push_back(address);
  lists_more_ = lists_more;
  if (!other_addresses_.empty() || lists_more_) endpoint.peers.AddTag(local_tag_, *this);
}

int Association::Send(const SendParams& params, Bytes data) {
  if (state_ > TcbState::kEstablished) return ESHUTDOWN;
  SendParams message = params;
  if (params.use_defaults) {
    message.flags = options.defaults.flags & kFlagUnordered;
    message.ppid = options.defaults.ppid;
    message.context = options.defaults.context;
    message.time_to_live_ms = options.defaults.time_to_live_ms;
  }
  if (message.stream >= outbound_streams_ || data.empty()) return EINVAL;
  if (options.disable_fragments && data.size() > FragmentationPoint()) return EMSGSIZE;
  outbound_.Push(message, data, core_.now);
  socket_->ChargeSend(data.size());
  RechargeSends();
  core_.stats.queued_out_bytes += data.size();
  core_.MarkDirty(*this);
  return 0;
}

void Association::ReleaseSend(size_t bytes) {
  RechargeSends();
  if (bytes == 0) return;
  core_.stats.queued_out_bytes -= bytes;
  if (socket_ == nullptr) return;
  socket_->ReleaseSend(bytes);
  TellRoom();
}

void Association::RechargeSends() {
  const size_t now = outbound_.charged_bytes();
  const size_t before = std::exchange(charged_sends_, now);
  (socket_ != nullptr ? socket_->sends : core_.sends).Change(before, now);
  if (leaving_) core_.leaving.Change(before, now);
  if (now < before) core_.NoteSendRoom();
}

// What is in the send buffer may exceed it by a message, as on Linux; a share may not be exceeded but by who has nothing else in it.
bool Association::HasSendRoom(size_t bytes) const {
  const size_t charged = outbound_.charged_bytes();
  const size_t share = socket_->sends.Share();
  return charged < socket_->options.send_buffer_bytes && share != 0 && (charged == 0 || (charged < share && bytes <= share - charged));
}

void Association::AwaitRoom() {
  wants_writable_ = true;
  if (outbound_.charged_bytes() < socket_->options.send_buffer_bytes) core_.waiting_senders.insert(id);
}

// Half of the buffer must be free before a waiting sender is called, so that it is not called for every message (as Linux does).
void Association::TellRoom() {
  const size_t charged = outbound_.charged_bytes();
  if (!wants_writable_ || charged > socket_->options.send_buffer_bytes / 2) return;
  const size_t share = socket_->sends.Share();
  if (share != 0 && charged <= share / 2) {
    EndWait();
  } else {
    // What others release is room for it, and its own acknowledgements may be over by then.
    core_.waiting_senders.insert(id);
  }
}

// Whoever waits for room hears that there is some, or that the association is gone from here.
void Association::EndWait() {
  if (!std::exchange(wants_writable_, false)) return;
  core_.waiting_senders.erase(id);
  socket_->NotifyWritable(id);
}

Item Association::NewItem(ItemKind kind) const {
  Item item;
  item.kind = kind;
  item.assoc_id = id;
  item.peer = peer_.address;
  item.peer_port = peer_.port;
  return item;
}

void Association::NotifyAssocChange(AssocState state, uint32_t error) {
  if (socket_ == nullptr) return;
  Item item = NewItem(ItemKind::kAssocChange);
  item.state = static_cast<uint32_t>(state);
  item.error = error;
  // The end of an association says nothing of streams (RFC 6458 §6.1.1), as Linux has it.
  if (state == AssocState::kCommUp || state == AssocState::kRestart) {
    item.outbound_streams = outbound_streams_;
    item.inbound_streams = inbound_streams_;
  }
  if (watched_) {
    watched_ = false;
    socket_->NotifyConnect(item);
  } else {
    socket_->Notify(item, kEventAssociation);
  }
}

void Association::NotifyIfDry() {
  if (socket_ != nullptr && outbound_.held_bytes() == 0) socket_->Notify(NewItem(ItemKind::kSenderDry), kEventSenderDry);
}

void Association::NotifyAddress(PeerAddrState state, uint32_t error) {
  if (socket_ == nullptr) return;
  Item item = NewItem(ItemKind::kPeerAddrChange);
  item.state = static_cast<uint32_t>(state);
  item.error = error;
  item.changed = peer_.address;
  item.changed_port = peer_.port;
  socket_->Notify(item, kEventAddress);
}

void Association::OnSendFailed(const FailedSend& failed) {
  if (socket_ == nullptr) return;
  Item item = NewItem(ItemKind::kSendFailed);
  item.state = failed.transmitted ? 1 : 0;
  item.error = failure_cause_;
  item.stream = failed.stream;
  item.ssn = failed.ssn;
  item.flags = failed.flags;
  item.ppid = failed.ppid;
  item.context = failed.context;
  item.time_to_live = failed.time_to_live_ms;
  item.data = failed.payload;
  socket_->Notify(item, kEventSendFailure);
}

void Association::Finish(AssocState state, uint32_t error) {
  if (closed()) return;
  state_ = TcbState::kClosed;
  NotifyAssocChange(state, error);
  failure_cause_ = error;
  LeaveTables();
}

void Association::Vanish() {
  if (closed()) return;
  state_ = TcbState::kClosed;
  if (watched_) NotifyAssocChange(AssocState::kCantAssoc, 0);
  LeaveTables();
}

void Association::Abandon() { Vanish(); }

void Association::LeaveTables() {
  const size_t held = outbound_.held_bytes();
  outbound_.FailAll(FragmentBytes(), *this);
  ReleaseSend(held);
  for (Timer* timer : {&t1_, &t2_, &t3_, &guard_, &closed_timer_, &sack_timer_, &heartbeat_timer_, &autoclose_timer_}) timer->Stop();
  if (std::exchange(lingers_, false)) --core_.lingering;
  if (std::exchange(squeezed_, false)) core_.squeezed.erase(id);
  if (leaving_) {
    ++core_.closing_progress;
    core_.leaving.Remove(*std::exchange(leaving_, std::nullopt));
  }
  const auto on_carrier = core_.associations_on.find(endpoint.carrier);
  if (--on_carrier->second == 0) core_.associations_on.erase(on_carrier);
  endpoint.peers.Remove(*this);
  endpoint.peers.RemoveTag(local_tag_, *this);
  LeaveSocket();
  core_.Bury(*this);
}

void Association::LeaveSocket() {
  if (socket_ == nullptr) return;
  EndWait();
  socket_->CountExempt(std::exchange(exempt_bytes_, 0), 0);
  socket_->charges.Change(std::exchange(charged_bytes_, 0), 0);
  socket_->sends.Change(charged_sends_, 0);
  socket_->RemoveAssociation(*this);
  socket_ = nullptr;
}

void Association::MoveTo(Socket& socket) {
  socket_->MoveQueue(*this, socket);
  socket_->ReleaseSend(outbound_.held_bytes());
  LeaveSocket();
  socket_ = &socket;
  socket.AddAssociation(*this);
  Recharge();
  socket.sends.Change(0, charged_sends_);
  socket.ChargeSend(outbound_.held_bytes());
  if (stuck_) socket.NoteStuck(id);
}

void Association::CountError() {
  ++error_count_;
  ++path_.error_count;
  if (path_.active && path_.error_count > options.path_max_retransmissions) {
    path_.active = false;
    NotifyAddress(PeerAddrState::kUnreachable, 0);
  }
  if (error_count_ > options.max_retransmissions) Finish(AssocState::kCommLost, 0);
}

void Association::ClearErrors() {
  error_count_ = 0;
  ClearPathErrors();
}

void Association::ClearPathErrors() {
  path_.error_count = 0;
  if (path_.active) return;
  path_.active = true;
  NotifyAddress(PeerAddrState::kAvailable, kHeartbeatAnswered);
}

void Association::OnAutoclose() {
  const TimeUs due = last_activity_us_ + options.autoclose_s * kMicrosPerSecond;
  if (core_.now < due) {
    autoclose_timer_.Start(due);
  } else {
    Shutdown();
  }
}

PacketBuilder Association::NewPacket(uint32_t tag) {
  return PacketBuilder(core_.host, path_.route, path_.max_packet_bytes, endpoint.port, peer_.port, tag);
}

void Association::SendPacket(PacketBuilder& packet) {
  if (!packet.Send()) return;
  ++core_.stats.packets_out;
  ++counters_.packets_out;
}

void Association::SendAlone(uint8_t type, uint8_t flags, Bytes value, uint32_t tag) {
  PacketBuilder packet = NewPacket(tag);
  uint8_t* place = packet.AddChunk(type, flags, value.size());
  if (!value.empty()) std::memcpy(place, value.data(), value.size());
  SendPacket(packet);
}

}  // namespace mailport::sctp
