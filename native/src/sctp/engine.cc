#include "engine.h"

#include <algorithm>
#include <cerrno>

#include "association.h"
#include "core.h"
#include "endpoint.h"
#include "option_access.h"
#include "packet/packet.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

// A shutdown begun while sending wants one more round; more than that would be a loop.
constexpr int kFlushRounds = 2;

std::array<uint64_t, 14> StatWords(const Stats& stats) {
  return {stats.packets_in,       stats.packets_out, stats.data_chunks_in, stats.data_chunks_out, stats.retransmissions,
          stats.fast_retransmits, stats.timeouts,    stats.duplicates,     stats.bad_packets,     stats.out_of_the_blue,
          stats.associations,     stats.queued_in_bytes, stats.queued_out_bytes, stats.queued_in_items};
}

// Options of the whole engine: counters, the bytes that all sockets hold or have sent without an acknowledgement, and the limits of these.
int GetOfAll(const Core& core, Option option, std::vector<uint32_t>* values) {
  values->clear();
  switch (option) {
    case Option::kStats:
      for (const uint64_t word : StatWords(core.stats)) values->push_back(static_cast<uint32_t>(std::min<uint64_t>(word, UINT32_MAX)));
      return 0;
    case Option::kMaxHeldOfAll:
      *values = {static_cast<uint32_t>(core.charges.limit())};
      return 0;
    case Option::kMaxSendingOfAll:
      *values = {static_cast<uint32_t>(core.sends.limit())};
      return 0;
    case Option::kHeld:
      PushHeld(core.charges.held(), 0, values);
      return 0;
    case Option::kSending:
      PushHeld(core.sends.held(), core.leaving.bytes(), values);
      return 0;
    default:
      return EBADF;
  }
}

}  // namespace

Engine::Engine(Host& host) : core_(std::make_unique<Core>(host)) {}
Engine::~Engine() = default;

void Engine::SetNow(TimeUs now) { core_->now = std::max(core_->now, now); }

void Engine::Input(const PacketRoute& from, Bytes packet) {
  core_->Sweep();
  ++core_->stats.packets_in;
  PacketHeader header;
  if (!ParsePacket(packet, &header)) {
    ++core_->stats.bad_packets;
    return;
  }
  if (Endpoint* endpoint = core_->FindEndpoint(from.carrier, header.destination_port)) {
    endpoint->Input(from, header, packet);
  } else {
    core_->strangers.OutOfTheBlue(from, header, packet);
  }
}

void Engine::RunTimers() {
  core_->Sweep();
  core_->timers.Run(core_->now);
}

TimeUs Engine::NextDeadline() const { return core_->timers.NextDeadline(); }

void Engine::Flush(bool turn_ends) {
  core_->Sweep();
  core_->RelieveSqueezed();
  core_->RelieveSenders();
  for (int round = 0; round < kFlushRounds && !core_->dirty.empty(); ++round) {
    std::vector<Association*> dirty = std::move(core_->dirty);
    core_->dirty.clear();
    for (Association* association : dirty) association->ClearDirty();
    for (Association* association : dirty) association->Transmit(turn_ends);
    if (core_->dirty.empty() && dirty.capacity() > core_->dirty.capacity()) {
      dirty.clear();
      core_->dirty = std::move(dirty);  // Keep the memory for the next turn.
    }
  }
}

bool Engine::NeedsFlush() const {
  return !core_->dirty.empty() || core_->OwesSendRoom() || (!core_->squeezed.empty() && core_->reliefs_seen != core_->charges.reliefs());
}

bool Engine::OwesSendRoom() const { return core_->OwesSendRoom(); }

int Engine::Open(const OpenParams& params, SocketId* socket) {
  core_->Sweep();
  if (params.port == 0 || (params.family != 4 && params.family != 6)) return EINVAL;
  Endpoint& endpoint = core_->EndpointFor(params.carrier, params.port);
  if (!endpoint.bound_sockets.empty()) return EADDRINUSE;
  const SocketId id = core_->next_socket_id++;
  auto opened = std::make_unique<Socket>(*core_, endpoint, id, params);
  endpoint.bound_sockets.push_back(opened.get());
  core_->sockets[id] = std::move(opened);
  *socket = id;
  return 0;
}

int Engine::Listen(SocketId id, uint32_t backlog) {
  Socket* socket = core_->FindSocket(id);
  if (socket == nullptr) return EBADF;
  if (!socket->bound || (socket->params.one_to_one && socket->was_associated)) return EINVAL;
  // As in the kernel: there is nothing to end.
  if (backlog == 0 && !socket->listening()) return EINVAL;
  socket->backlog = std::min(backlog, Socket::kMaxBacklog);
  return 0;
}

