// Beginning and end of a stack and of its sockets.
#include "stack.h"

#include <algorithm>
#include <cerrno>

#include "../../io/inet_options.h"

namespace mailport::addon {

std::unique_ptr<UdpStack> UdpStack::Create(Napi::Env env, Napi::Object object, Napi::Function on_batch, BusyWait& busy_wait) {
  uv_loop_t* loop = StackLoop::Of(env);
  if (loop == nullptr) return nullptr;
  std::unique_ptr<UdpStack> stack(new UdpStack(env, loop, object, on_batch, busy_wait));
  if (!stack->loop_.Enter(env, stack.get())) return nullptr;
  if (stack->CreateHandles() != 0) stack->OnEnvironmentEnd();
  return stack;
}

UdpStack::UdpStack(Napi::Env env, uv_loop_t* loop, Napi::Object object, Napi::Function on_batch, BusyWait& busy_wait)
    : loop_(loop, &busy_wait), delivery_(env, object, on_batch, "mailport:udp") {}

int UdpStack::CreateHandles() {
  int status = loop_.Start();
  return status == 0 ? retry_timer_.Create(loop_, this) : status;
}

void UdpStack::OnEnvironmentEnd() {
  delivery_.End();
  sockets_.clear();
  retry_timer_.Close();
  loop_.Leave();
}

UdpSocket* UdpStack::Find(sctp::SocketId id) {
  const auto found = sockets_.find(id);
  return found == sockets_.end() ? nullptr : &found->second;
}

bool UdpStack::Has(int fd) const {
  return std::ranges::any_of(sockets_, [fd](const auto& each) { return each.second.fd() == fd; });
}

int UdpStack::Open(const io::InetParams& params, sctp::SocketId* id) {
  // Two owners would close it twice.
  if (params.adopted >= 0 && Has(params.adopted)) return EINVAL;
  io::UniqueFd fd;
  if (const int error = io::OpenInetSocket(params, SOCK_DGRAM, &fd); error != 0) return error;
  const sctp::SocketId next = last_id_ + 1;
  UdpSocket& socket = sockets_.try_emplace(next, next, params.family, std::move(fd)).first->second;
  if (const int status = socket.poll.Create(loop_, socket.fd(), next, this); status != 0) {
    // Somebody else polls this descriptor, and will close it.
    if (status == UV_EEXIST) socket.ReleaseDescriptor();
    sockets_.erase(next);
    return -status;
  }
  if (params.adopted >= 0) Adopt(socket);
  last_id_ = *id = next;
  loop_.SetReferenced(true);
  return 0;
}

// Learns what somebody else has made of the socket.
void UdpStack::Adopt(UdpSocket& socket) {
  io::SocketName name;
  if (io::GetSocketName(socket.fd(), &name) == 0) socket.bound = name;
  if (io::GetPeerName(socket.fd(), &name) == 0) socket.peer = name;
  std::vector<uint32_t> on;
  for (const io::InetOption option : kAncillaryOptions) {
    if (io::GetDescriptorOption(socket.fd(), socket.family, option, &on) == 0) socket.NoteAncillary(option, on[0] != 0);
  }
}

int UdpStack::Close(sctp::SocketId id) {
  const auto found = sockets_.find(id);
  if (found == sockets_.end()) return EBADF;
  sockets_.erase(found);
  delivery_.Forget(id);
  if (sockets_.empty()) loop_.SetReferenced(false);
  return 0;
}

Counters UdpStack::Stats() {
  size_t held = 0;
  for (const auto& [id, socket] : sockets_) held += socket.held_bytes;
  return {{"sockets", sockets_.size()}, {"queuedInBytes", held}, {"readCalls", read_calls_}, {"sendCalls", send_calls_}, {"truncated", truncated_}};
}

}  // namespace mailport::addon
