// Beginning and end of a stack and of its sockets.
#include "stack.h"

#include <algorithm>
#include <cerrno>

namespace mailport::addon {

namespace {

// As large as the embedded engine's, if the kernel allows it.
constexpr size_t kSendBufferBytes = 512 * 1024;

}  // namespace

std::unique_ptr<SctpStack> KernelStack::Create(Napi::Env env, Napi::Object object, Napi::Function on_batch, BusyWait& busy_wait) {
  uv_loop_t* loop = StackLoop::Of(env);
  if (loop == nullptr) return nullptr;
  std::unique_ptr<KernelStack> stack(new KernelStack(env, loop, object, on_batch, busy_wait));
  if (!stack->loop_.Enter(env, stack.get())) return nullptr;
  if (stack->CreateHandles() != 0) stack->OnEnvironmentEnd();
  return stack;
}

KernelStack::KernelStack(Napi::Env env, uv_loop_t* loop, Napi::Object object, Napi::Function on_batch, BusyWait& busy_wait)
    : loop_(loop, &busy_wait), delivery_(env, object, on_batch) {}

int KernelStack::CreateHandles() {
  const auto init = [this](uv_timer_t* handle) { return uv_timer_init(loop_.get(), handle); };
  int status = loop_.Start();
  if (status == 0) status = end_timer_.Create(this, loop_.token(), init);
  if (status == 0) status = retry_timer_.Create(loop_, this);
  // Open sockets keep the loop alive, also those that nothing is read of (see Add); the timers never do.
  end_timer_.SetReferenced(false);
  return status;
}

void KernelStack::OnEnvironmentEnd() {
  delivery_.End();
  for (auto& [id, socket] : sockets_) Release(socket, false);
  sockets_.clear();
  end_timer_.Close();
  retry_timer_.Close();
  loop_.Leave();
}

// The kernel closes the sockets of a process that ends (CL-12), but it does not know which items were read and not delivered.
void KernelStack::OnProcessExit() {
  for (auto& [id, socket] : sockets_) {
    if (socket.HasUnreadData()) socket.kernel->AbortOnClose();
  }
}

KernelSocket* KernelStack::Find(sctp::SocketId id) {
  const auto found = sockets_.find(id);
  return found == sockets_.end() ? nullptr : &found->second;
}

int KernelStack::Add(std::unique_ptr<kernel_sctp::Socket> kernel, sctp::SocketId* id) {
  const int fd = kernel->fd();
  const sctp::SocketId next = last_id_ + 1;
  KernelSocket& socket = sockets_.try_emplace(next, next, std::move(kernel)).first->second;
  if (const int status = socket.poll.Create(loop_, fd, next, this); status != 0) {
    sockets_.erase(next);
    return -status;
  }
  last_id_ = *id = next;
  loop_.SetReferenced(true);
  return 0;
}

int KernelStack::Open(const OpenRequest& request, sctp::SocketId* id) {
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
  if (const int error = Add(std::move(opened), id); error != 0) return error;
  Find(*id)->opened_port = port;
  return 0;
}

// Whether a socket is open that has itself opened this port on one of these addresses. Sockets that were peeled off or accepted do not count.
bool KernelStack::HasOpen(const std::vector<sctp::IpAddress>& addresses, uint16_t port) const {
  const auto is_any = [](const sctp::IpAddress& address) { return address.IsAny(); };
  const bool anywhere = addresses.empty() || std::ranges::any_of(addresses, is_any);
  return std::ranges::any_of(sockets_, [&](const auto& each) {
    const KernelSocket& other = each.second;
    std::vector<sctp::IpAddress> bound;
    uint16_t bound_port = 0;
    if (other.opened_port != port || other.kernel->SockName(&bound, &bound_port) != 0) return false;
    return anywhere || std::ranges::any_of(bound, is_any) || std::ranges::find_first_of(bound, addresses) != bound.end();
  });
}

int KernelStack::Accept(sctp::SocketId id, sctp::SocketId* accepted) {
  KernelSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  std::unique_ptr<kernel_sctp::Socket> opened;
  const int error = socket->kernel->Accept(&opened);
  if (error == EAGAIN) {
    socket->wants_accept = true;
    LookAtPoll(*socket);
  }
  if (error != 0) return error;
  if (const int failed = Add(std::move(opened), accepted); failed != 0) return failed;
  Find(*accepted)->busy_poll.CopyFrom(Find(id)->busy_poll);
  return 0;
}

int KernelStack::PeelOff(sctp::SocketId id, sctp::AssocId assoc, sctp::SocketId* peeled) {
  KernelSocket* parent = Find(id);
  if (parent == nullptr) return EBADF;
  std::unique_ptr<kernel_sctp::Socket> opened;
  if (const int error = parent->kernel->PeelOff(assoc, uv_backend_fd(loop_.get()), &opened); error != 0) return error;
  if (const int error = Add(std::move(opened), peeled); error != 0) return error;
  // The kernel has moved what it still holds of the association. What was read already arrived before that, and moves here.
  KernelSocket* socket = Find(*peeled);
  parent->MoveAssociation(assoc, socket);
  LookAtPoll(*socket);
  LookAtPoll(*parent);
  return 0;
}

// Polling ends before the descriptor is closed.
void KernelStack::Release(KernelSocket& socket, bool abort) {
  // Associations that nobody has accepted are aborted (CL-13), which the kernel does only if they have sent something.
  if (abort || socket.HasUnreadData() || socket.kernel->may_have_unaccepted()) socket.kernel->AbortOnClose();
  socket.poll.Close();
  socket.kernel->LeavePort();
  socket.kernel.reset();
}

int KernelStack::Close(sctp::SocketId id, bool abort) {
  const auto found = sockets_.find(id);
  if (found == sockets_.end()) return EBADF;
  Release(found->second, abort);
  sockets_.erase(found);
  delivery_.Forget(id);
  if (sockets_.empty()) loop_.SetReferenced(false);
  return 0;
}

}  // namespace mailport::addon
