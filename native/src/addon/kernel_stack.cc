// Calls from JavaScript, and the beginning and end of a stack.
#include "kernel_stack.h"

#include <algorithm>
#include <cerrno>

namespace mailport::addon {

namespace {

constexpr uint32_t kMinHeldBytes = 65536;  // As the embedded stack has it.

// As large as the embedded engine's, if the kernel allows it.
constexpr size_t kSendBufferBytes = 512 * 1024;
// Parts that one Drain reads; the caller comes again.
constexpr unsigned kPartsPerDrain = 1024;

}  // namespace

std::unique_ptr<Stack> KernelStack::Create(Napi::Env env, Napi::Object object, Napi::Function on_batch) {
  uv_loop_t* loop = nullptr;
  napi_async_cleanup_hook_handle hook = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return nullptr;
  std::unique_ptr<KernelStack> stack(new KernelStack(env, loop, object, on_batch));
  if (napi_add_async_cleanup_hook(env, OnCleanup, stack.get(), &hook) != napi_ok) return nullptr;
  // From here on the handles hold back the environment's end until they are closed.
  stack->token_ = Token(hook, [](void* held) { napi_remove_async_cleanup_hook(static_cast<napi_async_cleanup_hook_handle>(held)); });
  if (stack->CreateHandles() != 0) stack->Shutdown();
  return stack;
}

KernelStack::KernelStack(Napi::Env env, uv_loop_t* loop, Napi::Object object, Napi::Function on_batch)
    : loop_(loop), callback_(env, object, on_batch), batch_(env) {
  batch_.DefineOn(object);
}

int KernelStack::CreateHandles() {
  int status = prepare_.Create(this, token_, [&](uv_prepare_t* handle) { return uv_prepare_init(loop_, handle); });
  if (status == 0) status = idle_.Create(this, token_, [&](uv_idle_t* handle) { return uv_idle_init(loop_, handle); });
  if (status == 0) status = timer_.Create(this, token_, [&](uv_timer_t* handle) { return uv_timer_init(loop_, handle); });
  if (status == 0) status = retry_timer_.Create(this, token_, [&](uv_timer_t* handle) { return uv_timer_init(loop_, handle); });
  if (status != 0) return status;
  // The first keeps the loop alive while sockets are open, also those that nothing is read of; the others never do.
  prepare_.SetReferenced(false);
  idle_.SetReferenced(false);
  timer_.SetReferenced(false);
  retry_timer_.SetReferenced(false);
  return uv_prepare_start(prepare_.get(), [](uv_prepare_t* handle) { static_cast<KernelStack*>(handle->data)->OnPrepare(); });
}

void KernelStack::OnCleanup(napi_async_cleanup_hook_handle, void* stack) { static_cast<KernelStack*>(stack)->Shutdown(); }

void KernelStack::Shutdown() {
  ended_ = true;
  callback_.End();
  for (auto& [id, entry] : sockets_) Release(*entry.port, false);
  sockets_.clear();
  prepare_.Close();
  idle_.Close();
  timer_.Close();
  retry_timer_.Close();
  token_.reset();
}

// The kernel closes what a process leaves as CL-12 has it, but knows nothing of what was read and not delivered.
void KernelStack::OnProcessExit() {
  for (auto& [id, entry] : sockets_) {
    if (entry.port->HasUnreadData()) entry.port->socket->AbortOnClose();
  }
}

KernelPort* KernelStack::Find(sctp::SocketId socket) {
  const auto found = sockets_.find(socket);
  return found == sockets_.end() ? nullptr : found->second.port.get();
}

int KernelStack::Add(std::unique_ptr<kernel_sctp::Socket> socket, sctp::SocketId* id) {
  const int fd = socket->fd();
  const sctp::SocketId next = last_id_ + 1;
  Entry entry{std::make_unique<PollOwner>(PollOwner{this, next}), std::make_unique<KernelPort>(next, std::move(socket))};
  const int status =
      entry.port->poll.Create(entry.owner.get(), token_, [&](uv_poll_t* poll) { return uv_poll_init(loop_, poll, fd); });
  if (status != 0) return -status;
  entry.port->poll.SetReferenced(false);
  last_id_ = *id = next;
  sockets_.emplace(next, std::move(entry));
  prepare_.SetReferenced(true);
  return 0;
}

int KernelStack::Open(const OpenRequest& request, sctp::SocketId* socket) {
  kernel_sctp::SocketParams params;
  params.addresses = request.addresses;
  params.port = request.port;
  params.family = request.family;
  params.one_to_one = request.one_to_one;
  params.ipv6_only = request.ipv6_only;
  params.encaps_port = request.encaps_port;
  params.remote_encaps_port = request.remote_encaps_port;
  params.receive_bytes = request.recbuf;
  params.send_bytes = kSendBufferBytes;
  params.reuse_address = request.reuse_address;
  params.device = request.device;
  params.network_namespace = request.network_namespace;
  params.beside_own = ports_had_.contains(request.port) && !HasOpen(request.addresses, request.port);
  std::unique_ptr<kernel_sctp::Socket> opened;
  if (const int error = kernel_sctp::Socket::Open(params, &opened); error != 0) return error;
  std::vector<sctp::IpAddress> addresses;
  uint16_t port = 0;
  if (opened->SockName(&addresses, &port) == 0) ports_had_.insert(port);
  if (const int error = Add(std::move(opened), socket); error != 0) return error;
  Find(*socket)->opened_port = port;
  return 0;
}

// Whether a socket that has opened this port on one of these addresses, and not only what it has left there, is open.
bool KernelStack::HasOpen(const std::vector<sctp::IpAddress>& addresses, uint16_t port) const {
  const auto is_any = [](const sctp::IpAddress& address) { return address.IsAny(); };
  const bool anywhere = addresses.empty() || std::ranges::any_of(addresses, is_any);
  return std::ranges::any_of(sockets_, [&](const auto& each) {
    const KernelPort& other = *each.second.port;
    std::vector<sctp::IpAddress> bound;
    uint16_t bound_port = 0;
    if (other.opened_port != port || other.socket->SockName(&bound, &bound_port) != 0) return false;
    return anywhere || std::ranges::any_of(bound, is_any) || std::ranges::find_first_of(bound, addresses) != bound.end();
  });
}

int KernelStack::Listen(sctp::SocketId socket, uint32_t backlog) {
  KernelPort* port = Find(socket);
  if (port == nullptr) return EBADF;
  const int error = port->socket->Listen(backlog);
  // Whether it is read changes with it.
  LookAtPoll(*port);
  return error;
}

int KernelStack::Connect(sctp::SocketId socket, const std::vector<sctp::IpAddress>& addresses, uint16_t port_number, bool watch,
                         sctp::AssocId* assoc) {
  KernelPort* port = Find(socket);
  if (port == nullptr) return EBADF;
  if (const int error = port->socket->Connect(addresses, port_number, assoc); error != 0) return error;
  if (watch) port->watched.push_back(*assoc);
  // A one-to-one socket may have come to the end of its last association.
  port->at_end = false;
  LookAtPoll(*port);
  return 0;
}

void KernelStack::Unwatch(sctp::SocketId socket, sctp::AssocId assoc) {
  KernelPort* port = Find(socket);
  if (port == nullptr) return;
  std::erase(port->watched, assoc);
  LookAtPoll(*port);
}

int KernelStack::Send(sctp::SocketId socket, const sctp::SendParams& params, sctp::Bytes data) {
  KernelPort* port = Find(socket);
  if (port == nullptr) return EBADF;
  if (!MaySend(*port, params, data)) return EAGAIN;
  send_calls_++;
  const int error = port->socket->Send(params, data);
  if (error == EAGAIN) AwaitRoom(*port);
  NoteSend(*port, params, data, error == 0);
  return error;
}

sctp::SendsTaken KernelStack::SendMany(sctp::SocketId socket, std::span<const sctp::SendRequest> requests) {
  KernelPort* port = Find(socket);
  if (port == nullptr) return {0, EBADF, 0};
  size_t admitted = 0;
  while (admitted < requests.size() && MaySend(*port, requests[admitted].params, requests[admitted].data)) ++admitted;
  if (admitted == 0 && !requests.empty()) return {0, EAGAIN, 0};
  sctp::SendsTaken taken = port->socket->SendMany(requests.first(admitted));
  send_calls_ += taken.calls;
  if (taken.error == EAGAIN) AwaitRoom(*port);
  for (size_t i = 0; i < admitted; ++i) NoteSend(*port, requests[i].params, requests[i].data, i < taken.count);
  if (taken.error == 0 && admitted < requests.size()) taken.error = EAGAIN;
  return taken;
}

// Flags alone take no room.
bool KernelStack::MaySend(KernelPort& port, const sctp::SendParams& params, sctp::Bytes data) {
  if (!port.has_shares() || data.empty() || port.shares.Admits(params.assoc_id, data.size(), *port.socket)) return true;
  AskAgain(port);
  return false;
}

// After MaySend.
void KernelStack::NoteSend(KernelPort& port, const sctp::SendParams& params, sctp::Bytes data, bool taken) {
  if (taken) {
    port.told_writable = false;
    retry_ms_ = 0;
    NoteSent(port, params);
  } else if (port.has_shares() && !data.empty()) {
    port.shares.Returned(params.assoc_id, data.size());
  }
}

// No poll says when a share, or where net.sctp.sndbuf_policy is 1 an association's buffer, has room again.
void KernelStack::AskAgain(KernelPort& port) {
  port.wants_retry = true;
  RunRetryTimer();
}

void KernelStack::AwaitRoom(KernelPort& port) {
  if (port.told_writable) return AskAgain(port);
  if (port.wants_writable) return;
  port.wants_writable = true;
  LookAtPoll(port);
}

void KernelStack::SetCredit(sctp::SocketId socket, sctp::Credit credit) {
  KernelPort* port = Find(socket);
  if (port == nullptr) return;
  port->credit = credit;
  if (credit.IsLeft() && !port->queue.empty()) WantDrain(*port);
  LookAtPoll(*port);
}

size_t KernelStack::Drain(Napi::Env env, sctp::SocketId socket) {
  KernelPort* port = Find(socket);
  if (port == nullptr || in_callback_) return 0;
  BeginCollecting();
  CollectUrgent(socket);
  DeliverQueued(*port);
  Read(*port, kPartsPerDrain);
  collecting_ = false;
  batch_.PublishLarge(env);
  return batch_.count();
}

int KernelStack::PeelOff(sctp::SocketId socket, sctp::AssocId assoc, sctp::SocketId* peeled) {
  KernelPort* parent = Find(socket);
  if (parent == nullptr) return EBADF;
  std::unique_ptr<kernel_sctp::Socket> opened;
  if (const int error = parent->socket->PeelOff(assoc, uv_backend_fd(loop_), &opened); error != 0) return error;
  if (const int error = Add(std::move(opened), peeled); error != 0) return error;
  // What the kernel still has of the association has moved with it; this is what was read already, and came before.
  KernelPort* port = Find(*peeled);
  port->assembly.SetMaxBytes(parent->assembly.max_bytes());
  parent->assembly.Move(assoc, &port->assembly);
  parent->shares.Forget(assoc);
  std::deque<KernelPort::Queued> stays;
  for (KernelPort::Queued& queued : parent->queue) {
    const bool moves = queued.item.assoc_id == assoc;
    if (moves) {
      port->queue_bytes += queued.payload.size();
      parent->queue_bytes -= queued.payload.size();
    }
    (moves ? port->queue : stays).push_back(std::move(queued));
  }
  parent->queue = std::move(stays);
  if (parent->IsWatched(assoc)) {
    std::erase(parent->watched, assoc);
    port->watched.push_back(assoc);
    LookAtPoll(*port);
  }
  LookAtPoll(*parent);
  return 0;
}

int KernelStack::Accept(sctp::SocketId socket, sctp::SocketId* accepted) {
  KernelPort* port = Find(socket);
  if (port == nullptr) return EBADF;
  std::unique_ptr<kernel_sctp::Socket> opened;
  const int error = port->socket->Accept(&opened);
  if (error == EAGAIN) {
    port->wants_accept = true;
    LookAtPoll(*port);
  }
  return error == 0 ? Add(std::move(opened), accepted) : error;
}

int KernelStack::Bindx(sctp::SocketId socket, const std::vector<sctp::IpAddress>& addresses, bool add) {
  KernelPort* port = Find(socket);
  return port == nullptr ? EBADF : port->socket->Bindx(addresses, add);
}

int KernelStack::ResetStreams(sctp::SocketId socket, sctp::AssocId assoc, uint32_t directions, const std::vector<uint32_t>& streams) {
  KernelPort* port = Find(socket);
  return port == nullptr ? EBADF : port->socket->ResetStreams(assoc, directions, streams);
}

int KernelStack::ResetAssociation(sctp::SocketId socket, sctp::AssocId assoc) {
  KernelPort* port = Find(socket);
  return port == nullptr ? EBADF : port->socket->ResetAssociation(assoc);
}

int KernelStack::AddStreams(sctp::SocketId socket, sctp::AssocId assoc, uint16_t inbound, uint16_t outbound) {
  KernelPort* port = Find(socket);
  return port == nullptr ? EBADF : port->socket->AddStreams(assoc, inbound, outbound);
}

// Of both, the poll ends before the descriptor is closed.
void KernelStack::Release(KernelPort& port, bool abort) {
  // Associations that nobody has accepted are aborted (CL-13), which the kernel does only if they have sent something.
  if (abort || port.HasUnreadData() || port.socket->may_have_unaccepted()) port.socket->AbortOnClose();
  port.poll.Close();
  port.socket->LeavePort();
  port.socket.reset();
}

int KernelStack::Close(sctp::SocketId socket, bool abort) {
  const auto found = sockets_.find(socket);
  if (found == sockets_.end()) return EBADF;
  Release(*found->second.port, abort);
  sockets_.erase(found);
  std::erase(wants_drain_, socket);
  std::erase(polls_change_, socket);
  std::erase_if(urgent_, [&](const Urgent& urgent) { return urgent.socket == socket; });
  if (sockets_.empty()) prepare_.SetReferenced(false);
  return 0;
}

int KernelStack::SetOption(sctp::SocketId socket, sctp::Option option, const sctp::OptionKey& key, const std::vector<uint32_t>& values) {
  if (socket == 0 && sctp::IsOfAll(option)) return ENOTSUP;
  KernelPort* port = Find(socket);
  if (port == nullptr) return EBADF;
  if (option != sctp::Option::kMaxHeld) return port->socket->SetOption(option, key, values);
  if (values.size() != 1 || values[0] < kMinHeldBytes) return EINVAL;
  port->assembly.SetMaxBytes(values[0]);
  return 0;
}

int KernelStack::GetOption(sctp::SocketId socket, sctp::Option option, const sctp::OptionKey& key, std::vector<uint32_t>* values) {
  KernelPort* port = Find(socket);
  if (port == nullptr) return EBADF;
  if (option == sctp::Option::kMaxHeld) {
    *values = {static_cast<uint32_t>(port->assembly.max_bytes())};
    return 0;
  }
  if (option == sctp::Option::kHeld && key.assoc == 0) {
    const uint64_t held = port->held_bytes();
    *values = {static_cast<uint32_t>(held >> 32), static_cast<uint32_t>(held), 0, 0};
    return 0;
  }
  return port->socket->GetOption(option, key, values);
}

int KernelStack::SockName(sctp::SocketId socket, BoundName* name) {
  KernelPort* port = Find(socket);
  return port == nullptr ? EBADF : port->socket->SockName(&name->addresses, &name->port);
}

int KernelStack::LocalNames(sctp::SocketId socket, sctp::AssocId assoc, std::vector<sctp::IpAddress>* addresses) {
  KernelPort* port = Find(socket);
  return port == nullptr ? EBADF : port->socket->LocalNames(assoc, addresses);
}

int KernelStack::PeerNames(sctp::SocketId socket, sctp::AssocId assoc, std::vector<sctp::PeerName>* names) {
  KernelPort* port = Find(socket);
  return port == nullptr ? EBADF : port->socket->PeerNames(assoc, names);
}

sctp::AssocId KernelStack::FindAssociation(sctp::SocketId socket, const sctp::IpAddress& peer, uint16_t port_number) {
  KernelPort* port = Find(socket);
  return port == nullptr ? 0 : port->socket->FindAssociation(peer, port_number);
}

void KernelStack::QueuedBytes(sctp::SocketId socket, size_t* in, size_t* out) {
  *in = *out = 0;
  KernelPort* port = Find(socket);
  if (port == nullptr) return;
  port->socket->QueuedBytes(in, out);
  *in += port->queue_bytes + port->assembly.bytes();
}

Counters KernelStack::Stats() {
  uint64_t items = 0;
  uint64_t in = 0;
  uint64_t out = 0;
  for (auto& [id, entry] : sockets_) {
    size_t socket_in = 0;
    size_t socket_out = 0;
    QueuedBytes(id, &socket_in, &socket_out);
    in += socket_in;
    out += socket_out;
    items += entry.port->queue.size();
  }
  return {{"queuedInBytes", in}, {"queuedOutBytes", out}, {"queuedInItems", items}, {"readErrors", read_errors_}, {"readCalls", read_calls_}, {"sendCalls", send_calls_}};
}

}  // namespace mailport::addon
