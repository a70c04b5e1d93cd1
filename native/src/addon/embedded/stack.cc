// Nothing here waits or calls JavaScript. Calls that change something go to EngineForCall, questions to the engine as it is.
#include "stack.h"

#include <algorithm>
#include <cerrno>

#include "../../io/zone.h"

namespace mailport::addon {

namespace {

// SCTP ports for sockets that share a carrier and do not name one: the dynamic ports of RFC 6335 section 6.
constexpr uint16_t kFirstDynamicPort = 49152;
constexpr uint32_t kDynamicPorts = 65536 - kFirstDynamicPort;

}  // namespace

std::unique_ptr<SctpStack> EmbeddedStack::Create(Napi::Env env, Napi::Object object, Napi::Function on_batch, BusyWait& busy_wait) {
  std::unique_ptr<EngineHost> host = EngineHost::Create(env, object, on_batch, busy_wait);
  if (host == nullptr) return nullptr;
  return std::unique_ptr<SctpStack>(new EmbeddedStack(std::move(host)));
}

std::unique_ptr<SteppedStack> EmbeddedStack::CreateStepped(Napi::Env env, Napi::Object object, uint64_t seed) {
  return std::unique_ptr<SteppedStack>(new EmbeddedStack(EngineHost::CreateStepped(env, object, seed)));
}

OpenSocket* EmbeddedStack::Find(sctp::SocketId socket) {
  const auto found = sockets_.find(socket);
  return found == sockets_.end() ? nullptr : &found->second;
}

int EmbeddedStack::Open(const OpenRequest& request, sctp::SocketId* socket) {
  std::vector<io::Carrier*> carriers;
  if (const int error = AcquireCarriers(request, &carriers); error != 0) return error;
  sctp::OpenParams params;
  params.port = carriers[0]->shared() ? request.port : carriers[0]->port();
  params.family = request.family;
  params.one_to_one = request.one_to_one;
  params.remote_udp_port = request.remote_encaps_port;
  if (const int error = OpenOnCarriers(carriers, &params, socket); error != 0) {
    DropCarriers(carriers);
    return error;
  }
  for (io::Carrier* carrier : carriers) host_->UseCarrier(*carrier, false);
  OpenSocket open{std::move(carriers), params.port, request.family, {}, false, {}};
  if (request.reuse_address) open.kept_options.insert(sctp::Option::kReuseAddr);
  sockets_.emplace(*socket, std::move(open));
  return 0;
}

uint16_t EmbeddedStack::DynamicPort() {
  uint16_t random = 0;
  host_->FillRandom({reinterpret_cast<uint8_t*>(&random), sizeof(random)});
  return static_cast<uint16_t>(kFirstDynamicPort + random % kDynamicPorts);
}

int EmbeddedStack::OpenOnCarriers(const std::vector<io::Carrier*>& carriers, sctp::OpenParams* params, sctp::SocketId* socket) {
  sctp::Engine& engine = host_->EngineForCall();
  params->carrier = carriers[0]->id();
  params->max_window_bytes = UINT32_MAX;
  for (const io::Carrier* carrier : carriers) {
    params->max_window_bytes = static_cast<uint32_t>(std::min<size_t>(carrier->receive_buffer_bytes(), params->max_window_bytes));
    if (carrier != carriers[0]) params->further_carriers.push_back(carrier->id());
  }
  if (params->port != 0) return engine.Open(*params, socket);
  const uint32_t start = DynamicPort() - kFirstDynamicPort;
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
  for (const sctp::IpAddress& address : addresses) {
    int error = EAFNOSUPPORT;
    for (const io::Carrier* carrier : open->carriers) {
      if (error == 0 || !carrier->CanReach(address)) continue;
      error = carrier->socket() == nullptr ? 0 : io::ZoneProblem(address, carrier->address(), carrier->network_namespace());
    }
    if (error != 0) return error;
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
  for (io::Carrier* carrier : parent.carriers) host_->UseCarrier(*carrier, true);
  const auto [made, is_new] = sockets_.emplace(socket, OpenSocket{parent.carriers, parent.port, parent.family, parent.kept_options, true, {}});
  made->second.busy_poll.CopyFrom(parent.busy_poll);
}

int EmbeddedStack::ResetStreams(sctp::SocketId socket, sctp::AssocId assoc, uint32_t directions, const std::vector<uint32_t>& streams) {
  return host_->EngineForCall().ResetStreams(socket, assoc, directions, streams);
}

int EmbeddedStack::ResetAssociation(sctp::SocketId socket, sctp::AssocId assoc) { return host_->EngineForCall().ResetAssociation(socket, assoc); }

int EmbeddedStack::AddStreams(sctp::SocketId socket, sctp::AssocId assoc, uint16_t inbound, uint16_t outbound) {
  return host_->EngineForCall().AddStreams(socket, assoc, inbound, outbound);
}

int EmbeddedStack::Close(sctp::SocketId socket, bool abort) {
  const auto found = sockets_.find(socket);
  if (found == sockets_.end()) return EBADF;
  if (const int error = host_->EngineForCall().Close(socket, abort); error != 0) return error;
  const OpenSocket closed = std::move(found->second);
  sockets_.erase(found);
  host_->delivery().Forget(socket);
  for (io::Carrier* carrier : closed.carriers) host_->ReleaseCarrier(*carrier, closed.beside);
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
      {"eventsDropped", stats.events_dropped},
      {"unauthenticated", stats.unauthenticated},
  };
}

}  // namespace mailport::addon
