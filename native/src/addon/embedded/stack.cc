// Nothing here waits or calls JavaScript. Calls that change something go to EngineForCall, questions to the engine as it is.
#include "stack.h"

#include <algorithm>
#include <cerrno>

#include "../../io/socket_address.h"
#include "../../io/zone.h"

namespace mailport::addon {

namespace {

// The kernel's buffers of a UDP socket, if it lets us have them. The receive buffer bounds the windows that are advertised.
constexpr size_t kReceiveBufferBytes = 2 * 1024 * 1024;
constexpr size_t kSendBufferBytes = 2 * 1024 * 1024;
// SCTP ports for sockets that share a carrier and do not name one: the dynamic ports of RFC 6335 section 6.
constexpr uint16_t kFirstDynamicPort = 49152;
constexpr uint32_t kDynamicPorts = 65536 - kFirstDynamicPort;

bool CanReach(const io::UdpSocket& socket, const sctp::IpAddress& address) {
  return socket.family() == address.family || (socket.family() == 6 && !socket.ipv6_only());
}

}  // namespace

std::unique_ptr<SctpStack> EmbeddedStack::Create(Napi::Env env, Napi::Object object, Napi::Function on_batch) {
  std::unique_ptr<EngineHost> host = EngineHost::Create(env, object, on_batch);
  if (host == nullptr) return nullptr;
  return std::unique_ptr<SctpStack>(new EmbeddedStack(std::move(host)));
}

OpenSocket* EmbeddedStack::Find(sctp::SocketId socket) {
  const auto found = sockets_.find(socket);
  return found == sockets_.end() ? nullptr : &found->second;
}

int EmbeddedStack::Open(const OpenRequest& request, sctp::SocketId* socket) {
  if (request.addresses.size() > 1) return ENOTSUP;
  const bool shared = request.encaps_port != 0;
  io::UdpParams udp;
  udp.family = request.family;
  udp.ipv6_only = request.ipv6_only;
  udp.port = shared ? request.encaps_port : request.port;
  udp.address = request.addresses.empty() ? io::AnyAddress(request.family) : request.addresses[0];
  udp.receive_bytes = std::max<size_t>(request.recbuf, kReceiveBufferBytes);
  udp.send_bytes = kSendBufferBytes;
  udp.device = request.device;
  udp.network_namespace = request.network_namespace;
  io::Carrier* carrier = nullptr;
  if (const int error = host_->AcquireCarrier(udp, shared, &carrier); error != 0) return error;
  sctp::OpenParams params;
  params.port = shared ? request.port : carrier->socket().port();
  params.family = request.family;
  params.one_to_one = request.one_to_one;
  params.remote_udp_port = request.remote_encaps_port;
  if (const int error = OpenOnCarrier(*carrier, &params, socket); error != 0) return error;
  host_->UseCarrier(carrier, false);
  OpenSocket open{carrier, params.port, {}};
  if (request.reuse_address) open.kept_options.insert(sctp::Option::kReuseAddr);
  sockets_.emplace(*socket, std::move(open));
  return 0;
}

int EmbeddedStack::OpenOnCarrier(const io::Carrier& carrier, sctp::OpenParams* params, sctp::SocketId* socket) {
  sctp::Engine& engine = host_->EngineForCall();
  params->carrier = carrier.id();
  params->max_window_bytes = static_cast<uint32_t>(std::min<size_t>(carrier.socket().receive_buffer_bytes(), UINT32_MAX));
  if (params->port != 0) return engine.Open(*params, socket);
  uint16_t start = 0;
  host_->FillRandom({reinterpret_cast<uint8_t*>(&start), sizeof(start)});
  int error = EADDRINUSE;
  for (uint32_t tried = 0; tried < kDynamicPorts && error == EADDRINUSE; tried++) {
    params->port = static_cast<uint16_t>(kFirstDynamicPort + (start + tried) % kDynamicPorts);
    error = engine.Open(*params, socket);
  }
  return error;
}

int EmbeddedStack::Listen(sctp::SocketId socket, uint32_t backlog) { return host_->EngineForCall().Listen(socket, backlog); }

int EmbeddedStack::Connect(sctp::SocketId socket, const std::vector<sctp::IpAddress>& addresses, uint16_t port, bool watch,
                           sctp::AssocId* assoc) {
  const OpenSocket* open = Find(socket);
  if (open == nullptr) return EBADF;
  if (addresses.size() > 1) return ENOTSUP;
  for (const sctp::IpAddress& address : addresses) {
    const io::UdpSocket& udp = open->carrier->socket();
    if (!CanReach(udp, address)) return EAFNOSUPPORT;
    if (const int error = io::ZoneProblem(address, udp.address(), udp.network_namespace()); error != 0) return error;
  }
  return host_->EngineForCall().Connect(socket, addresses, port, watch, assoc);
}

void EmbeddedStack::Unwatch(sctp::SocketId socket, sctp::AssocId assoc) { host_->EngineForCall().Unwatch(socket, assoc); }

int EmbeddedStack::Send(sctp::SocketId socket, const sctp::SendParams& params, sctp::Bytes data) {
  return host_->EngineForCall().Send(socket, params, data);
}

void EmbeddedStack::SetCredit(sctp::SocketId socket, sctp::Credit credit) {
  OpenSocket* open = Find(socket);
  if (open == nullptr) return;
  host_->EngineForCall().SetCredit(socket, credit.items, credit.bytes);
  if (credit.IsLeft()) host_->delivery().WantDrain(socket, &open->drain_mark);
}

size_t EmbeddedStack::Drain(Napi::Env env, sctp::SocketId socket) {
  if (Find(socket) == nullptr) return 0;
  (void)host_->EngineForCall();  // The drain is a call like others: what it leaves to do is done in the next turn.
  return host_->delivery().Drain(env, socket, *host_);
}

int EmbeddedStack::PeelOff(sctp::SocketId socket, sctp::AssocId assoc, sctp::SocketId* peeled) {
  const OpenSocket* open = Find(socket);
  if (open == nullptr) return EBADF;
  if (const int error = host_->EngineForCall().PeelOff(socket, assoc, peeled); error != 0) return error;
  AddBeside(*open, *peeled);
  return 0;
}

int EmbeddedStack::Accept(sctp::SocketId socket, sctp::SocketId* accepted) {
  const OpenSocket* open = Find(socket);
  if (open == nullptr) return EBADF;
  if (const int error = host_->EngineForCall().Accept(socket, accepted); error != 0) return error;
  AddBeside(*open, *accepted);
  return 0;
}

void EmbeddedStack::AddBeside(const OpenSocket& parent, sctp::SocketId socket) {
  host_->UseCarrier(parent.carrier, true);
  sockets_.emplace(socket, OpenSocket{parent.carrier, parent.port, parent.kept_options, true, {}});
}

// The engine has one path for each association, and does not re-configure streams.
int EmbeddedStack::Bindx(sctp::SocketId socket, const std::vector<sctp::IpAddress>&, bool) { return NotSupported(socket); }
int EmbeddedStack::ResetStreams(sctp::SocketId socket, sctp::AssocId, uint32_t, const std::vector<uint32_t>&) { return NotSupported(socket); }
int EmbeddedStack::ResetAssociation(sctp::SocketId socket, sctp::AssocId) { return NotSupported(socket); }
int EmbeddedStack::AddStreams(sctp::SocketId socket, sctp::AssocId, uint16_t, uint16_t) { return NotSupported(socket); }

int EmbeddedStack::NotSupported(sctp::SocketId socket) { return Find(socket) == nullptr ? EBADF : ENOTSUP; }

int EmbeddedStack::Close(sctp::SocketId socket, bool abort) {
  const auto found = sockets_.find(socket);
  if (found == sockets_.end()) return EBADF;
  if (const int error = host_->EngineForCall().Close(socket, abort); error != 0) return error;
  io::Carrier* carrier = found->second.carrier;
  const bool beside = found->second.beside;
  sockets_.erase(found);
  host_->delivery().Forget(socket);
  host_->ReleaseCarrier(carrier, beside);
  return 0;
}

int EmbeddedStack::SockName(sctp::SocketId socket, BoundName* name) {
  const OpenSocket* open = Find(socket);
  if (open == nullptr) return EBADF;
  const io::UdpSocket& udp = open->carrier->socket();
  *name = {{udp.address()}, open->port, udp.port()};
  return 0;
}

int EmbeddedStack::LocalNames(sctp::SocketId socket, sctp::AssocId assoc, std::vector<sctp::IpAddress>* addresses) {
  const OpenSocket* open = Find(socket);
  if (open == nullptr) return EBADF;
  sctp::IpAddress local;
  if (const int error = host_->engine().LocalName(socket, assoc, &local); error != 0) return error;
  // Packets say where they came to only if the carrier is bound to any address.
  *addresses = {local.family == 0 ? open->carrier->socket().address() : local};
  return 0;
}

int EmbeddedStack::PeerNames(sctp::SocketId socket, sctp::AssocId assoc, std::vector<sctp::PeerName>* names) {
  return host_->engine().PeerNames(socket, assoc, names);
}

sctp::AssocId EmbeddedStack::FindAssociation(sctp::SocketId socket, const sctp::IpAddress& peer, uint16_t port) {
  return host_->engine().FindAssociation(socket, peer, port);
}

void EmbeddedStack::QueuedBytes(sctp::SocketId socket, size_t* in, size_t* out) { host_->engine().QueuedBytes(socket, in, out); }

Counters EmbeddedStack::Stats() {
  const sctp::Stats& stats = host_->engine().stats();
  return {
      {"packetsIn", stats.packets_in},
      {"packetsOut", stats.packets_out},
      {"dataChunksIn", stats.data_chunks_in},
      {"dataChunksOut", stats.data_chunks_out},
      {"retransmissions", stats.retransmissions},
      {"fastRetransmits", stats.fast_retransmits},
      {"timeouts", stats.timeouts},
      {"duplicates", stats.duplicates},
      {"badPackets", stats.bad_packets},
      {"outOfTheBlue", stats.out_of_the_blue},
      {"associations", stats.associations},
      {"queuedInBytes", stats.queued_in_bytes},
      {"queuedOutBytes", stats.queued_out_bytes},
      {"queuedInItems", stats.queued_in_items},
  };
}

}  // namespace mailport::addon
