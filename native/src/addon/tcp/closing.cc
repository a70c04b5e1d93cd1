// The end of sockets. One that has output queued goes on sending when it has been closed, for a time that is bounded whatever its peer does.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "stack.h"

namespace mailport::addon {

namespace {

// How long a closer waits while nothing leaves (TC-13).
constexpr uint64_t kWaitMs = 5000;
// The timer looks at all sockets that wait for it, so it does not run for each of them.
constexpr uint64_t kShortestTimerMs = 10;

}  // namespace

int TcpStack::Close(sctp::SocketId id, bool abort, bool* goes_on) {
  *goes_on = false;
  TcpSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  round_++;
  delivery_.Forget(id);
  const bool resets = abort || (socket->lingers && socket->linger_s == 0);
  if (resets && socket->state == State::kConnected) io::ResetOnClose(socket->fd.get());
  if (!resets && !socket->out.empty() && !socket->is_blocked) FlushAndEnd(*socket);
  if (resets || socket->out.empty()) {
    Remove(*socket);
    return 0;
  }
  *goes_on = true;
  socket->busy_poll.End();
  const uint64_t now = uv_now(loop_.get());
  socket->closing = std::make_unique<TcpSocket::Closing>();
  socket->closing->wait_moves = !socket->lingers;
  socket->closing->wait_until_ms = now + (socket->lingers ? uint64_t{socket->linger_s} * 1000 : kWaitMs);
  socket->closing->give_up_at_ms = now + socket->flush_timeout_ms;
  socket->wants_writable = false;
  socket->credit.items = 0;
  socket->in.Drop();
  closing_.insert(id);
  RunTimer(NextLook(*socket->closing));
  return 0;
}

void TcpStack::FlushAndEnd(TcpSocket& socket) {
  // An adopted connection ends when the last of those who have it closes it. One with unread data is reset by the system, behind what has been sent.
  const bool ends = !socket.is_adopted && !io::HasUnread(socket.fd.get());
  Flush(socket, ends);
  // Not left to close(2), which would drop what waits for its segment if something came in this moment.
  if (ends && socket.out.empty()) shutdown(socket.fd.get(), SHUT_WR);
}

void TcpStack::Drop(sctp::SocketId id) {
  TcpSocket* socket = FindAny(id);
  if (socket == nullptr || socket->closing == nullptr) return;
  socket->closing->told = true;
  // What the kernel has still leaves (TS-13).
  FinishClosing(*socket, 0);
}

void TcpStack::NoteProgress(TcpSocket& socket) {
  const uint64_t now = uv_now(loop_.get());
  socket.closing->give_up_at_ms = now + socket.flush_timeout_ms;
  if (socket.closing->wait_moves) socket.closing->wait_until_ms = now + kWaitMs;
}

void TcpStack::TellFlushed(TcpSocket& socket, int error) {
  if (std::exchange(socket.closing->told, true)) return;
  delivery_.DeliverUrgent(socket.id, TcpRecord(TcpKind::kFlushed, error));
}

void TcpStack::FinishClosing(TcpSocket& socket, int error) {
  TellFlushed(socket, error);
  if (error != 0) io::ResetOnClose(socket.fd.get());
  closing_.erase(socket.id);
  Remove(socket);
}

// When a closed socket that is still sending has to be looked at.
uint64_t TcpStack::NextLook(const TcpSocket::Closing& closing) {
  return closing.told ? closing.give_up_at_ms : std::min(closing.give_up_at_ms, closing.wait_until_ms);
}

// The timer runs at that time, or earlier.
void TcpStack::RunTimer(uint64_t at_ms) {
  const uint64_t now = uv_now(loop_.get());
  const uint64_t at = std::max(at_ms, now + kShortestTimerMs);
  if (timer_at_ms_ != 0 && timer_at_ms_ <= at) return;
  timer_at_ms_ = at;
  uv_timer_start(
      timer_.get(), [](uv_timer_t* handle) { static_cast<TcpStack*>(handle->data)->OnTimer(); }, at - now, 0);
}

void TcpStack::OnTimer() {
  timer_at_ms_ = 0;
  delivery_.BeginTurn();
  RetryConnects();
  const uint64_t now = uv_now(loop_.get());
  uint64_t next = retry_paths_.empty() ? UINT64_MAX : now;
  const std::vector<sctp::SocketId> closing(closing_.begin(), closing_.end());
  for (const sctp::SocketId id : closing) {
    TcpSocket& socket = *FindAny(id);
    if (now >= socket.closing->give_up_at_ms) {
      FinishClosing(socket, ETIMEDOUT);
      continue;
    }
    if (now >= socket.closing->wait_until_ms) TellFlushed(socket, EAGAIN);
    next = std::min(next, NextLook(*socket.closing));
  }
  if (next != UINT64_MAX) RunTimer(next);
  delivery_.EndTurn(*this);
}

}  // namespace mailport::addon
