// Calls from JavaScript about one socket; options are in options.cc, sending in sends.cc.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "stack.h"

namespace mailport::addon {

int TcpStack::Open(const io::InetParams& params, sctp::SocketId* id) {
  io::StreamState state = io::StreamState::kFresh;
  if (params.adopted >= 0) {
    // Two owners would close it twice.
    if (Has(params.adopted)) return EINVAL;
    if (const int error = io::InspectStream(params.adopted, &state); error != 0) return error;
  }
  io::UniqueFd fd;
  if (const int error = io::OpenInetSocket(params, SOCK_STREAM, &fd); error != 0) return error;
  if (const int error = OpenReadiness(); error != 0) return error;
  TcpSocket& socket = Add(params.family, std::move(fd));
  socket.is_adopted = params.adopted >= 0;
  if (socket.is_adopted) AdoptLinger(socket);
  if (state == io::StreamState::kListening) socket.state = State::kListening;
  if (state == io::StreamState::kConnected) socket.state = State::kConnected;
  *id = socket.id;
  return 0;
}

int TcpStack::Bind(sctp::SocketId id, const std::string& address, uint16_t port) {
  TcpSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  io::SocketName name;
  if (const int error = io::ToSocketName(socket->fd.get(), socket->family, address, port, &name); error != 0) return error;
  return io::BindInetSocket(socket->fd.get(), name);
}

int TcpStack::Listen(sctp::SocketId id, uint32_t backlog) {
  TcpSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  if (socket->state != State::kFresh && socket->state != State::kListening) return EINVAL;
  if (listen(socket->fd.get(), static_cast<int>(std::min<uint32_t>(backlog, INT32_MAX))) != 0) return errno;
  socket->state = State::kListening;
  return 0;
}

int TcpStack::Connect(sctp::SocketId id, const std::string& address, uint16_t port) {
  TcpSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  if (socket->state == State::kConnecting) return EALREADY;
  if (socket->state == State::kConnected) return EISCONN;
  if (socket->state == State::kListening) return EINVAL;
  io::SocketName name;
  if (const int error = io::ToSocketName(socket->fd.get(), socket->family, address, port, &name); error != 0) return error;
  const int error = io::ConnectStream(socket->fd.get(), name);
  switch (error) {
    case 0:
      TellConnected(*socket, 0);
      return 0;
    case EINPROGRESS:
      socket->state = State::kConnecting;
      Watch(*socket, true);
      return 0;
    case EAGAIN:
      if (socket->family != io::InetFamily::kLocal) return error;
      socket->state = State::kConnecting;
      retry_paths_[id] = address;
      RunTimer(0);
      return 0;
    default:
      return error;
  }
}

void TcpStack::FinishConnect(TcpSocket& socket) {
  io::SocketName peer;
  const int unnamed = io::GetPeerName(socket.fd.get(), &peer);
  // Who has a peer is connected. Only where there is none it is asked why.
  const int error = unnamed == 0 ? 0 : io::TakeSocketError(socket.fd.get());
  // What is told may be of an earlier attempt, which has failed.
  if (error == 0 && unnamed == ENOTCONN) return;
  TellConnected(socket, error);
}

void TcpStack::RetryConnects() {
  for (auto at = retry_paths_.begin(); at != retry_paths_.end();) {
    TcpSocket* socket = Find(at->first);
    int error = EBADF;
    io::SocketName name;
    if (socket != nullptr) error = io::ToSocketName(socket->fd.get(), socket->family, at->second, 0, &name);
    if (error == 0) error = io::ConnectStream(socket->fd.get(), name);
    if (error == EAGAIN) {
      ++at;
      continue;
    }
    if (socket != nullptr) TellConnected(*socket, error);
    at = retry_paths_.erase(at);
  }
}

void TcpStack::TellConnected(TcpSocket& socket, int error) {
  socket.state = error == 0 ? State::kConnected : State::kFresh;
  delivery_.DeliverUrgent(socket.id, TcpRecord(TcpKind::kConnected, error));
  MarkReady(socket);
}

int TcpStack::Accept(sctp::SocketId id, sctp::SocketId* accepted) {
  TcpSocket* listener = Find(id);
  if (listener == nullptr) return EBADF;
  if (listener->state != State::kListening) return EINVAL;
  io::UniqueFd fd;
  if (const int error = io::AcceptStream(listener->fd.get(), &fd); error != 0) {
    if (error == EAGAIN) {
      listener->wants_accept = true;
      Watch(*listener, false);
    }
    return error;
  }
  TcpSocket& socket = Add(listener->family, std::move(fd));
  socket.state = State::kConnected;
  socket.format = listener->format;
  socket.format.expect = 0;
  socket.high_watermark = listener->high_watermark;
  socket.busy_poll.CopyFrom(listener->busy_poll);
  socket.low_watermark = listener->low_watermark;
  socket.flush_timeout_ms = listener->flush_timeout_ms;
  socket.lingers = listener->lingers;
  socket.linger_s = listener->linger_s;
  *accepted = socket.id;
  return 0;
}

void TcpStack::SetCredit(sctp::SocketId id, sctp::Credit credit) {
  TcpSocket* socket = Find(id);
  if (socket == nullptr) return;
  socket->credit = credit;
  MarkReady(*socket);
}

size_t TcpStack::Drain(Napi::Env env, sctp::SocketId id) {
  TcpSocket* socket = Find(id);
  if (socket == nullptr) return 0;
  // Who asks so early does not wait for the loop (TN-5).
  if (socket->state == State::kConnecting && !retry_paths_.contains(id) && io::IsConnectOver(socket->fd.get())) FinishConnect(*socket);
  return delivery_.Drain(env, id, *this);
}

int TcpStack::Expect(sctp::SocketId id, uint32_t bytes) {
  TcpSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  socket->format.expect = bytes;
  MarkReady(*socket);
  return 0;
}

int TcpStack::Unrecv(sctp::SocketId id, sctp::Bytes data) {
  TcpSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  if (socket->state != State::kConnected || socket->told_end) return ENOTCONN;
  copied_bytes_ += socket->in.Prepend(data);
  MarkReady(*socket);
  return 0;
}

int TcpStack::Shutdown(sctp::SocketId id, uint32_t how) {
  TcpSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  constexpr uint32_t kRead = 0, kWrite = 1, kBoth = 2;
  if (how > kBoth) return EINVAL;
  if (socket->state != State::kConnected) return ENOTCONN;
  round_++;
  if (how != kRead) {
    if (!socket->is_blocked) Flush(*socket, true);
    socket->shut_write = true;
    socket->shuts_when_empty = !socket->out.empty();
  }
  if (how != kWrite) socket->readable = true;
  const bool both = how == kBoth && !socket->shuts_when_empty;
  const bool writes = how == kWrite && !socket->shuts_when_empty;
  int error = 0;
  if (both || writes || how != kWrite) {
    error = shutdown(socket->fd.get(), both ? SHUT_RDWR : writes ? SHUT_WR : SHUT_RD) == 0 ? 0 : errno;
  }
  MarkReady(*socket);
  return error;
}

int TcpStack::SockName(sctp::SocketId id, io::SocketName* name) {
  TcpSocket* socket = Find(id);
  return socket == nullptr ? EBADF : io::GetSocketName(socket->fd.get(), name);
}

int TcpStack::PeerName(sctp::SocketId id, io::SocketName* name) {
  TcpSocket* socket = Find(id);
  return socket == nullptr ? EBADF : io::GetPeerName(socket->fd.get(), name);
}

int TcpStack::Ready(sctp::SocketId id, Readable* readable, uint32_t* room) {
  TcpSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  if (socket->state != State::kConnected) return ENOTCONN;
  const bool has_come = !socket->at_end && io::IsReceivable(socket->fd.get());
  readable->at_once = has_come || socket->at_end || socket->in.size() > 0;
  readable->unread = has_come && io::HasUnread(socket->fd.get());
  *room = RoomOf(*socket);
  // What has just come is read by the next read, though an earlier one of this round found nothing.
  round_++;
  return 0;
}

void TcpStack::QueuedBytes(sctp::SocketId id, size_t* in, size_t* out) {
  *in = *out = 0;
  const TcpSocket* socket = FindAny(id);
  if (socket == nullptr) return;
  *in = socket->in.size();
  *out = socket->out.size();
}

Counters TcpStack::Stats() {
  uint64_t flushing = 0, flushing_bytes = 0, in = 0, out = 0;
  for (const auto& [id, socket] : sockets_) {
    in += socket.in.size();
    out += socket.out.size();
    if (socket.closing == nullptr) continue;
    flushing++;
    flushing_bytes += socket.out.size();
  }
  return {
      {"sockets", sockets_.size() - flushing}, {"flushing", flushing},       {"flushingBytes", flushing_bytes}, {"queuedInBytes", in},
      {"queuedOutBytes", out},                 {"readCalls", read_calls_}, {"sendCalls", send_calls_},        {"copiedBytes", copied_bytes_},
      {"gathered", gathered_},
  };
}

}  // namespace mailport::addon