int Engine::Connect(SocketId id, std::span<const IpAddress> addresses, uint16_t port, bool watch, AssocId* assoc) {
  core_->Sweep();
  Socket* socket = core_->FindSocket(id);
  if (socket == nullptr) return EBADF;
  if (addresses.empty() || port == 0) return EINVAL;
  const IpAddress& address = addresses.front();
  if (address.IsAny() || (address.family == 4 && address.bytes[0] >= 224) || (address.family == 6 && address.bytes[0] == 0xff)) return EINVAL;
  if (address.family == 6 && socket->params.family == 4) return EAFNOSUPPORT;
  if (socket->params.one_to_one && (socket->was_associated || socket->listening())) return EISCONN;
  const uint16_t udp_port = socket->UdpPortOf(port);
  if (Association* existing = socket->endpoint.peers.Find({address, port}, udp_port)) {
    if (existing->socket() == nullptr) {
      existing->Abandon();  // The rest of a closed socket must not stand in the way of a new one.
    } else if (existing->socket() != socket) {
      return EADDRNOTAVAIL;
    } else {
      return existing->IsSettingUp() ? EALREADY : EISCONN;
    }
  }
  if (core_->associations.size() >= Core::kMaxAssociations) return ENOMEM;
  PacketRoute route;
  route.carrier = socket->params.carrier;
  route.remote = address;
  route.remote_udp_port = udp_port;
  Association& association = core_->Add(std::make_unique<Association>(*core_, socket->endpoint, *socket, route, port));
  association.StartConnect(watch);
  *assoc = association.id;
  return 0;
}

void Engine::Unwatch(SocketId id, AssocId assoc) {
  Socket* socket = core_->FindSocket(id);
  if (socket == nullptr) return;
  if (Association* association = socket->Find(assoc)) association->Unwatch();
}

int Engine::Send(SocketId id, const SendParams& params, Bytes data) {
  Socket* socket = core_->FindSocket(id);
  if (socket == nullptr) return EBADF;
  Association* association = socket->Find(params.assoc_id);
  if (association == nullptr) return EPIPE;
  if ((params.flags & (kFlagEof | kFlagAbort)) != 0) {
    if (socket->params.one_to_one && !socket->peeled) return EINVAL;
    if ((params.flags & kFlagEof) != 0) {
      if (!data.empty()) return EINVAL;
      association->BeginShutdown();
    } else {
      association->Abort(kCauseUserAbort, data);
    }
    return 0;
  }
  if ((params.flags & kFlagAddrOver) != 0) return EINVAL;
  // So far a lifetime is the only limit that a message can have.
  if ((params.flags & kFlagPrMask) > kFlagPrTtl) return ENOTSUP;
  if (data.size() > socket->options.send_buffer_bytes) return EMSGSIZE;
  if (!association->HasSendRoom(data.size()) && association->state() <= TcbState::kEstablished && !data.empty() &&
      params.stream < association->terms().capabilities.outbound_streams) {
    association->AwaitRoom();
    return EAGAIN;
  }
  return association->Send(params, data);
}

int Engine::PeelOff(SocketId id, AssocId assoc, SocketId* peeled) {
  Socket* socket = core_->FindSocket(id);
  if (socket == nullptr) return EBADF;
  if (socket->params.one_to_one) return EINVAL;
  Association* association = socket->Find(assoc);
  if (association == nullptr) return EINVAL;
  Socket& made = core_->AddBeside(*socket);
  made.peeled = true;
  association->MoveTo(made);
  *peeled = made.id;
  return 0;
}

int Engine::Accept(SocketId id, SocketId* accepted) {
  Socket* socket = core_->FindSocket(id);
  if (socket == nullptr) return EBADF;
  if (!socket->params.one_to_one) return EOPNOTSUPP;
  if (!socket->listening()) return EINVAL;
  *accepted = socket->TakeAccepted();
  return *accepted == 0 ? EAGAIN : 0;
}

int Engine::Close(SocketId id, bool abort) {
  core_->Sweep();
  Socket* socket = core_->FindSocket(id);
  if (socket == nullptr) return EBADF;
  const bool hard = abort || socket->HasUnreadData() || (socket->options.linger && socket->options.linger_s == 0);
  // Nothing more is delivered, whatever ends below.
  socket->Silence();
  std::vector<Association*> associations;
  for (const auto& [assoc, association] : socket->associations()) associations.push_back(association);
  for (Association* association : associations) {
    association->Unwatch();
    if (hard) {
      association->Abort(kCauseUserAbort, {});
    } else {
      association->BeginShutdown();
    }
    association->DetachSocket();
  }
  // Sockets that nobody has accepted are aborted (CL-13).
  for (SocketId accepted = socket->TakeAccepted(); accepted != 0; accepted = socket->TakeAccepted()) Close(accepted, true);
  Endpoint& endpoint = socket->endpoint;
  std::erase(endpoint.bound_sockets, socket);
  if (!socket->bound) --endpoint.sockets_beside;
  if (core_->last_socket_ == socket) core_->last_socket_ = nullptr;
  std::erase(core_->blocked, id);
  core_->sockets.erase(id);
  core_->DropEndpointIfUnused(endpoint);
  return 0;
}

