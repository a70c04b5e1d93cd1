// The turns of the loop. Order within one: input, then what the input gives reason to send, then one call into JavaScript with what was
// delivered, then what JavaScript gave reason to send: a reply leaves in the wake-up that brought the question.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine_host.h"

namespace mailport::addon {

namespace {

// Bounds of one wake-up, after which other handles of the loop have their turn: receive calls for one carrier, those that fail because of an
// ICMP error, and calls that read ICMP errors, each of which may read several.
constexpr unsigned kReceivesPerWakeup = 4;
constexpr unsigned kFailuresPerWakeup = 16;
constexpr unsigned kErrorReadsPerWakeup = 16;
// Wake-ups in a row that leave ICMP errors unread, as there are more packets.
constexpr unsigned kMostPutOff = 16;
// Packets too big for the host itself, of one turn. Others of the same way would say the same.
constexpr size_t kMostTooBig = 256;
// How long associations of closed sockets may keep the loop, and so the process, alive while their peers take nothing.
constexpr sctp::TimeUs kLingerUs = 5'000'000;

}  // namespace

void EngineHost::OnReadable(io::UdpCarrier& carrier, bool has_errors) {
  loop_.NoteTraffic();
  // JavaScript may close the carrier in every turn.
  const sctp::CarrierId id = carrier.id();
  unsigned receives = kReceivesPerWakeup;
  unsigned failures = kFailuresPerWakeup;
  bool more = true, is_empty = false;
  while (more && carriers_.Find(id) == &carrier) {
    BeginTurn();
    const int error = received_.Receive(*carrier.socket());
    if (error == 0) {
      received_.ForEachPacket([&](sctp::PacketRoute& route, sctp::Bytes packet) {
        route.carrier = id;
        engine_.Input(route, packet);
        if (!delivery_.WantsHandover()) return;
        EndTurn();
        BeginTurn();
      });
      is_empty = !received_.full();
      more = !is_empty && --receives > 0;
    } else {
      // An ICMP error is told once, and the packets wait behind it.
      is_empty = error == EAGAIN;
      has_errors |= !is_empty;
      more = !is_empty && --failures > 0;
    }
    EndTurn();
  }
  // What a peer has sent comes before the error that says that it has gone: its ABORT, or its last data. Packets without end put that off for a while only.
  if (!has_errors || carriers_.Find(id) != &carrier) return;
  if (!is_empty && failures > 0 && ++errors_put_off_ < kMostPutOff) return;
  errors_put_off_ = 0;
  BeginTurn();
  ReadErrors(carrier);
  EndTurn();
}

void EngineHost::ReadErrors(io::UdpCarrier& carrier) {
  unsigned budget = kErrorReadsPerWakeup;
  for (unsigned read = io::ReceivedErrors::kErrors; read == io::ReceivedErrors::kErrors && budget > 0; budget--) {
    read = errors_.Read(*carrier.socket());
    io::PortUnreachable unreachable;
    for (unsigned i = 0; i < read; i++) {
      if (io::TooBig packet; errors_.GetTooBig(i, &packet)) {
        packet.route.carrier = carrier.id();
        TellTooBig(packet, packet.mtu);
        continue;
      }
      if (!errors_.Get(i, &unreachable)) continue;
      unreachable.route.carrier = carrier.id();
      engine_.Input(unreachable.route, unreachable.abort);
    }
  }
}

// The engine may be in the midst of its work.
void EngineHost::OnTooBig(io::UdpCarrier&, const io::TooBig& packet) {
  if (too_big_.size() < kMostTooBig) too_big_.push_back(packet);
}

// The kernel knows what its device carries. An answer from before may have been of another one.
void EngineHost::TellTooBig() {
  for (const io::TooBig& packet : std::exchange(too_big_, {})) {
    RoutesOf(carriers_.Find(packet.route.carrier)).Forget(packet.route.remote);
    TellTooBig(packet, 0);
  }
}

void EngineHost::TellTooBig(const io::TooBig& packet, size_t mtu) {
  const io::Carrier* const carrier = carriers_.Find(packet.route.carrier);
  if (carrier == nullptr) return;
  const sctp::IpAddress& remote = packet.route.remote;
  const size_t bytes = mtu == 0 ? RoutesOf(carrier).MaxPacketBytes(remote, now_) : io::RouteMtu::PacketBytesIn(mtu, remote.family);
  engine_.OnTooBig(packet.route, packet.quoted, OverCarrier(carrier, bytes));
}

void EngineHost::OnTimer() {
  armed_for_ = sctp::kNever;
  BeginTurn();
  engine_.RunTimers();
  EndTurn();
}

// Runs before the loop waits, whatever JavaScript did in this iteration.
void EngineHost::OnPrepare() {
  ReadDatagrams();
  if (has_work_ || HasDeliveries() || !too_big_.empty()) {
    BeginTurn();
    EndTurn();
  }
  carriers_.CloseUnused(engine_);
  loop_.SetAwake(HasDeliveries() || !too_big_.empty());
  UpdateLiveness();
  ArmTimer();
  knows_time_ = false;
}

void EngineHost::BeginTurn() {
  TellTime();
  delivery_.BeginTurn();
  if (!too_big_.empty()) TellTooBig();
}

void EngineHost::EndTurn() {
  delivery_.EndTurn(*this);
  has_work_ = false;
}

void EngineHost::DeliverHeld(sctp::SocketId socket) { engine_.Drain(socket); }

void EngineHost::DeliverRefused() {
  if (engine_.HasBlockedSockets()) engine_.DrainBlocked();
  DeliverPackets();
}

// An acknowledgement may wait for the answer that JavaScript is about to give.
void EngineHost::OnCollected(bool empty) {
  FlushAndSend(empty);
  DeliverPackets();
}

void EngineHost::OnHandedOver(bool last) {
  TellTime();
  if (last) FlushAndSend(true);
}

bool EngineHost::HasDeliveries() const {
  return delivery_.HasWork() || engine_.HasBlockedSockets() || engine_.OwesSendRoom() || datagrams_.HasInput() || datagrams_.HasOutput();
}

void EngineHost::FlushAndSend(bool turn_ends) {
  if (engine_.NeedsFlush()) engine_.Flush(turn_ends);
  SendPackets();
}

void EngineHost::SendPackets() {
  for (std::span<const io::PacketRun> runs = packets_.runs(); !runs.empty();) {
    const sctp::CarrierId id = runs.front().route.carrier;
    size_t count = 1;
    while (count < runs.size() && runs[count].route.carrier == id) count++;
    // Packets for a carrier that is gone are lost, as on a network.
    if (DatagramCarrier* datagrams = datagrams_.Find(id); datagrams != nullptr) {
      datagrams_.Send(*datagrams, runs.first(count));
    } else if (io::Carrier* carrier = carriers_.Find(id); carrier != nullptr) {
      carrier->Send(runs.first(count));
    }
    runs = runs.subspan(count);
  }
  packets_.Clear();
}

void EngineHost::UpdateLiveness() {
  const bool datagrams_used = datagrams_.AreUsed(engine_);
  const bool none = carriers_.empty() && !datagrams_used;
  if (carriers_.HasUsers() || datagrams_.HasUsers() || none || engine_.HasLingering()) {
    linger_until_ = sctp::kNever;
  } else if (linger_until_ == sctp::kNever || engine_.ClosingProgress() != seen_progress_) {
    linger_until_ = uv_hrtime() / 1000 + kLingerUs;
  }
  seen_progress_ = engine_.ClosingProgress();
  const bool referenced = linger_until_ == sctp::kNever || uv_hrtime() / 1000 < linger_until_;
  StayForDatagrams(referenced && datagrams_used);
  if (referenced == referenced_) return;
  referenced_ = referenced;
  carriers_.SetReferenced(referenced);
}

void EngineHost::ArmTimer() {
  const sctp::TimeUs deadline = std::min(engine_.NextDeadline(), referenced_ ? linger_until_ : sctp::kNever);
  if (deadline >= armed_for_) return;
  const sctp::TimeUs now = uv_hrtime() / 1000;
  const uint64_t delay_ms = deadline <= now ? 0 : (deadline - now + 999) / 1000;
  armed_for_ = deadline;
  uv_timer_start(
      timer_.get(), [](uv_timer_t* handle) { static_cast<EngineHost*>(handle->data)->OnTimer(); }, delay_ms, 0);
}

}  // namespace mailport::addon
