#include "path_set.h"

#include <algorithm>
#include <utility>

namespace mailport::sctp {

PathSet::DataTimers::DataTimers(Way& the_way)
    : t3(the_way.set.timers_, &the_way,
         [](void* owner, TimeUs) {
           Way& way = *static_cast<Way*>(owner);
           way.set.owner_.OnT3(way);
         }),
      recovery(the_way.set.timers_, &the_way,
               [](void* owner, TimeUs) {
                 Way& way = *static_cast<Way*>(owner);
                 way.set.owner_.OnRecoveryTimer(way);
               }),
      mtu(the_way.set.timers_, &the_way, [](void* owner, TimeUs) {
        Way& way = *static_cast<Way*>(owner);
        way.set.owner_.OnMtuTimer(way);
      }) {}

PathSet::Way::Way(PathSet& the_set, const PacketRoute& route, size_t max_packet_bytes, const RtoInfo& rto)
    : Path(route, max_packet_bytes, rto), set(the_set), heartbeat_timer(the_set.timers_, this, [](void* owner, TimeUs) {
        Way& way = *static_cast<Way*>(owner);
        way.set.owner_.OnHeartbeatTimer(way);
      }) {}

Path& PathSet::Add(const PacketRoute& route, size_t max_packet_bytes, const RtoInfo& rto) {
  size_t number = numbers_ < kFreshNumbers ? numbers_ : 0;
  while (number < numbers_ && Has(number)) ++number;
  if (number == 0) {
    first_.emplace(*this, route, max_packet_bytes, rto);
  } else {
    auto& further = further_.Make();
    if (number > further.size()) further.resize(number);
    further[number - 1] = std::make_unique<Way>(*this, route, max_packet_bytes, rto);
  }
  numbers_ = static_cast<uint16_t>(std::max<size_t>(numbers_, number + 1));
  Path& path = (*this)[number];
  path.index = static_cast<uint8_t>(number);
  ++count_;
  return path;
}

void PathSet::Remove(Path& path) {
  const uint8_t index = path.index;
  if (index == 0) {
    first_.reset();
  } else {
    further_.Make()[index - size_t{1}].reset();
  }
  --count_;
  // Whichever is good takes its place; if none is, one that is confirmed.
  uint8_t other = index;
  ForEach([&](const Path& each) {
    if (other == index || (!(*this)[other].confirmed && each.confirmed) || (!IsGood((*this)[other]) && IsGood(each))) other = each.index;
  });
  for (uint8_t* const role : {&primary_, &next_, &reply_})
    if (*role == index) *role = other;
  Choose();
}

size_t PathSet::FlightBytes() const {
  size_t bytes = 0;
  ForEach([&](const Path& path) { bytes += path.flight_bytes; });
  return bytes;
}

void PathSet::Trim(Path& path) {
  path.Trim();
  std::unique_ptr<DataTimers>& timers = WayOf(path).timers;
  if (timers != nullptr && !timers->t3.running() && !timers->recovery.running() && !timers->mtu.running()) timers.reset();
}

void PathSet::StopTimers() {
  ForEachWay([](Way& way) {
    way.heartbeat_timer.Stop();
    if (way.timers == nullptr) return;
    for (Timer* const timer : {&way.timers->t3, &way.timers->recovery, &way.timers->mtu}) timer->Stop();
  });
}

void PathSet::Clear() {
  first_.reset();
  further_.GiveBack();
  numbers_ = count_ = 0;
  primary_ = next_ = reply_ = 0;
}

Path* PathSet::Find(const IpAddress& address) {
  for (size_t index = 0; index < numbers_; ++index)
    if (Has(index) && (*this)[index].route.remote == address) return &(*this)[index];
  return nullptr;
}

void PathSet::SetPrimary(const Path& path) {
  primary_ = path.index;
  Choose();
}

void PathSet::Confirm(Path& path) {
  path.confirmed = true;
  path.error_count = 0;
  Choose();
}

void PathSet::PreferAnswered(const IpAddress& address) {
  const Path* const answered = Find(address);
  if (answered == nullptr || count_ == 1) return;
  ForEach([&](Path& path) {
    if (&path == answered) path.error_count = 0;
    else if (&path == &primary() && path.error_count == 0) path.error_count = 1;
  });
  next_ = answered->index;
}

// If the primary path fails, a good one takes its place, the present one as long as it is good. If none is good, the one that has failed least often does
// (RFC 7829 section 4), and of several the next one in turn, so that a retransmission goes another way than before (RFC 9260 section 6.4.1).
void PathSet::Choose() {
  if (count_ == 1 || IsGood(primary())) {
    next_ = primary_;
    return;
  }
  if (IsGood(Next())) return;
  constexpr uint64_t kInactive = uint64_t{1} << 32, kUnconfirmed = uint64_t{1} << 33;
  const auto badness = [](const Path& path) { return path.error_count + (path.active ? 0 : kInactive) + (path.confirmed ? 0 : kUnconfirmed); };
  const size_t present = next_;
  size_t best = present;
  bool any = false;
  for (size_t step = 1; step <= numbers_; ++step) {
    const size_t each = (present + step) % numbers_;
    if (!Has(each)) continue;
    if (any && badness((*this)[each]) >= badness((*this)[best])) continue;
    best = each;
    any = true;
  }
  next_ = static_cast<uint8_t>(best);
}

Path& PathSet::Reply() {
  Path& path = (*this)[reply_];
  return path.confirmed ? path : Next();
}

// A duplicate says that our acknowledgement may not have arrived: the next one goes another way.
void PathSet::NoteData(const Path* from, bool duplicate) {
  if (from == nullptr) return;
  if (!duplicate || count_ == 1) {
    reply_ = from->index;
    return;
  }
  for (size_t step = 1; step < numbers_; ++step) {
    const uint8_t each = static_cast<uint8_t>((reply_ + step) % numbers_);
    if (!Has(each) || !(*this)[each].confirmed || !(*this)[each].active) continue;
    reply_ = each;
    return;
  }
}

bool PathSet::CountError(Path& path, uint32_t most_of_peer) {
  ++peer_errors_;
  CountPathError(path);
  return peer_errors_ <= most_of_peer;
}

// An address that was never confirmed cannot become unreachable.
void PathSet::CountPathError(Path& path) {
  ++path.error_count;
  const bool fails = path.confirmed && path.active && path.error_count > path.options->max_retransmissions;
  if (fails) path.active = false;
  Choose();
  if (fails) owner_.OnPathChange(path);
}

void PathSet::ClearErrors() {
  ClearPeerErrors();
  ForEach([&](Path& path) {
    if (path.answers) ClearPathErrors(path);
  });
}

void PathSet::ClearPathErrors(Path& path) {
  if (path.error_count == 0 && path.active) return;
  path.error_count = 0;
  const bool was_active = std::exchange(path.active, true);
  Choose();
  if (!was_active) owner_.OnPathChange(path);
}

}  // namespace mailport::sctp
