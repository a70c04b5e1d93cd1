// Reading under credit. Bytes are read into the batch and cut into packets there.
#include <algorithm>
#include <cerrno>
#include <span>

#include "stack.h"

namespace mailport::addon {

namespace {

// Bytes of one socket before the others have their turn.
constexpr size_t kBytesPerTurn = 256 * 1024;
constexpr size_t kLeastReadBytes = 16 * 1024;

// A read into the memory of the batch is not cut shorter than this. In mode raw a piece would be cut with it.
size_t LeastRead(const framing::Format& format) {
  const bool raw = format.mode == framing::PacketMode::kRaw;
  return raw ? std::clamp<size_t>(format.buffer, kLeastReadBytes, framing::Inbound::kReadBytes) : kLeastReadBytes;
}

// Bytes that the packets have for which there is credit, if they are as long as the last one. What is read beyond the credit has to be moved out of the batch and back.
size_t LikelyBytes(const TcpSocket& socket) {
  const uint64_t whole = socket.in.last_whole();
  if (whole == 0) return SIZE_MAX;
  const uint64_t by_bytes = (socket.credit.bytes + whole - 1) / whole;
  return static_cast<size_t>(std::min<uint64_t>(socket.credit.items, by_bytes) * whole);
}

// Bytes of mode raw that may be read: whole pieces, so many as have a record, and the piece that uses up the bytes is whole (see Credit).
size_t MostRaw(const TcpSocket& socket, size_t records) {
  const uint64_t buffer = socket.format.buffer;
  const uint64_t pieces = std::min<uint64_t>(records, socket.credit.items);
  const uint64_t by_bytes = (socket.credit.bytes + buffer - 1) / buffer;
  return static_cast<size_t>(std::min(pieces, by_bytes) * buffer);
}

}  // namespace

void TcpStack::MarkReady(TcpSocket& socket) {
  if (socket.is_ready || !socket.MayDeliver()) return;
  socket.is_ready = true;
  ready_.push_back(socket.id);
}

void TcpStack::Read(TcpSocket& socket) {
  size_t budget = kBytesPerTurn;
  bool comes_again = false;
  while (socket.state == State::kConnected && !socket.told_end) {
    const Delivered delivered = DeliverPieces(socket);
    comes_again = delivered == Delivered::kNoRoom;
    if (delivered != Delivered::kAll) break;
    if (socket.at_end) {
      comes_again = !DeliverEnd(socket);
      break;
    }
    if (!socket.readable) break;
    comes_again = budget == 0 || delivery_.WantsHandover() || !Receive(socket, &budget);
    if (comes_again) break;
  }
  copied_bytes_ += socket.in.Keep();
  if (comes_again) MarkReady(socket);
}

bool TcpStack::Receive(TcpSocket& socket, size_t* budget) {
  copied_bytes_ += socket.in.Keep();
  auto plan = socket.in.Plan(socket.format, MostRaw(socket, delivery_.records_left()));
  if (plan.bytes() == 0) return false;
  uint8_t* batch = nullptr;
  if (plan.batch_bytes > 0) {
    const std::span<uint8_t> room = delivery_.FreeMemory(plan.gap + std::min(plan.batch_bytes, LeastRead(socket.format)));
    if (room.empty()) return false;
    batch = room.data();
    plan.batch_bytes = std::min(plan.batch_bytes, room.size() - plan.gap);
    if (plan.own_bytes == 0 && socket.format.mode != framing::PacketMode::kRaw) {
      plan.batch_bytes = std::min(plan.batch_bytes, std::max(LikelyBytes(socket), kLeastReadBytes) - plan.gap);
    }
  }
  iovec rooms[2];
  size_t count = 0;
  if (plan.own_bytes > 0) rooms[count++] = {plan.own, plan.own_bytes};
  if (plan.batch_bytes > 0) rooms[count++] = {batch + plan.gap, plan.batch_bytes};
  read_calls_++;
  const ssize_t got = io::ReceiveStream(socket.fd.get(), rooms, count);
  if (got <= 0 && got != -EAGAIN) {
    MeetEnd(socket, static_cast<int>(-got));
    return true;
  }
  const size_t bytes = got < 0 ? 0 : static_cast<size_t>(got);
  if (bytes > 0) copied_bytes_ += socket.in.Arrived(socket.format, plan, batch, bytes);
  read_bytes_ += bytes;
  *budget -= std::min(*budget, bytes);
  // A stream that gives less than it was asked for is empty. But its end may wait there, unless Readiness has just looked and has seen none.
  const bool is_known = socket.told_in_round == round_ && !socket.peer_ended;
  if (got < 0 || (bytes < plan.bytes() && is_known)) {
    socket.readable = false;
    socket.emptied_in_round = round_;
    Watch(socket, false);
  }
  return true;
}

void TcpStack::MeetEnd(TcpSocket& socket, int error) {
  // Linux says EPIPE of a connection that was reset after its peer had ended.
  if (error == EPIPE) error = ECONNRESET;
  socket.End(error != 0 ? error : socket.lost_error);
  if (error == 0) return;
  FailSend(socket, error);
  socket.send_error = EPIPE;
}

TcpStack::Delivered TcpStack::DeliverPieces(TcpSocket& socket) {
  while (socket.credit.IsLeft()) {
    const auto piece = socket.in.Next(socket.format);
    if (piece.verdict == framing::Verdict::kIncomplete) return Delivered::kAll;
    if (piece.verdict == framing::Verdict::kTooLong) {
      // Where the next packet begins is not known any more (TM-9, TM-11).
      socket.in.Drop();
      socket.End(EMSGSIZE);
      return Delivered::kAll;
    }
    if (!DeliverPiece(socket, piece)) return Delivered::kNoRoom;
    socket.credit.Spend(piece.bytes.size());
    socket.format.expect = 0;
  }
  return Delivered::kNoCredit;
}

bool TcpStack::DeliverPiece(TcpSocket& socket, const framing::Inbound::Piece& piece) {
  if (piece.is_long) {
    if (!delivery_.HasRoomForLarge(socket.id, piece.bytes.size())) return false;
    size_t copied = 0;
    framing::OwnedBytes owned = socket.in.PopOwned(piece, &copied);
    copied_bytes_ += copied;
    return delivery_.Deliver(socket.id, TcpRecord(TcpKind::kData), &owned);
  }
  const TcpRecord record(piece.bytes);
  if (piece.in_batch ? !delivery_.DeliverInPlace(socket.id, record) : !delivery_.Deliver(socket.id, record)) return false;
  if (!piece.in_batch) copied_bytes_ += piece.bytes.size();
  socket.in.Pop(piece);
  return true;
}

bool TcpStack::DeliverEnd(TcpSocket& socket) {
  if (!delivery_.Deliver(socket.id, TcpRecord(TcpKind::kEnd, socket.end_error))) return false;
  socket.told_end = true;
  // A packet that is not complete is nobody's (TM-17), and neither are the bytes of a recv that waits for more (TR-4).
  socket.in.Drop();
  return true;
}

void TcpStack::ReadMore(sctp::SocketId id) {
  TcpSocket* socket = Find(id);
  if (socket == nullptr || !socket->credit.IsLeft()) return;
  // Readiness may not have told yet what has just come (FC-28).
  if (!socket->at_end && socket->emptied_in_round != round_) socket->readable = true;
  Read(*socket);
}

void TcpStack::DeliverRefused() {
  reading_.swap(ready_);
  auto next = reading_.begin();
  for (; next != reading_.end() && !delivery_.WantsHandover(); ++next) {
    TcpSocket* socket = Find(*next);
    if (socket == nullptr) continue;
    socket->is_ready = false;
    Read(*socket);
  }
  // Those that were not read come first in the next batch. Otherwise a socket that fills every batch would be all that is read.
  ready_.insert(ready_.begin(), next, reading_.end());
  reading_.clear();
}

}  // namespace mailport::addon
