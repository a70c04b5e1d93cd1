// Beginning and end of the stack, and the list of its sockets.
#include "stack.h"

#include <algorithm>
#include <cerrno>

namespace mailport::addon {

std::unique_ptr<TcpStack> TcpStack::Create(Napi::Env env, Napi::Object object, Napi::Function on_batch, BusyWait& busy_wait) {
  uv_loop_t* loop = StackLoop::Of(env);
  if (loop == nullptr) return nullptr;
  std::unique_ptr<TcpStack> stack(new TcpStack(env, loop, object, on_batch, busy_wait));
  if (!stack->loop_.Enter(env, stack.get())) return nullptr;
  if (stack->CreateHandles() != 0) stack->OnEnvironmentEnd();
  return stack;
}

TcpStack::TcpStack(Napi::Env env, uv_loop_t* loop, Napi::Object object, Napi::Function on_batch, BusyWait& busy_wait)
    : loop_(loop, &busy_wait), delivery_(env, object, on_batch, "mailport:tcp", RecordBatch::Memory::kPages) {}

int TcpStack::CreateHandles() {
  int status = loop_.Start();
  if (status == 0) status = timer_.Create(this, loop_.token(), [this](uv_timer_t* handle) { return uv_timer_init(loop_.get(), handle); });
  // Sockets keep the loop alive, whatever they wait for (see Add).
  timer_.SetReferenced(false);
  return status;
}

int TcpStack::OpenReadiness() {
  if (poll_) return 0;
  if (const int error = readiness_.Open(); error != 0) return error;
  int status = poll_.Create(this, loop_.token(), [this](uv_poll_t* handle) { return uv_poll_init(loop_.get(), handle, readiness_.fd()); });
  poll_.SetReferenced(false);
  if (status == 0) {
    status = uv_poll_start(poll_.get(), UV_READABLE, [](uv_poll_t* handle, int, int) { static_cast<TcpStack*>(handle->data)->OnReadiness(); });
  }
  if (status != 0) poll_.Close();
  return -status;
}

void TcpStack::OnEnvironmentEnd() {
  delivery_.End();
  EndGathering();
  OnProcessExit();
  sockets_.clear();
  poll_.Close();
  timer_.Close();
  loop_.Leave();
}

void TcpStack::OnProcessExit() {
  std::vector<sctp::SocketId> sending;
  for (const auto& [id, socket] : sockets_) {
    if (!socket.out.empty()) sending.push_back(id);
  }
  for (const sctp::SocketId id : sending) Flush(*FindAny(id));
}

TcpSocket* TcpStack::FindAny(sctp::SocketId id) {
  const auto found = sockets_.find(id);
  return found == sockets_.end() ? nullptr : &found->second;
}

TcpSocket* TcpStack::Find(sctp::SocketId id) {
  TcpSocket* socket = FindAny(id);
  return socket == nullptr || socket->closing != nullptr ? nullptr : socket;
}

bool TcpStack::Has(int fd) const {
  return std::ranges::any_of(sockets_, [fd](const auto& each) { return each.second.fd.get() == fd; });
}

TcpSocket& TcpStack::Add(io::InetFamily family, io::UniqueFd fd) {
  const sctp::SocketId id = ++last_id_;
  loop_.SetReferenced(true);
  return sockets_.try_emplace(id, id, family, std::move(fd)).first->second;
}

// The lists that name the socket are looked at by number, and find nobody.
void TcpStack::Remove(TcpSocket& socket) {
  if (!retry_paths_.empty()) retry_paths_.erase(socket.id);
  ReturnMemory(socket);
  sockets_.erase(socket.id);
  if (sockets_.empty()) loop_.SetReferenced(false);
}

void TcpStack::Watch(TcpSocket& socket, bool writing) {
  if (socket.is_watched && (socket.watches_writing || !writing)) return;
  const int error = readiness_.Watch(socket.fd.get(), socket.id, writing, socket.is_watched);
  socket.is_watched = true;
  socket.watches_writing = writing;
  if (error != 0) unwatched_.emplace_back(socket.id, error);
}

void TcpStack::EndUnwatched() {
  for (const auto& [id, error] : std::exchange(unwatched_, {})) {
    TcpSocket* socket = FindAny(id);
    if (socket == nullptr) continue;
    if (socket->state == State::kConnecting) TellConnected(*socket, error);
    if (!socket->at_end) socket->End(error);
    MarkReady(*socket);
    FailSend(*socket, error);
  }
}

}  // namespace mailport::addon
