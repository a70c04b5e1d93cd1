// Calls from JavaScript about one socket, which the kernel answers; sending is in sends.cc.
#include <cerrno>

#include "../../io/inet_options.h"
#include "stack.h"

namespace mailport::addon {

namespace {

using io::InetOption;

bool IsAncillary(InetOption option) { return std::ranges::find(kAncillaryOptions, option) != std::end(kAncillaryOptions); }

// Options of sockets of TCP that a descriptor of UDP would take without effect.
bool IsOfStreams(InetOption option) { return option == InetOption::kKeepalive; }

}  // namespace

int UdpStack::Bind(sctp::SocketId id, const std::string& address, uint16_t port) {
  UdpSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  io::SocketName name;
  if (const int error = io::ToSocketName(socket->fd(), socket->family, address, port, &name); error != 0) return error;
  if (const int error = io::BindInetSocket(socket->fd(), name); error != 0) return error;
  // The port that the system has chosen, if any.
  if (const int error = io::GetSocketName(socket->fd(), &name); error != 0) return error;
  socket->bound = name;
  return 0;
}

int UdpStack::Connect(sctp::SocketId id, const std::string& address, uint16_t port) {
  UdpSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  if (address.empty()) return Disconnect(*socket);
  io::SocketName name;
  if (const int error = io::ToSocketName(socket->fd(), socket->family, address, port, &name); error != 0) return error;
  // The kernel would take port 0 for a peer that nobody can be.
  if (port == 0 && socket->family != io::InetFamily::kLocal) return EINVAL;
  int error;
  do {
    error = connect(socket->fd(), name.raw(), name.length) == 0 ? 0 : errno;
  } while (error == EINTR);
  if (error != 0) return error;
  // As the kernel has it: the any address means this host.
  if (io::GetPeerName(socket->fd(), &name) != 0) return ENOTCONN;
  socket->peer = name;
  socket->NoteSent(0, true);
  ForgetOthers(*socket);
  LookAtPoll(*socket);
  return 0;
}

// Where the port was not asked for by number, the kernel gives it up with the peer. So the socket is bound to it again.
int UdpStack::Disconnect(UdpSocket& socket) {
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  if (connect(socket.fd(), &nobody, sizeof(nobody)) != 0) return errno;
  socket.peer.reset();
  io::SocketName now;
  if (socket.family == io::InetFamily::kLocal || !socket.bound || io::GetSocketName(socket.fd(), &now) != 0) return 0;
  return io::PortOf(now) != 0 ? 0 : io::BindInetSocket(socket.fd(), *socket.bound);
}

// What others have sent is not delivered once there is a peer (UC-3).
void UdpStack::ForgetOthers(UdpSocket& socket) {
  std::erase_if(socket.held, [&](const UdpSocket::Held& held) {
    if (io::SameName(held.from, *socket.peer)) return false;
    socket.held_bytes -= held.payload.size();
    return true;
  });
}

void UdpStack::SetCredit(sctp::SocketId id, sctp::Credit credit) {
  UdpSocket* socket = Find(id);
  if (socket == nullptr) return;
  socket->credit = credit;
  if (credit.IsLeft() && !socket->held.empty()) delivery_.WantDrain(socket->id, &socket->drain_mark);
  LookAtPoll(*socket);
}

size_t UdpStack::Drain(Napi::Env env, sctp::SocketId id) { return Find(id) == nullptr ? 0 : delivery_.Drain(env, id, *this); }

int UdpStack::SetOption(sctp::SocketId id, InetOption option, const std::vector<uint32_t>& values) {
  UdpSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  if (io::IsDescriptorOption(option)) {
    if (IsOfStreams(option)) return EINVAL;
    const int error = io::SetDescriptorOption(socket->fd(), socket->family, option, values);
    if (error == 0 && IsAncillary(option)) socket->NoteAncillary(option, values[0] != 0);
    return error;
  }
  if (values.size() != 1) return EINVAL;
  switch (option) {
    case InetOption::kBusyPoll:
      return socket->busy_poll.Set(loop_.busy_wait(), values);
    case InetOption::kBuffer:
      if (values[0] == 0) return EINVAL;
      socket->buffer_bytes = values[0];
      return 0;
    case InetOption::kReadPackets:
      if (values[0] == 0) return EINVAL;
      socket->read_packets = values[0];
      return 0;
    case InetOption::kGso: {
      if (socket->family == io::InetFamily::kLocal) return EINVAL;
      const int error = values[0] != 0 ? io::ProbeSegmentation(socket->fd()) : 0;
      if (error == 0) {
        socket->gso = values[0] != 0;
        socket->max_segment_bytes = SIZE_MAX;
      }
      return error;
    }
    default:
      return EINVAL;
  }
}

int UdpStack::GetOption(sctp::SocketId id, InetOption option, std::vector<uint32_t>* values) {
  const UdpSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  if (io::IsDescriptorOption(option)) {
    return IsOfStreams(option) ? EINVAL : io::GetDescriptorOption(socket->fd(), socket->family, option, values);
  }
  switch (option) {
    case InetOption::kBusyPoll:
      *values = {socket->busy_poll.us()};
      return 0;
    case InetOption::kBuffer:
      *values = {socket->buffer_bytes};
      return 0;
    case InetOption::kReadPackets:
      *values = {socket->read_packets};
      return 0;
    case InetOption::kGso:
      *values = {socket->gso ? 1u : 0u};
      return socket->family == io::InetFamily::kLocal ? EINVAL : 0;
    default:
      return EINVAL;
  }
}

int UdpStack::SetRawOption(sctp::SocketId id, int level, int name, std::span<const uint8_t> value) {
  UdpSocket* socket = Find(id);
  return socket == nullptr ? EBADF : io::SetRawOption(socket->fd(), level, name, value);
}

int UdpStack::GetRawOption(sctp::SocketId id, int level, int name, std::vector<uint8_t>* value) {
  UdpSocket* socket = Find(id);
  return socket == nullptr ? EBADF : io::GetRawOption(socket->fd(), level, name, value);
}

int UdpStack::SockName(sctp::SocketId id, io::SocketName* name) {
  const UdpSocket* socket = Find(id);
  return socket == nullptr ? EBADF : io::GetSocketName(socket->fd(), name);
}

int UdpStack::PeerName(sctp::SocketId id, io::SocketName* name) {
  const UdpSocket* socket = Find(id);
  return socket == nullptr ? EBADF : io::GetPeerName(socket->fd(), name);
}

void UdpStack::QueuedBytes(sctp::SocketId id, size_t* in, size_t* out) {
  const UdpSocket* socket = Find(id);
  *in = socket == nullptr ? 0 : socket->held_bytes;
  *out = 0;
}

}  // namespace mailport::addon
