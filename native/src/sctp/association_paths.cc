// What becomes of an association's paths when the peer answers or does not, or when the user sets them (RFC 9260 sections 5.4, 6.4, 8.2).
#include <algorithm>

#include "association.h"
#include "endpoint.h"

namespace mailport::sctp {

namespace {

constexpr size_t kFragmentsPerWindow = 8;
constexpr size_t kMinFragmentBytes = 1200;
constexpr uint32_t kHeartbeatAnswered = 2;  // The error that Linux puts into addr_confirmed and addr_available (EV-19).

}  // namespace

// The host is asked of no address that a stranger has only listed.
void Association::SizePackets(Path& path) {
  if (!path.confirmed) return;
  const size_t known = core_.host.MaxPacketBytes(path.route.carrier, path.route.remote);
  if (path.options->mtu_discovery) {
    path.mtu.Learn(core_.host.FirstPacketBytes(path.route.carrier, path.route.remote), known);
  } else {
    path.mtu.Fix(path.options->mtu == 0 ? known : std::min(path.options->mtu - path.header_bytes(), known));
  }
  if (!path.mtu.is_probing()) parts_->paths.StopMtuTimer(path);
  if (path.mtu.size() != path.max_packet_bytes) path.SetMaxPacketBytes(path.mtu.size());
}

void Association::ApplyOptions() {
  parts_->paths.ForEach([&](Path& path) {
    path.SetRtoInfo(options->rto);
    SizePackets(path);
  });
  if (state_ == TcbState::kEstablished && options->autoclose_s != 0 && autoclose_ == nullptr)
    autoclose_ = std::make_unique<Autoclose>(core_.timers, this, [](void* owner, TimeUs) { static_cast<Association*>(owner)->OnAutoclose(); });
  if (autoclose_ == nullptr) return;
  if (state_ == TcbState::kEstablished) {
    autoclose_->Set(options->autoclose_s, core_.now);
  } else {
    autoclose_->Stop();
  }
}

// A chunk may have to go another way than the one that it was cut for, so the narrowest path decides (section 6.9). A path that is not confirmed does not count.
size_t Association::PayloadBytes(size_t packet_bytes) const {
  const size_t by_path = (packet_bytes - kCommonHeaderBytes - AuthBytes() - parts_->outbound.header_bytes()) & ~size_t{3};
  return options->max_segment_bytes == 0 ? by_path : std::min<size_t>(by_path, options->max_segment_bytes);
}

size_t Association::FragmentationPoint() const {
  size_t narrowest = path().mtu.whole();
  parts_->paths.ForEach([&](const Path& path) {
    if (path.confirmed) narrowest = std::min(narrowest, path.mtu.whole());
  });
  return PayloadBytes(narrowest);
}

size_t Association::FragmentBytes() const {
  if (options->disable_fragments) return FragmentationPoint();
  size_t narrowest = path().max_packet_bytes;
  parts_->paths.ForEach([&](const Path& path) {
    if (path.confirmed) narrowest = std::min(narrowest, path.max_packet_bytes);
  });
  const size_t point = PayloadBytes(narrowest);
  if (terms_.peer_rwnd == 0) return point;
  // On a path as wide as loopback one fragment could be as large as the peer's window. The next one would have to wait for its acknowledgement, and a receiver
  // that counts overhead would not even take it.
  const size_t by_window = std::max<size_t>(terms_.peer_rwnd / kFragmentsPerWindow, kMinFragmentBytes) & ~size_t{3};
  return std::min(point, by_window);
}

void Association::OnT3(Path& path) {
  PathSet& paths = parts_->paths;
  // Lost chunks that waited here go another way by now.
  if (path.flight_bytes == 0 && &path != &paths.Next()) return;
  CountTimeout();
  if (parts_->sender.OnT3(path, core_.now)) CountError(path);
  if (IsClosed()) return;
  JudgeSizes();
  if (&path != &paths.Next()) paths.StopT3(path);
  parts_->heartbeat.OnFailing(path);
  parts_->forward.Repeat();
  WantTransmit();
}

void Association::OnHeartbeatTimer(Path& path) {
  parts_->heartbeat.OnTimer(path);
  if (IsClosed()) return;
  parts_->outbound.Trim();
  parts_->inbound.Trim();
  if (parts_->outbound.empty() && core_.now - path.last_data_us > path.rto()) parts_->paths.Trim(path);
}

void Association::OnRecoveryTimer(Path& path) {
  core_.stats.fast_retransmits += parts_->sender.OnRecoveryTimer(path, core_.now);
  JudgeSizes();
  if (parts_->sender.probe_is_due()) parts_->forward.Repeat();
  WantTransmit();
}

void Association::OnPathChange(const Path& path) {
  events_.AddressChange(path.route.remote, path.active ? PeerAddrState::kAvailable : PeerAddrState::kUnreachable, path.active ? kHeartbeatAnswered : 0);
}

void Association::CountError(Path& path) {
  if (!parts_->paths.CountError(path, options->max_retransmissions)) Finish(AssocState::kCommLost, 0);
}

void Association::CountMissedHeartbeat(Path& path) {
  if (path.confirmed && &path == &parts_->paths.Next()) {
    CountError(path);
  } else {
    parts_->paths.CountPathError(path);
  }
  if (!IsClosed()) WantTransmit();
}

bool Association::Confirm(Path& path) {
  const PeerKey further{path.route.remote, peer_.port};
  if (endpoint.peers.Find(further, path.route.remote_udp_port) != nullptr || !endpoint.peers.MayShare(further)) {
    path.probes_left = 0;
    return false;
  }
  endpoint.peers.AddFurther(path.route.remote, *this);
  parts_->paths.Confirm(path);
  SizePackets(path);
  CountUnconfirmed(Unconfirmed());
  path.probes_left = Heartbeat::Budget(path);
  events_.AddressChange(path.route.remote, PeerAddrState::kConfirmed, kHeartbeatAnswered);
  WantTransmit();
  return true;
}

// As on Linux the event comes for the present primary path as well.
void Association::SetPrimary(const Path& path) {
  parts_->paths.SetPrimary(path);
  events_.AddressChange(path.route.remote, PeerAddrState::kMadePrim, 0);
  WantTransmit();
}

void Association::RestartHeartbeats() {
  if (state_ == TcbState::kEstablished) parts_->heartbeat.Start();
}

void Association::BeginPathsAnew(CarrierId carrier) {
  parts_->paths.ForEach([&](Path& path) {
    if (path.route.carrier == carrier) path.BeginAnew();
  });
}

}  // namespace mailport::sctp
