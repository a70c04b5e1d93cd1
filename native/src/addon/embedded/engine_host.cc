// Beginning and end of a host, what calls of the stack need of it, and what the engine asks of it. The turns of the loop are in turns.cc.
#include "engine_host.h"

#include "../sctp_record.h"

namespace mailport::addon {

namespace {

// Outgoing packets of one turn; when it is full they leave earlier.
constexpr size_t kOutgoingBytes = 1024 * 1024;
// Network namespaces whose routes are remembered: there may be any number of them in the life of a process.
constexpr size_t kMaxNamespaces = 64;

// The engine keeps no items of these kinds: its host must take them.
bool IsUrgent(sctp::ItemKind kind) {
  return kind == sctp::ItemKind::kConnectResult || kind == sctp::ItemKind::kWritable || kind == sctp::ItemKind::kAcceptable;
}

}  // namespace

std::unique_ptr<EngineHost> EngineHost::Create(Napi::Env env, Napi::Object stack, Napi::Function on_batch) {
  uv_loop_t* loop = StackLoop::Of(env);
  if (loop == nullptr) return nullptr;
  std::unique_ptr<EngineHost> host(new EngineHost(env, loop, stack, on_batch));
  if (!host->loop_.Enter(env, host.get())) return nullptr;
  if (host->CreateHandles() != 0) host->OnEnvironmentEnd();
  return host;
}

EngineHost::EngineHost(Napi::Env env, uv_loop_t* loop, Napi::Object stack, Napi::Function on_batch)
    : loop_(loop), delivery_(env, stack, on_batch), packets_(kOutgoingBytes), carriers_(loop, this), engine_(*this) {}

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
  now_ = uv_hrtime() / 1000;
  engine_.SetNow(now_);
  knows_time_ = true;
}

int EngineHost::AcquireCarrier(const io::UdpParams& params, bool shared, io::Carrier** carrier) {
  return carriers_.Acquire(params, shared, loop_.token(), carrier);
}

void EngineHost::ReleaseCarrier(io::Carrier* carrier, bool beside) {
  carriers_.Release(carrier, beside);
  if (!carriers_.IsUnused(*carrier, engine_)) return;
  FlushAndSend(true);
  carriers_.Close(carrier);
}

uint8_t* EngineHost::ReservePacket(size_t capacity) {
  if (!packets_.HasRoom(capacity)) SendPackets();
  return packets_.Reserve();
}

void EngineHost::CommitPacket(const sctp::PacketRoute& route, size_t length) { packets_.Commit(route, length); }

size_t EngineHost::MaxPacketBytes(sctp::CarrierId id, const sctp::IpAddress& remote) {
  const io::Carrier* carrier = carriers_.Find(id);
  const std::string& where = carrier != nullptr ? carrier->socket().network_namespace() : std::string();
  if (route_mtus_.size() >= kMaxNamespaces && !route_mtus_.contains(where)) route_mtus_.clear();
  return route_mtus_.try_emplace(where, where).first->second.MaxPacketBytes(remote, now_);
}

bool EngineHost::Deliver(sctp::SocketId socket, const sctp::Item& item) {
  if (!IsUrgent(item.kind)) return delivery_.Deliver(socket, SctpRecord(item));
  delivery_.DeliverUrgent(socket, SctpRecord(item));
  return true;
}

void EngineHost::FillRandom(std::span<uint8_t> out) {
  // Without randomness, cookies and tags could be guessed: there is nothing safe to go on with.
  if (uv_random(nullptr, nullptr, out.data(), out.size(), 0, nullptr) != 0) {
    napi_fatal_error("mailport::FillRandom", NAPI_AUTO_LENGTH, "the system gives no random bytes", NAPI_AUTO_LENGTH);
  }
}

}  // namespace mailport::addon