void Engine::AbortAll() {
  std::vector<Association*> associations;
  for (const auto& [id, association] : core_->associations) associations.push_back(association.get());
  for (Association* association : associations) {
    association->SendAbortNow();
    association->Abandon();
  }
}

void Engine::SetCredit(SocketId id, uint32_t items, uint32_t bytes) {
  if (Socket* socket = core_->FindSocket(id)) socket->SetCredit({items, bytes});
}

uint32_t Engine::credit(SocketId id) const {
  const Socket* socket = core_->FindSocket(id);
  return socket == nullptr ? 0 : socket->credit().items;
}

void Engine::Drain(SocketId id) {
  if (Socket* socket = core_->FindSocket(id)) socket->Drain();
}

bool Engine::HasBlockedSockets() const { return !core_->blocked.empty(); }

void Engine::DrainBlocked() {
  const std::vector<SocketId> blocked = std::move(core_->blocked);
  core_->blocked.clear();
  for (const SocketId id : blocked) {
    Socket* socket = core_->FindSocket(id);
    if (socket == nullptr) continue;
    socket->Unblock();
    socket->Drain();
  }
}

int Engine::SetOption(SocketId id, Option option, AssocId assoc, std::span<const uint32_t> values) {
  if (option == Option::kMaxHeldOfAll && id == 0) return SetMaxHeld(core_->charges, values);
  if (option == Option::kMaxSendingOfAll && id == 0) {
    core_->NoteSendRoom();
    return SetMaxHeld(core_->sends, values);
  }
  Socket* socket = core_->FindSocket(id);
  if (socket == nullptr) return EBADF;
  Association* association = socket->FindForOption(assoc);
  if (assoc != 0 && association == nullptr) return EINVAL;
  return SetSocketOption(*socket, association, option, values);
}

int Engine::GetOption(SocketId id, Option option, AssocId assoc, std::vector<uint32_t>* values) const {
  if (id == 0) return GetOfAll(*core_, option, values);
  const Socket* socket = core_->FindSocket(id);
  if (socket == nullptr) return EBADF;
  const Association* association = socket->FindForOption(assoc);
  if (assoc != 0 && association == nullptr) return EINVAL;
  return GetSocketOption(*socket, association, option, values);
}

AssocId Engine::FindAssociation(SocketId id, const IpAddress& peer, uint16_t port) const {
  const Socket* socket = core_->FindSocket(id);
  if (socket == nullptr) return 0;
  const PeerTable& peers = socket->endpoint.peers;
  const Association* association = peers.Find({peer, port}, socket->UdpPortOf(port));
  if (association != nullptr && association->socket() == socket) return association->id;
  for (association = peers.First({peer, port}); association != nullptr; association = association->next_alike)
    if (association->socket() == socket) return association->id;
  return 0;
}

int Engine::PeerNames(SocketId id, AssocId assoc, std::vector<PeerName>* names) const {
  const Socket* socket = core_->FindSocket(id);
  if (socket == nullptr) return EBADF;
  names->clear();
  if (assoc != 0) {
    const Association* association = socket->Find(assoc);
    if (association == nullptr) return EINVAL;
    names->push_back({association->id, association->peer().address, association->peer().port});
    return 0;
  }
  for (const auto& [id_of, association] : socket->associations())
    names->push_back({association->id, association->peer().address, association->peer().port});
  return 0;
}

int Engine::LocalName(SocketId id, AssocId assoc, IpAddress* address) const {
  const Socket* socket = core_->FindSocket(id);
  if (socket == nullptr) return EBADF;
  const Association* association = socket->Find(assoc);
  if (association == nullptr) return EINVAL;
  *address = association->path().route.local;
  return 0;
}

size_t Engine::AssociationsOn(CarrierId carrier) const {
  const auto found = core_->associations_on.find(carrier);
  return found == core_->associations_on.end() ? 0 : found->second;
}

uint64_t Engine::ClosingProgress() const { return core_->closing_progress; }

bool Engine::HasLingering() const { return core_->lingering != 0; }

void Engine::QueuedBytes(SocketId id, size_t* in, size_t* out) const {
  const Socket* socket = core_->FindSocket(id);
  *in = socket == nullptr ? 0 : socket->queued_bytes();
  *out = socket == nullptr ? 0 : socket->sent_bytes();
  if (socket == nullptr) return;
  // Bytes that associations hold include their items in the queue. Items of associations that have ended are in the queue alone.
  size_t held = 0;
  for (const auto& [assoc, association] : socket->associations()) {
    held += association->inbound().held_bytes() + association->inbound().exempt_bytes();
  }
  *in = std::max(*in, held);
}

const Stats& Engine::stats() const { return core_->stats; }

}  // namespace mailport::sctp
