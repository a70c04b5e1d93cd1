#include "engine.h"

#include <algorithm>
#include <cerrno>

#include "association.h"
#include "core.h"
#include "endpoint.h"
#include "packet/packet.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

// A shutdown begun while sending wants one more round; more than that would be a loop.
constexpr int kFlushRounds = 2;
// Addresses of a peer that the user may give (CN-31); a path's number has eight bits.
constexpr size_t kMaxGivenAddresses = UINT8_MAX;

// Whether the socket may call that address. The rest of a closed socket does not stand in the way.
int CheckCallTo(const Socket& socket, const PeerKey& peer, uint16_t udp_port) {
  const Association* existing = socket.endpoint.peers.Find(peer, udp_port);
  if (existing == nullptr || existing->socket() == nullptr) return 0;
  if (existing->socket() != &socket) return EADDRNOTAVAIL;
  return existing->IsSettingUp() ? EALREADY : EISCONN;
}

}  // namespace

Engine::Engine(Host& host) : core_(std::make_unique<Core>(host)) {}
Engine::~Engine() = default;

void Engine::SetNow(TimeUs now) { core_->now = std::max(core_->now, now); }

void Engine::Input(const PacketRoute& from, Bytes packet) {
  core_->Sweep();
  ++core_->stats.packets_in;
  PacketHeader header;
  Endpoint* const endpoint = ParseHeader(packet, &header) ? core_->FindEndpoint(from.carrier, header.destination_port) : nullptr;
  const bool needs_none = endpoint != nullptr && ChecksumIsZero(packet) && endpoint->TakesWithoutChecksum(from, header, packet);
  if (!needs_none && !ParsePacket(packet, &header)) {
    ++core_->stats.bad_packets;
    return;
  }
  if (endpoint != nullptr) {
    endpoint->Input(from, header, packet);
  } else {
    core_->strangers.OutOfTheBlue(from, header, packet);
  }
}

void Engine::OnTooBig(const PacketRoute& to, Bytes quoted, size_t bytes) {
  core_->Sweep();
  if (quoted.size() < kCommonHeaderBytes) return;
  Endpoint* const endpoint = core_->FindEndpoint(to.carrier, Load16(quoted.data()));
  if (endpoint == nullptr) return;
  Association* const association = endpoint->peers.Find({to.remote, Load16(&quoted[2])}, to.remote_udp_port);
  if (association != nullptr) association->OnTooBig(to.remote, Load32(&quoted[4]), bytes);
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
  Endpoint* const found = core_->EndpointFor(params);
  if (found == nullptr) return EADDRINUSE;
  Endpoint& endpoint = *found;
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

int Engine::AddCarrier(SocketId id, CarrierId carrier) {
  Socket* socket = core_->FindSocket(id);
  if (socket == nullptr) return EBADF;
  if (!core_->AddHome(socket->endpoint, carrier)) return EADDRINUSE;
  for (Association* const association : socket->associations()) association->TellHome(carrier, true);
  return 0;
}

int Engine::RemoveCarrier(SocketId id, CarrierId carrier) {
  Socket* socket = core_->FindSocket(id);
  if (socket == nullptr) return EBADF;
  const std::vector<CarrierId>& homes = socket->endpoint.homes();
  if (std::find(homes.begin(), homes.end(), carrier) == homes.end()) return EINVAL;
  if (homes.size() == 1) return EBUSY;
  core_->RemoveHome(socket->endpoint, carrier);
  for (Association* const association : socket->associations()) association->TellHome(carrier, false);
  return 0;
}

int Engine::Connect(SocketId id, std::span<const IpAddress> addresses, uint16_t port, bool watch, AssocId* assoc) {
  core_->Sweep();
  Socket* socket = core_->FindSocket(id);
  if (socket == nullptr) return EBADF;
  if (addresses.empty() || port == 0 || addresses.size() > kMaxGivenAddresses) return EINVAL;
  for (const IpAddress& address : addresses) {
    if (address.IsAny() || (address.family == 4 && address.bytes[0] >= 224) || (address.family == 6 && address.bytes[0] == 0xff)) return EINVAL;
    if (address.family == 6 && socket->params.family == 4) return EAFNOSUPPORT;
  }
  if (socket->params.one_to_one && (socket->was_associated || socket->listening())) return EISCONN;
  const uint16_t udp_port = socket->UdpPortOf(port);
  std::vector<PacketRoute> routes;
  for (const IpAddress& address : addresses) {
    if (const int error = CheckCallTo(*socket, {address, port}, udp_port); error != 0) return error;
    const PacketRoute route = socket->endpoint.RouteTo(address, udp_port);
    if (route.carrier != 0) routes.push_back(route);
  }
  if (routes.empty()) return EADDRNOTAVAIL;
  if (core_->associations.size() >= Core::kMaxAssociations) return ENOMEM;
  for (const PacketRoute& route : routes)
    if (Association* rest = socket->endpoint.peers.Find({route.remote, port}, udp_port)) rest->Abandon();
  Association& association = core_->Add(std::make_unique<Association>(*core_, socket->endpoint, *socket, routes[0], port));
  association.StartConnect(std::span(routes).subspan(1), watch);
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
  if (data.size() > socket->options.send_buffer_bytes) return EMSGSIZE;
  if (!association->HasSendRoom(data.size()) && association->state() <= TcbState::kEstablished && !data.empty() &&
      params.stream < association->terms().capabilities.outbound_streams && !association->MakeSendRoom(params, data.size())) {
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
  for (Association* const association : socket->associations()) associations.push_back(association);
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

void Engine::OnMarkingChanged(CarrierId carrier) {
  for (const auto& [id, association] : core_->associations)
    association->BeginPathsAnew(carrier);
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
  for (Association* const association : socket->associations()) {
    held += association->inbound().held_bytes() + association->inbound().exempt_bytes();
  }
  *in = std::max(*in, held);
}

const Stats& Engine::stats() const { return core_->stats; }

}  // namespace mailport::sctp
