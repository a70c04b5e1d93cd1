// Nothing here waits or calls JavaScript.
#include "embedded_stack.h"

#include <algorithm>
#include <cerrno>

#include "../io/socket_address.h"
#include "../io/zone.h"

namespace mailport::addon {

namespace {

// The kernel's buffers of a UDP socket, if it lets us have them. The receive buffer bounds the windows that are advertised.
constexpr size_t kReceiveBufferBytes = 2 * 1024 * 1024;
constexpr size_t kSendBufferBytes = 2 * 1024 * 1024;

bool CanReach(const io::UdpSocket& socket, const sctp::IpAddress& address) {
  return socket.family() == address.family || (socket.family() == 6 && !socket.ipv6_only());
}

}  // namespace

std::unique_ptr<Stack> EmbeddedStack::Create(Napi::Env env, Napi::Object object, Napi::Function on_batch) {
  std::unique_ptr<Environment> environment = Environment::Create(env, object, on_batch);
  if (environment == nullptr) return nullptr;
  return std::unique_ptr<Stack>(new EmbeddedStack(std::move(environment)));
}

int EmbeddedStack::Open(const OpenRequest& request, sctp::SocketId* socket) {
  if (request.addresses.size() > 1) return ENOTSUP;
  const bool shared = request.encaps_port != 0;
  sctp::OpenParams engine;
  engine.port = request.port;
  engine.family = request.family;
  engine.one_to_one = request.one_to_one;
  engine.remote_udp_port = request.remote_encaps_port;
  io::UdpParams udp;
  udp.family = request.family;
  udp.ipv6_only = request.ipv6_only;
  udp.port = shared ? request.encaps_port : request.port;
  udp.address = request.addresses.empty() ? io::AnyAddress(request.family) : request.addresses[0];
  udp.receive_bytes = std::max<size_t>(request.recbuf, kReceiveBufferBytes);
  udp.send_bytes = kSendBufferBytes;
  udp.device = request.device;
  udp.network_namespace = request.network_namespace;
  const int error = environment_->OpenSocketOn(udp, shared, engine, socket);
  if (error == 0 && request.reuse_address) environment_->Find(*socket)->kept_options.insert(sctp::Option::kReuseAddr);
  return error;
}

int EmbeddedStack::Listen(sctp::SocketId socket, uint32_t backlog) { return environment_->EngineForCall().Listen(socket, backlog); }

int EmbeddedStack::Connect(sctp::SocketId socket, const std::vector<sctp::IpAddress>& addresses, uint16_t port, bool watch,
                           sctp::AssocId* assoc) {
  const OpenSocket* open = environment_->Find(socket);
  if (open == nullptr) return EBADF;
  if (addresses.size() > 1) return ENOTSUP;
  for (const sctp::IpAddress& address : addresses) {
    const io::UdpSocket& udp = open->carrier->socket();
    if (!CanReach(udp, address)) return EAFNOSUPPORT;
    if (const int error = io::ZoneProblem(address, udp.address(), udp.network_namespace()); error != 0) return error;
  }
  return environment_->EngineForCall().Connect(socket, addresses, port, watch, assoc);
}

void EmbeddedStack::Unwatch(sctp::SocketId socket, sctp::AssocId assoc) { environment_->EngineForCall().Unwatch(socket, assoc); }

int EmbeddedStack::Send(sctp::SocketId socket, const sctp::SendParams& params, sctp::Bytes data) {
  return environment_->EngineForCall().Send(socket, params, data);
}

void EmbeddedStack::SetCredit(sctp::SocketId socket, sctp::Credit credit) { environment_->SetCredit(socket, credit); }

size_t EmbeddedStack::Drain(Napi::Env env, sctp::SocketId socket) { return environment_->Drain(env, socket); }

int EmbeddedStack::PeelOff(sctp::SocketId socket, sctp::AssocId assoc, sctp::SocketId* peeled) {
  return environment_->PeelOff(socket, assoc, peeled);
}

int EmbeddedStack::Accept(sctp::SocketId socket, sctp::SocketId* accepted) { return environment_->Accept(socket, accepted); }

// The engine has one path for each association, and does not re-configure streams.
int EmbeddedStack::Bindx(sctp::SocketId socket, const std::vector<sctp::IpAddress>&, bool) { return NotSupported(socket); }
int EmbeddedStack::ResetStreams(sctp::SocketId socket, sctp::AssocId, uint32_t, const std::vector<uint32_t>&) { return NotSupported(socket); }
int EmbeddedStack::ResetAssociation(sctp::SocketId socket, sctp::AssocId) { return NotSupported(socket); }
int EmbeddedStack::AddStreams(sctp::SocketId socket, sctp::AssocId, uint16_t, uint16_t) { return NotSupported(socket); }

int EmbeddedStack::NotSupported(sctp::SocketId socket) const { return environment_->Find(socket) == nullptr ? EBADF : ENOTSUP; }

int EmbeddedStack::Close(sctp::SocketId socket, bool abort) { return environment_->Close(socket, abort); }

int EmbeddedStack::SockName(sctp::SocketId socket, BoundName* name) {
  const OpenSocket* open = environment_->Find(socket);
  if (open == nullptr) return EBADF;
  const io::UdpSocket& udp = open->carrier->socket();
  *name = {{udp.address()}, open->port, udp.port()};
  return 0;
}

int EmbeddedStack::LocalNames(sctp::SocketId socket, sctp::AssocId assoc, std::vector<sctp::IpAddress>* addresses) {
  const OpenSocket* open = environment_->Find(socket);
  if (open == nullptr) return EBADF;
  sctp::IpAddress local;
  if (const int error = environment_->EngineForCall().LocalName(socket, assoc, &local); error != 0) return error;
  // Packets say where they came to only if the carrier is bound to any address.
  *addresses = {local.family == 0 ? open->carrier->socket().address() : local};
  return 0;
}

int EmbeddedStack::PeerNames(sctp::SocketId socket, sctp::AssocId assoc, std::vector<sctp::PeerName>* names) {
  return environment_->EngineForCall().PeerNames(socket, assoc, names);
}

sctp::AssocId EmbeddedStack::FindAssociation(sctp::SocketId socket, const sctp::IpAddress& peer, uint16_t port) {
  return environment_->engine().FindAssociation(socket, peer, port);
}

void EmbeddedStack::QueuedBytes(sctp::SocketId socket, size_t* in, size_t* out) {
  environment_->engine().QueuedBytes(socket, in, out);
}

Counters EmbeddedStack::Stats() {
  const sctp::Stats& stats = environment_->engine().stats();
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
