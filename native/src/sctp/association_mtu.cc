// The sizes of an association's packets: what losses, probes and messages of the network say of each path (RFC 8899, RFC 9260 section 7.3).
#include <algorithm>
#include <utility>

#include "association.h"
#include "endpoint.h"

namespace mailport::sctp {

void Association::JudgeSizes() {
  parts_->paths.ForEach([&](Path& path) {
    if (!std::exchange(path.lost_often, false) || !path.mtu.OnLostAgain()) return;
    parts_->paths.StopMtuTimer(path);
    path.FollowMtu();
  });
}

// Data that was acknowledged on a path says that it carries some, so a probe is worth while.
void Association::ProbeMtus() {
  parts_->paths.ForEach([&](Path& path) {
    if (!path.answers) return;
    path.mtu.OnAlive(core_.now);
    ProbeMtu(path);
  });
}

// A probe is no data: the window does not count for it, nor does its loss count as one (RFC 8899 section 3, rule 6).
void Association::ProbeMtu(Path& path) {
  if (!MaySendData() || !path.confirmed || !path.active) return;
  const size_t bytes = path.mtu.NextProbe();
  if (bytes == 0) return;
  const uint64_t first = core_.Random32();
  const HeartbeatInfo& info = path.mtu.OnProbe(bytes, first << 32 | core_.Random32());
  Auth* const signer = auth_ != nullptr && (auth_->peer_wants()[kChunkHeartbeat] || auth_->peer_wants()[kChunkPad]) ? auth_.get() : nullptr;
  PacketBuilder packet(core_.host, path.route, bytes, endpoint.port, peer_.port, terms_.peer_tag, ChecksumFor(path.route), signer, Fragments::kOfExcess);
  packet.AddChunk(kChunkHeartbeat, 0, info.bytes());
  packet.PadTo(bytes);
  counters_.control_chunks_out += 2;
  SendPacket(packet);
  parts_->paths.MtuTimer(path).Start(core_.now + PathMtu::ProbeTimeout(path.srtt()));
}

void Association::OnMtuTimer(Path& path) {
  if (path.mtu.OnProbeTimeout(core_.now)) path.FollowMtu();
  ProbeMtu(path);
}

bool Association::TakeProbeAnswer(Bytes value) {
  bool is_taken = false;
  parts_->paths.ForEach([&](Path& path) {
    if (is_taken || !path.mtu.OnAnswer(value, core_.now)) return;
    is_taken = true;
    parts_->paths.StopMtuTimer(path);
    path.FollowMtu();
    ProbeMtu(path);
  });
  if (is_taken) WantTransmit();
  return is_taken;
}

// Whoever does not know the tag is not on the path (RFC 9260 section 10, ICMP6).
void Association::OnTooBig(const IpAddress& address, uint32_t tag, size_t bytes) {
  Path* const path = parts_->paths.Find(address);
  if (path == nullptr || tag == 0 || tag != terms_.peer_tag || !path->mtu.OnTooBig(bytes, core_.now)) return;
  if (!path->mtu.is_probing()) parts_->paths.StopMtuTimer(*path);
  path->FollowMtu();
  ProbeMtu(*path);
  WantTransmit();
}

}  // namespace mailport::sctp
