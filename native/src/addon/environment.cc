// Calls from JavaScript, what the engine asks of its host, and the beginning and end of an environment. The turns of the loop are in
// turns.cc.
#include "environment.h"

#include <algorithm>
#include <cerrno>

namespace mailport::addon {

namespace {

// Outgoing packets of one turn; when it is full they leave earlier.
constexpr size_t kPacketBatchBytes = 1024 * 1024;
// Network namespaces whose routes are remembered: there may be any number of them in the life of a process.
constexpr size_t kMaxNamespaces = 64;
// SCTP ports for sockets that share a carrier and do not name one: the dynamic ports of RFC 6335 section 6.
constexpr uint16_t kFirstDynamicPort = 49152;
constexpr uint32_t kDynamicPorts = 65536 - kFirstDynamicPort;

}  // namespace

std::unique_ptr<Environment> Environment::Create(Napi::Env env, Napi::Object stack, Napi::Function on_batch) {
  uv_loop_t* loop = nullptr;
  napi_async_cleanup_hook_handle hook = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return nullptr;
  std::unique_ptr<Environment> environment(new Environment(env, loop, stack, on_batch));
  if (napi_add_async_cleanup_hook(env, OnCleanup, environment.get(), &hook) != napi_ok) return nullptr;
  // From here on the handles hold back the environment's end until they are closed.
  environment->token_ = CarrierTable::Token(hook, [](void* held) {
    napi_remove_async_cleanup_hook(static_cast<napi_async_cleanup_hook_handle>(held));
  });
  if (environment->CreateHandles(loop) != 0) environment->Shutdown();
  return environment;
}

Environment::Environment(Napi::Env env, uv_loop_t* loop, Napi::Object stack, Napi::Function on_batch)
    : callback_(env, stack, on_batch), batch_(env), packets_(kPacketBatchBytes), carriers_(loop, this), engine_(*this) {
  batch_.DefineOn(stack);
}

int Environment::CreateHandles(uv_loop_t* loop) {
  int status = prepare_.Create(this, token_, [&](uv_prepare_t* handle) { return uv_prepare_init(loop, handle); });
  if (status == 0) status = idle_.Create(this, token_, [&](uv_idle_t* handle) { return uv_idle_init(loop, handle); });
  if (status == 0) status = timer_.Create(this, token_, [&](uv_timer_t* handle) { return uv_timer_init(loop, handle); });
  if (status != 0) return status;
  // Open sockets keep the loop alive, by their carriers; these never do.
  prepare_.SetReferenced(false);
  idle_.SetReferenced(false);
  timer_.SetReferenced(false);
  return uv_prepare_start(prepare_.get(), [](uv_prepare_t* handle) { static_cast<Environment*>(handle->data)->OnPrepare(); });
}

void Environment::OnCleanup(napi_async_cleanup_hook_handle, void* environment) { static_cast<Environment*>(environment)->Shutdown(); }

void Environment::AbortAll() {
  if (ended_) return;
  TellTime();
  engine_.AbortAll();
  FlushAndSend(true);
}

void Environment::Shutdown() {
  AbortAll();
  ended_ = true;
  callback_.End();
  carriers_.CloseAll();
  prepare_.Close();
  idle_.Close();
  timer_.Close();
  token_.reset();
}

sctp::Engine& Environment::EngineForCall() {
  if (!knows_time_) TellTime();
  has_work_ = true;
  return engine_;
}

void Environment::TellTime() {
  now_ = uv_hrtime() / 1000;
  engine_.SetNow(now_);
  knows_time_ = true;
}

OpenSocket* Environment::Find(sctp::SocketId socket) {
  const auto found = sockets_.find(socket);
  return found == sockets_.end() ? nullptr : &found->second;
}

int Environment::OpenSocketOn(const io::UdpParams& params, bool shared, sctp::OpenParams open, sctp::SocketId* socket) {
  io::Carrier* carrier = nullptr;
  if (const int error = carriers_.Acquire(params, shared, token_, &carrier); error != 0) return error;
  sctp::Engine& engine = EngineForCall();
  open.carrier = carrier->id();
  open.max_window_bytes = static_cast<uint32_t>(std::min<size_t>(carrier->socket().receive_buffer_bytes(), UINT32_MAX));
  int error = EADDRINUSE;
  if (!shared) {
    open.port = carrier->socket().port();
    error = engine.Open(open, socket);
  } else if (open.port != 0) {
    error = engine.Open(open, socket);
  } else {
    uint16_t start = 0;
    FillRandom({reinterpret_cast<uint8_t*>(&start), sizeof(start)});
    for (uint32_t tried = 0; tried < kDynamicPorts && error == EADDRINUSE; tried++) {
      open.port = static_cast<uint16_t>(kFirstDynamicPort + (start + tried) % kDynamicPorts);
      error = engine.Open(open, socket);
    }
  }
  if (error != 0) return error;
  carriers_.Use(carrier, false);
  sockets_.emplace(*socket, OpenSocket{carrier, open.port, {}});
  return 0;
}

int Environment::PeelOff(sctp::SocketId socket, sctp::AssocId assoc, sctp::SocketId* peeled) {
  const auto found = sockets_.find(socket);
  if (found == sockets_.end()) return EBADF;
  const int error = EngineForCall().PeelOff(socket, assoc, peeled);
  if (error != 0) return error;
  AddBeside(found->second, *peeled);
  return 0;
}

int Environment::Accept(sctp::SocketId socket, sctp::SocketId* accepted) {
  const auto found = sockets_.find(socket);
  if (found == sockets_.end()) return EBADF;
  if (const int error = EngineForCall().Accept(socket, accepted); error != 0) return error;
  AddBeside(found->second, *accepted);
  return 0;
}

void Environment::AddBeside(const OpenSocket& parent, sctp::SocketId socket) {
  carriers_.Use(parent.carrier, true);
  sockets_.emplace(socket, OpenSocket{parent.carrier, parent.port, parent.kept_options, true});
}

int Environment::Close(sctp::SocketId socket, bool abort) {
  const auto found = sockets_.find(socket);
  if (found == sockets_.end()) return EBADF;
  const int error = EngineForCall().Close(socket, abort);
  if (error != 0) return error;
  io::Carrier* carrier = found->second.carrier;
  const bool beside = found->second.beside;
  sockets_.erase(found);
  std::erase(wants_drain_, socket);
  std::erase_if(urgent_, [&](const Urgent& urgent) { return urgent.socket == socket; });
  carriers_.Release(carrier, beside);
  if (carriers_.IsUnused(*carrier, engine_)) {
    // Whoever waits for the port gets it now; what there is to say to peers must be said before.
    FlushAndSend(true);
    carriers_.Close(carrier);
  }
  return 0;
}

void Environment::SetCredit(sctp::SocketId socket, sctp::Credit credit) {
  const auto found = sockets_.find(socket);
  if (found == sockets_.end()) return;
  EngineForCall().SetCredit(socket, credit.items, credit.bytes);
  if (!credit.IsLeft() || found->second.wants_drain) return;
  found->second.wants_drain = true;
  wants_drain_.push_back(socket);
}

size_t Environment::Drain(Napi::Env env, sctp::SocketId socket) {
  const auto found = sockets_.find(socket);
  if (found == sockets_.end() || in_callback_) return 0;
  sctp::Engine& engine = EngineForCall();
  BeginCollecting();
  CollectUrgent(socket);
  engine.Drain(socket);
  collecting_ = false;
  batch_.PublishLarge(env);
  return batch_.count();
}

uint8_t* Environment::ReservePacket(size_t capacity) {
  if (!packets_.HasRoom(capacity)) SendPackets();
  return packets_.Reserve();
}

void Environment::CommitPacket(const sctp::PacketRoute& route, size_t length) { packets_.Commit(route, length); }

size_t Environment::MaxPacketBytes(sctp::CarrierId id, const sctp::IpAddress& remote) {
  const io::Carrier* carrier = carriers_.Find(id);
  const std::string& where = carrier != nullptr ? carrier->socket().network_namespace() : std::string();
  if (route_mtus_.size() >= kMaxNamespaces && !route_mtus_.contains(where)) route_mtus_.clear();
  return route_mtus_.try_emplace(where, where).first->second.MaxPacketBytes(remote, now_);
}

bool Environment::Deliver(sctp::SocketId socket, const sctp::Item& item) {
  const bool is_urgent = item.kind == sctp::ItemKind::kConnectResult || item.kind == sctp::ItemKind::kWritable ||
                         item.kind == sctp::ItemKind::kAcceptable;
  // Urgent items of this socket that wait for a batch came first; those of others have no part in its order.
  const bool comes_later = std::any_of(urgent_.begin(), urgent_.end(), [socket](const Urgent& urgent) { return urgent.socket == socket; });
  if (collecting_ && !comes_later && batch_.Add(socket, item)) return true;
  if (!is_urgent) return false;
  urgent_.push_back({socket, item});
  urgent_.back().item.data = {};
  return true;
}

void Environment::FillRandom(std::span<uint8_t> out) {
  // Without randomness, cookies and tags could be guessed: there is nothing safe to go on with.
  if (uv_random(nullptr, nullptr, out.data(), out.size(), 0, nullptr) != 0) {
    napi_fatal_error("mailport::FillRandom", NAPI_AUTO_LENGTH, "the system gives no random bytes", NAPI_AUTO_LENGTH);
  }
}

}  // namespace mailport::addon
