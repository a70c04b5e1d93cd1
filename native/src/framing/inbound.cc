#include "inbound.h"

#include <algorithm>
#include <cstring>

namespace mailport::framing {

Inbound::ReadPlan Inbound::Plan(const Format& format, size_t most) {
  const size_t held = held_.size();
  const bool raw = format.mode == PacketMode::kRaw;
  if (raw && format.expect == 0) return {nullptr, 0, 0, std::min(most, kReadBytes)};
  const Cut cut = CutPacket(format, held_.bytes(), scanned_);
  const size_t missing = cut.length == 0 ? SIZE_MAX : cut.whole() - held;
  // Nothing is read ahead of what `expect` waits for: a passive socket leaves the rest to the kernel.
  if ((cut.length != 0 && cut.whole() >= kOwnBytes) || held >= kOwnBytes) return PlanOwn(missing, !raw && !IsHalfARead(cut.whole()));
  if (held == 0 && !raw && IsHalfARead(last_whole_)) return PlanOwn(std::min(last_whole_, kFirstRoomBytes), false);
  return {nullptr, 0, held, raw ? missing : kReadBytes};
}

Inbound::ReadPlan Inbound::PlanOwn(size_t missing, bool reads_behind) {
  const size_t held = held_.size();
  // Twice as much as before, and only when there is next to nothing left of that.
  if (held_.room() < std::min(missing, kBehindBytes)) held_.Reserve(held + std::min(missing, std::max(kFirstRoomBytes, 2 * held) - held));
  const size_t room = std::min(missing, held_.room());
  return {held_.end(), room, 0, reads_behind && room == missing ? kBehindBytes : 0};
}

size_t Inbound::Arrived(const Format& format, const ReadPlan& plan, uint8_t* batch, size_t bytes) {
  const size_t own = std::min(bytes, plan.own_bytes);
  held_.Filled(own);
  const Bytes come{batch + plan.gap, bytes - own};
  if (plan.own_bytes > 0 || held_.empty()) {
    fresh_ = come;
    return 0;
  }
  if (!Completes(format, come)) {
    scanned_ = held_.size() + come.size();
    held_.Append(come);
    return come.size();
  }
  const size_t held = held_.size();
  std::memcpy(batch, held_.bytes().data(), held);
  held_.Clear();
  scanned_ = 0;
  fresh_ = {batch, held + come.size()};
  return held;
}

// Whether the packet that held_ begins is decided with the bytes that have come.
bool Inbound::Completes(const Format& format, Bytes come) const {
  const size_t whole = held_.size() + come.size();
  if (format.mode == PacketMode::kLine) {
    const size_t window = std::min(come.size(), format.buffer - std::min<size_t>(held_.size(), format.buffer));
    return whole >= format.buffer || (format.packet_size != 0 && whole > format.packet_size) ||
           std::memchr(come.data(), format.delimiter, window) != nullptr;
  }
  const Cut cut = CutPacket(format, held_.bytes());
  return cut.length == 0 || whole >= cut.whole();
}

Inbound::Piece Inbound::Next(const Format& format) {
  const bool in_batch = held_.empty();
  const Bytes from = in_batch ? fresh_ : held_.bytes();
  const Cut cut = CutPacket(format, from, in_batch ? 0 : scanned_);
  Piece piece{cut.verdict, in_batch, false, cut.header, {}};
  if (cut.verdict != Verdict::kPacket) {
    if (!in_batch) scanned_ = from.size();
    return piece;
  }
  piece.bytes = from.subspan(cut.header, cut.length);
  piece.is_long = !in_batch && cut.whole() >= kOwnBytes;
  return piece;
}

void Inbound::Pop(const Piece& piece) {
  const size_t whole = piece.header + piece.bytes.size();
  last_whole_ = whole;
  if (piece.in_batch) {
    fresh_ = fresh_.subspan(whole);
    return;
  }
  held_.TakeFront(whole);
  scanned_ = 0;
}

OwnedBytes Inbound::PopOwned(const Piece& piece, size_t* copied) {
  const size_t whole = piece.header + piece.bytes.size();
  last_whole_ = whole;
  scanned_ = 0;
  if (held_.size() == whole) {
    *copied = 0;
    return held_.Release(piece.header);
  }
  *copied = piece.bytes.size();
  HeldBytes own;
  own.Append(piece.bytes);
  held_.TakeFront(whole);
  return own.Release(0);
}

size_t Inbound::Keep() {
  // Room that was made for a packet of which nothing has come.
  if (held_.empty()) held_.Clear();
  const size_t kept = fresh_.size();
  held_.Append(fresh_);
  fresh_ = {};
  return kept;
}

size_t Inbound::Prepend(Bytes bytes) {
  scanned_ = 0;
  held_.Prepend(bytes);
  return bytes.size();
}

void Inbound::Drop() {
  held_.Clear();
  fresh_ = {};
  scanned_ = 0;
}

}  // namespace mailport::framing
