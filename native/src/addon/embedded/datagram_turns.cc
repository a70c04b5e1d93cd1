// Packets that JavaScript carries, within the turns of the loop: those that it has brought go to the engine at the beginning of a turn, and those that it is
// to bring to their receivers are records in the batch of the turn.
#include "engine_host.h"
#include "../packet_record.h"

namespace mailport::addon {

namespace {

// Packets of one wake-up, after which other handles of the loop have their turn.
constexpr unsigned kPacketsPerWakeup = 512;

}  // namespace

void EngineHost::ReadDatagrams() {
  for (unsigned left = kPacketsPerWakeup; left > 0 && datagrams_.HasInput();) {
    BeginTurn();
    left -= datagrams_.TakeInput(left, [this](const sctp::PacketRoute& from, sctp::Bytes packet) {
      engine_.Input(from, packet);
      return !delivery_.WantsHandover();
    });
    EndTurn();
  }
}

void EngineHost::DeliverPackets() {
  datagrams_.TakeOutput([this](sctp::CarrierId id, const sctp::PacketRoute& to, sctp::Bytes packet, bool may_be_fragmented) {
    return delivery_.Deliver(id, PacketRecord(to, packet, may_be_fragmented));
  });
}

void EngineHost::OnProcessExit() {
  if (is_stepped_) return;
  AbortAll();
  if (ended() || delivery_.in_callback() || !datagrams_.HasOutput()) return;
  delivery_.BeginTurn();
  DeliverPackets();
  delivery_.HandOver();
}

void EngineHost::StayForDatagrams(bool stay) {
  if (is_stepped_ || stay == stays_for_datagrams_) return;
  stays_for_datagrams_ = stay;
  loop_.SetReferenced(stay);
}

}  // namespace mailport::addon
