// Options: those that the stack keeps, and those that the kernel keeps.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "../../io/inet_options.h"
#include "../../io/tcp_options.h"
#include "stack.h"

namespace mailport::addon {

namespace {

using io::InetOption;

bool ToPacketMode(uint32_t value, framing::PacketMode* out) {
  switch (value) {
    case 0:
    case 1:
    case 2:
    case 4:
    case 5:
      *out = static_cast<framing::PacketMode>(value);
      return true;
    default:
      return false;
  }
}

// The kernel would keep some of UDP's for a socket of TCP, without effect (TO-4).
bool IsOfUdp(InetOption option) { return option >= InetOption::kBroadcast; }

// 0 or EINVAL. False: it is no option of the stack's own.
bool SetOwn(TcpSocket& socket, InetOption option, std::span<const uint32_t> values, int* error) {
  const uint32_t value = values.empty() ? 0 : values[0];
  bool valid = values.size() == 1;
  switch (option) {
    case InetOption::kPacket:
      valid = valid && ToPacketMode(value, &socket.format.mode);
      break;
    case InetOption::kPacketSize:
      if (valid) socket.format.packet_size = value;
      break;
    case InetOption::kLineDelimiter:
      valid = valid && value <= UINT8_MAX;
      if (valid) socket.format.delimiter = static_cast<uint8_t>(value);
      break;
    case InetOption::kBuffer:
      valid = valid && value > 0 && value <= framing::kMaxPacketBytes;
      if (valid) socket.format.buffer = value;
      break;
    case InetOption::kHighWatermark:
      // The other one gives way (TS-7).
      if (valid) socket.high_watermark = value, socket.low_watermark = std::min(socket.low_watermark, value);
      break;
    case InetOption::kLowWatermark:
      if (valid) socket.low_watermark = value, socket.high_watermark = std::max(socket.high_watermark, value);
      break;
    case InetOption::kFlushTimeout:
      if (valid) socket.flush_timeout_ms = value;
      break;
    case InetOption::kLinger:
      valid = values.size() == 2 && value <= 1;
      if (valid) socket.lingers = value == 1, socket.linger_s = values[1];
      break;
    default:
      return false;
  }
  *error = valid ? 0 : EINVAL;
  return true;
}

bool GetOwn(const TcpSocket& socket, InetOption option, std::vector<uint32_t>* values) {
  switch (option) {
    case InetOption::kPacket:
      *values = {static_cast<uint32_t>(socket.format.mode)};
      return true;
    case InetOption::kPacketSize:
      *values = {socket.format.packet_size};
      return true;
    case InetOption::kLineDelimiter:
      *values = {socket.format.delimiter};
      return true;
    case InetOption::kBuffer:
      *values = {socket.format.buffer};
      return true;
    case InetOption::kHighWatermark:
      *values = {socket.high_watermark};
      return true;
    case InetOption::kLowWatermark:
      *values = {socket.low_watermark};
      return true;
    case InetOption::kFlushTimeout:
      *values = {socket.flush_timeout_ms};
      return true;
    case InetOption::kLinger:
      *values = {socket.lingers ? 1u : 0u, socket.linger_s};
      return true;
    default:
      return false;
  }
}

}  // namespace

int TcpStack::SetOption(sctp::SocketId id, InetOption option, const std::vector<uint32_t>& values) {
  TcpSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  if (option == InetOption::kBusyPoll) return socket->busy_poll.Set(loop_.busy_wait(), values);
  int error = 0;
  if (SetOwn(*socket, option, values, &error)) {
    // What is held is cut anew (TM-22), and goes out at once if the socket has credit.
    socket->in.FormatChanged();
    MarkReady(*socket);
    return error;
  }
  if (io::IsTcpOption(option)) return io::SetTcpOption(socket->fd.get(), socket->family, option, values);
  if (IsOfUdp(option) || !io::IsDescriptorOption(option)) return EINVAL;
  return io::SetDescriptorOption(socket->fd.get(), socket->family, option, values);
}

int TcpStack::GetOption(sctp::SocketId id, InetOption option, std::vector<uint32_t>* values) {
  TcpSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  if (option == InetOption::kBusyPoll) {
    *values = {socket->busy_poll.us()};
    return 0;
  }
  if (GetOwn(*socket, option, values)) return 0;
  if (io::IsTcpOption(option)) return io::GetTcpOption(socket->fd.get(), socket->family, option, values);
  if (IsOfUdp(option) || !io::IsDescriptorOption(option)) return EINVAL;
  return io::GetDescriptorOption(socket->fd.get(), socket->family, option, values);
}

// The kernel's own lingering would make close(2) wait (TC-17), so that the stack keeps the option however it is set.
int TcpStack::SetRawOption(sctp::SocketId id, int level, int name, sctp::Bytes value) {
  TcpSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  // It may be about the mark that gathering sets.
  if (id == gathering_.socket) EndGathering();
  if (level != SOL_SOCKET || name != SO_LINGER) return io::SetRawOption(socket->fd.get(), level, name, value);
  linger wanted;
  if (value.size() < sizeof(wanted)) return EINVAL;
  std::memcpy(&wanted, value.data(), sizeof(wanted));
  socket->lingers = wanted.l_onoff != 0;
  socket->linger_s = static_cast<uint32_t>(std::max(wanted.l_linger, 0));
  return 0;
}

int TcpStack::GetRawOption(sctp::SocketId id, int level, int name, std::vector<uint8_t>* value) {
  TcpSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  if (id == gathering_.socket) EndGathering();
  if (level != SOL_SOCKET || name != SO_LINGER) return io::GetRawOption(socket->fd.get(), level, name, value);
  const linger kept{socket->lingers ? 1 : 0, static_cast<int>(socket->linger_s)};
  value->resize(std::min(value->size(), sizeof(kept)));
  std::memcpy(value->data(), &kept, value->size());
  return 0;
}

void TcpStack::AdoptLinger(TcpSocket& socket) {
  linger kept{};
  socklen_t length = sizeof(kept);
  if (getsockopt(socket.fd.get(), SOL_SOCKET, SO_LINGER, &kept, &length) != 0 || kept.l_onoff == 0) return;
  socket.lingers = true;
  socket.linger_s = static_cast<uint32_t>(std::max(kept.l_linger, 0));
  kept = {};
  setsockopt(socket.fd.get(), SOL_SOCKET, SO_LINGER, &kept, sizeof(kept));
}

}  // namespace mailport::addon
