// Beginning and end of a host, what calls of the stack need of it, and what the engine asks of it. The turns of the loop are in turns.cc.
#include "engine_host.h"

#include <algorithm>
#include <bit>
#include <cerrno>

#include "../../sctp/address_scope.h"
#include "../sctp_record.h"

namespace mailport::addon {

namespace {

// Outgoing packets of one turn; when it is full they leave earlier.
constexpr size_t kOutgoingBytes = 1024 * 1024;
// Network namespaces whose routes are remembered: there may be any number of them in the life of a process.
constexpr size_t kMaxNamespaces = 64;

// The address with the longest prefix in common with `remote`.
sctp::IpAddress Nearest(const std::vector<const io::Carrier*>& carriers, const sctp::IpAddress& remote) {
  const auto common_bits = [&](const io::Carrier* carrier) {
    int bits = 0;
    for (size_t i = 0; carrier->address().family == remote.family && i < remote.bytes.size(); i++) {
      const int same = std::countl_zero(static_cast<uint8_t>(carrier->address().bytes[i] ^ remote.bytes[i]));
      bits += same;
      if (same < 8) break;
    }
    return bits;
  };
  return (*std::max_element(carriers.begin(), carriers.end(), [&](auto* a, auto* b) { return common_bits(a) < common_bits(b); }))->address();
}

// SplitMix64.
void FillFromSeed(uint64_t* state, std::span<uint8_t> out) {
  for (uint8_t& byte : out) {
    uint64_t bits = *state += 0x9e3779b97f4a7c15;
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
    byte = static_cast<uint8_t>((bits ^ bits >> 31) >> 32);
  }
}

// The engine keeps no items of these kinds: its host must take them.
bool IsUrgent(sctp::ItemKind kind) {
  return kind == sctp::ItemKind::kConnectResult || kind == sctp::ItemKind::kWritable || kind == sctp::ItemKind::kAcceptable;
}

}  // namespace

std::unique_ptr<EngineHost> EngineHost::Create(Napi::Env env, Napi::Object stack, Napi::Function on_batch, BusyWait& busy_wait) {
  uv_loop_t* loop = StackLoop::Of(env);
  if (loop == nullptr) return nullptr;
  std::unique_ptr<EngineHost> host(new EngineHost(env, loop, stack, on_batch, busy_wait));
  if (!host->loop_.Enter(env, host.get())) return nullptr;
  if (host->CreateHandles() != 0) host->OnEnvironmentEnd();
  return host;
}

EngineHost::EngineHost(Napi::Env env, uv_loop_t* loop, Napi::Object stack, Napi::Function on_batch, BusyWait& busy_wait)
    : loop_(loop, &busy_wait), delivery_(env, stack, on_batch), packets_(kOutgoingBytes), carriers_(loop, this), engine_(*this) {}

int EngineHost::CreateHandles() {
  if (const int status = loop_.Start(); status != 0) return status;
  const int status = timer_.Create(this, loop_.token(), [&](uv_timer_t* handle) { return uv_timer_init(loop_.get(), handle); });
  // Open sockets keep the loop alive, by their carriers; the timer never does.
  timer_.SetReferenced(false);
  return status;
}

void EngineHost::AbortAll() {
  if (ended()) return;
  TellTime();
  engine_.AbortAll();
  FlushAndSend(true);
}

void EngineHost::OnEnvironmentEnd() {
  AbortAll();
  delivery_.End();
  carriers_.CloseAll();
  timer_.Close();
  loop_.Leave();
}

sctp::Engine& EngineHost::EngineForCall() {
  if (!knows_time_) TellTime();
  has_work_ = true;
  return engine_;
}

void EngineHost::TellTime() {
  if (!is_stepped_) now_ = uv_hrtime() / 1000;
  engine_.SetNow(now_);
  knows_time_ = true;
}

int EngineHost::AcquireCarrier(const io::UdpParams& params, bool shared, bool over_ip, io::UdpCarrier** carrier) {
  if (is_stepped_) return ENOTSUP;
  return carriers_.Acquire(params, shared, over_ip, loop_.token(), carrier);
}

io::Carrier* EngineHost::FindCarrier(sctp::CarrierId id) const {
  return DatagramCarriers::Has(id) ? static_cast<io::Carrier*>(datagrams_.Find(id)) : carriers_.Find(id);
}

void EngineHost::UseCarrier(io::Carrier& carrier, bool beside) {
  if (!DatagramCarriers::Has(carrier.id())) return carriers_.Use(carrier, beside);
  datagrams_.Use(carrier, beside);
  StayForDatagrams(true);
}

void EngineHost::ReleaseCarrier(io::Carrier& carrier, bool beside) {
  if (DatagramCarriers::Has(carrier.id())) return datagrams_.Release(carrier, beside);
  carriers_.Release(carrier, beside);
  if (!CarrierTable::IsUnused(carrier, engine_)) return;
  FlushAndSend(true);
  carriers_.Close(carrier);
}

uint8_t* EngineHost::ReservePacket(size_t capacity) {
  if (!packets_.HasRoom(capacity)) SendPackets();
  return packets_.Reserve();
}

void EngineHost::CommitPacket(const sctp::PacketRoute& route, size_t length, bool may_be_fragmented) { packets_.Commit(route, length, may_be_fragmented); }

size_t EngineHost::MaxPacketBytes(sctp::CarrierId id, const sctp::IpAddress& remote) {
  if (const DatagramCarrier* carrier = datagrams_.Find(id); carrier != nullptr) return carrier->request().mtu & ~3u;
  const io::Carrier* carrier = carriers_.Find(id);
  return OverCarrier(carrier, RoutesOf(carrier).MostPacketBytes(remote, now_));
}

size_t EngineHost::FirstPacketBytes(sctp::CarrierId id, const sctp::IpAddress& remote) {
  if (DatagramCarriers::Has(id)) return MaxPacketBytes(id, remote);
  const io::Carrier* carrier = carriers_.Find(id);
  return OverCarrier(carrier, RoutesOf(carrier).FirstPacketBytes(remote, now_));
}

io::RouteMtu& EngineHost::RoutesOf(const io::Carrier* carrier) {
  const std::string where = carrier != nullptr ? carrier->network_namespace() : std::string();
  if (route_mtus_.size() >= kMaxNamespaces && !route_mtus_.contains(where)) route_mtus_.clear();
  return route_mtus_.try_emplace(where, where).first->second;
}

size_t EngineHost::OverCarrier(const io::Carrier* carrier, size_t over_udp) {
  const bool over_ip = carrier != nullptr && carrier->socket()->over_ip() != nullptr;
  return over_ip ? over_udp + io::kUdpHeaderBytes : over_udp;
}

uint32_t EngineHost::ErrorDetectionMethod(sctp::CarrierId id) {
  const DatagramCarrier* const carrier = datagrams_.Find(id);
  return carrier != nullptr && carrier->request().integrity ? 1 : 0;
}

bool EngineHost::AddressesOf(sctp::CarrierId id, std::vector<sctp::IpAddress>* addresses) {
  if (const DatagramCarrier* carrier = datagrams_.Find(id); carrier != nullptr) {
    addresses->insert(addresses->end(), carrier->addresses().begin(), carrier->addresses().end());
    return carrier->request().any;
  }
  const io::Carrier* carrier = carriers_.Find(id);
  if (carrier == nullptr) return false;
  if (!carrier->address().IsAny()) {
    addresses->push_back(carrier->address());
    return false;
  }
  const std::string& where = carrier->network_namespace();
  if (host_addresses_.size() >= kMaxNamespaces && !host_addresses_.contains(where)) host_addresses_.clear();
  for (const sctp::IpAddress& address : host_addresses_.try_emplace(where, where).first->second.All(now_))
    if (carrier->CanReach(address)) addresses->push_back(address);
  return true;
}

// Of several that can, the one with the address that the kernel would send from; else one whose address reaches as far as the peer's. Where there is no kernel
// to ask, the address that begins like the peer's counts as that (RFC 6724 section 5, rule 8).
sctp::CarrierId EngineHost::CarrierTo(std::span<const sctp::CarrierId> carriers, const sctp::IpAddress& remote) {
  std::vector<const io::Carrier*> able;
  for (const sctp::CarrierId id : carriers)
    if (const io::Carrier* carrier = FindCarrier(id); carrier != nullptr && carrier->CanReach(remote)) able.push_back(carrier);
  if (able.size() <= 1) return able.empty() ? 0 : able[0]->id();
  const sctp::IpAddress source = able[0]->socket() != nullptr ? io::SourceTo(remote, able[0]->network_namespace()) : Nearest(able, remote);
  const sctp::Scope reach = sctp::ScopeOf(remote);
  const auto fitness = [&](const io::Carrier* carrier) {
    const sctp::IpAddress& address = carrier->address();
    if (address == source) return 3;
    if (address.IsAny()) return 2;
    const bool is_local = sctp::ScopeOf(address) >= sctp::Scope::kLink;
    return is_local == (reach >= sctp::Scope::kLink) ? 1 : 0;
  };
  return (*std::max_element(able.begin(), able.end(), [&](auto* a, auto* b) { return fitness(a) < fitness(b); }))->id();
}

bool EngineHost::Deliver(sctp::SocketId socket, const sctp::Item& item) {
  if (!IsUrgent(item.kind)) return delivery_.Deliver(socket, SctpRecord(item));
  delivery_.DeliverUrgent(socket, SctpRecord(item));
  return true;
}

void EngineHost::FillRandom(std::span<uint8_t> out) {
  if (is_stepped_) return FillFromSeed(&seed_, out);
  // Without randomness, cookies and tags could be guessed: there is nothing safe to go on with.
  if (uv_random(nullptr, nullptr, out.data(), out.size(), 0, nullptr) != 0) {
    napi_fatal_error("mailport::FillRandom", NAPI_AUTO_LENGTH, "the system gives no random bytes", NAPI_AUTO_LENGTH);
  }
}

}  // namespace mailport::addon
