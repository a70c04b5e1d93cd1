// Sending. What a turn sends in small pieces is gathered, and offered to the kernel at the end of the turn; a large send goes out from where it lies. What the kernel
// does not take waits in the socket's queue.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "stack.h"

namespace mailport::addon {

namespace {

// From here on a copy costs more than a system call.
constexpr size_t kDirectBytes = 16 * 1024;
// Gathered bytes of one socket before they are offered: more of sends that are not tiny, since the peer is woken for each offer. Of tiny ones the peer has enough to
// do with less, and is better off if it begins early.
constexpr size_t kGatherBytes = 64 * 1024;
constexpr size_t kGatherMoreBytes = 128 * 1024;
constexpr size_t kTinyBytes = 512;
// Memory that is kept for the next socket that gathers: so many pieces, none of them longer.
constexpr size_t kSparePieces = 16;
constexpr size_t kSpareBytes = kGatherMoreBytes + kDirectBytes;

iovec PartOf(framing::Bytes bytes) { return {const_cast<uint8_t*>(bytes.data()), bytes.size()}; }

}  // namespace

int TcpStack::Send(sctp::SocketId id, sctp::Bytes data) {
  TcpSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  if (socket->state != State::kConnected) return ENOTCONN;
  if (socket->send_error != 0) return TakeSendError(*socket);
  if (socket->shut_write) return EPIPE;
  uint8_t header[framing::kMaxHeaderBytes];
  if (!framing::WriteHeader(socket->format.mode, data.size(), header)) return EMSGSIZE;
  const framing::Bytes head(header, framing::HeaderBytes(socket->format.mode));
  const size_t bytes = head.size() + data.size();
  if (bytes == 0) return 0;
  const size_t queued = socket->out.size() + bytes;
  if (socket->is_blocked && queued >= socket->high_watermark) {
    socket->wants_writable = true;
    return EAGAIN;
  }
  const size_t gathers = bytes < kTinyBytes ? kGatherBytes : kGatherMoreBytes;
  if (!socket->is_blocked && (bytes >= kDirectBytes || queued > gathers)) return SendNow(*socket, head, data);
  if (socket->out.empty()) BorrowMemory(*socket);
  socket->out.Append(head);
  socket->out.Append(data);
  if (!socket->is_blocked) MarkDirty(*socket);
  return 0;
}

// As Send decides: it refuses nothing but bytes that would fill the queue of a socket whose kernel is full, and a send that fails does not wait.
uint32_t TcpStack::RoomOf(const TcpSocket& socket) {
  if (!socket.is_blocked || socket.send_error != 0 || socket.shut_write) return UINT32_MAX;
  const size_t taken = socket.out.size() + framing::HeaderBytes(socket.format.mode) + 1;
  return taken >= socket.high_watermark ? 0 : static_cast<uint32_t>(socket.high_watermark - taken);
}

int TcpStack::SendNow(TcpSocket& socket, sctp::Bytes header, sctp::Bytes data) {
  const iovec parts[] = {PartOf(socket.out.bytes()), PartOf(header), PartOf(data)};
  send_calls_++;
  round_++;
  const ssize_t sent = io::SendStream(socket.fd.get(), parts, std::size(parts));
  if (sent < 0 && sent != -EAGAIN) {
    FailSend(socket, static_cast<int>(-sent));
    return TakeSendError(socket);
  }
  size_t left = sent < 0 ? 0 : static_cast<size_t>(sent);
  const size_t of_queue = std::min(left, socket.out.size());
  socket.out.TakeFront(of_queue);
  left -= of_queue;
  const size_t of_header = std::min(left, header.size());
  const size_t of_data = left - of_header;
  if (socket.out.empty()) ReturnMemory(socket);
  socket.out.Append(header.subspan(of_header));
  socket.out.Append(data.subspan(of_data));
  if (!socket.out.empty()) {
    socket.is_blocked = true;
    Watch(socket, true);
  }
  return 0;
}

void TcpStack::Flush(TcpSocket& socket, bool ends) {
  // A few bytes travel with the end behind them, in one segment.
  const bool more = ends && socket.out.size() < kDirectBytes;
  bool moved = false;
  while (!socket.out.empty()) {
    const iovec part = PartOf(socket.out.bytes());
    send_calls_++;
    round_++;
    const ssize_t sent = io::SendStream(socket.fd.get(), &part, 1, more);
    if (sent == -EAGAIN) {
      socket.is_blocked = true;
      Watch(socket, true);
      break;
    }
    if (sent < 0) return FailSend(socket, static_cast<int>(-sent));
    socket.out.TakeFront(static_cast<size_t>(sent));
    moved = true;
  }
  AfterFlush(socket, moved);
}

void TcpStack::AfterFlush(TcpSocket& socket, bool moved) {
  if (socket.out.empty()) {
    socket.is_blocked = false;
    ReturnMemory(socket);
    if (std::exchange(socket.shuts_when_empty, false)) shutdown(socket.fd.get(), SHUT_WR);
  }
  if (socket.wants_writable && socket.out.size() <= socket.low_watermark) TellWritable(socket);
  if (socket.closing == nullptr) return;
  if (socket.out.empty()) return FinishClosing(socket, 0);
  if (moved) NoteProgress(socket);
}

// The connection is lost for sending. Reading still gives what came before.
void TcpStack::FailSend(TcpSocket& socket, int error) {
  if (error != EPIPE && socket.lost_error == 0) socket.lost_error = error;
  if (socket.send_error == 0) socket.send_error = error == ECONNRESET ? ECONNRESET : EPIPE;
  socket.out.TakeFront(socket.out.size());
  ReturnMemory(socket);
  socket.is_blocked = false;
  socket.shuts_when_empty = false;
  if (socket.wants_writable) TellWritable(socket);
  if (socket.closing != nullptr) return FinishClosing(socket, error);
  if (socket.state == State::kConnected && !socket.at_end) {
    socket.readable = socket.peer_ended = true;
    MarkReady(socket);
  }
}

int TcpStack::TakeSendError(TcpSocket& socket) { return std::exchange(socket.send_error, EPIPE); }

void TcpStack::TellWritable(TcpSocket& socket) {
  socket.wants_writable = false;
  delivery_.DeliverUrgent(socket.id, TcpRecord(TcpKind::kWritable));
}

void TcpStack::MarkDirty(TcpSocket& socket) {
  if (std::exchange(socket.is_dirty, true)) return;
  dirty_.push_back(socket.id);
}

void TcpStack::FlushDirty() {
  for (size_t i = 0; i < dirty_.size(); i++) {
    TcpSocket* socket = FindAny(dirty_[i]);
    if (socket == nullptr) continue;
    socket->is_dirty = false;
    if (!socket->is_blocked) Flush(*socket);
  }
  dirty_.clear();
}

void TcpStack::BorrowMemory(TcpSocket& socket) {
  if (socket.out.has_memory() || spare_memory_.empty()) return;
  socket.out.UseMemory(std::move(spare_memory_.back()));
  spare_memory_.pop_back();
}

void TcpStack::ReturnMemory(TcpSocket& socket) {
  if (!socket.out.has_memory()) return;
  framing::OutputQueue::Memory memory = socket.out.TakeMemory();
  if (spare_memory_.size() < kSparePieces && memory.capacity() <= kSpareBytes) spare_memory_.push_back(std::move(memory));
}

}  // namespace mailport::addon
