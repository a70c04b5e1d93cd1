// Setting up: INIT, INIT ACK, COOKIE ECHO, COOKIE ACK, and what happens when both ends call or one begins again (RFC 9260 section 5).

#include <algorithm>

#include "association.h"
#include "endpoint.h"
#include "give_back.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

constexpr TimeUs kMicrosPerMilli = 1000;
constexpr uint32_t kMaxStaleCookies = 5;
constexpr size_t kInitRoom = 1200;
constexpr size_t kMaxReportBytes = 512;  // Of an INIT ACK's unknown parameters.

}  // namespace

void Association::StartConnect(bool watched) {
  watched_ = watched;
  state_ = TcbState::kCookieWait;
  local_tag_ = core_.RandomTag();
  local_initial_tsn_ = core_.Random32();
  outbound_streams_ = static_cast<uint16_t>(socket_->options.init.outbound_streams);
  inbound_streams_ = static_cast<uint16_t>(socket_->options.init.max_inbound_streams);
  outbound_.Reset(local_initial_tsn_, 0);
  SendInit();
}

void Association::SendInit() {
  InitFields fields;
  fields.initiate_tag = local_tag_;
  fields.a_rwnd = static_cast<uint32_t>(socket_->WindowBytes());
  fields.outbound_streams = outbound_streams_;
  fields.inbound_streams = inbound_streams_;
  fields.initial_tsn = local_initial_tsn_;
  fields.cookie_preservative_ms = cookie_preservative_ms_;
  if (socket_->options.adaptation != 0) fields.adaptation = socket_->options.adaptation;
  std::array<uint8_t, kInitRoom> chunk;
  const size_t bytes = WriteInit(fields, socket_->params.family, chunk);
  PacketBuilder packet = NewPacket(0);
  packet.AddCopy({chunk.data(), bytes});
  ++counters_.control_chunks_out;
  SendPacket(packet);
  StartT1();
}

void Association::SendCookieEcho() {
  PacketBuilder packet = NewPacket(peer_tag_);
  std::memcpy(packet.AddChunk(kChunkCookieEcho, 0, cookie_.size()), cookie_.data(), cookie_.size());
  ++counters_.control_chunks_out;
  if (!control_.empty() && control_.size() <= packet.room()) packet.AddCopy(control_);
  control_.clear();
  SendPacket(packet);
  StartT1();
}

// Doubled from one attempt to the next. The path's RTO stays what it was: only T3, T2 and HEARTBEATs say anything of a path (section 6.3.3 E2),
// and the first data would wait for as long as the last attempt did.
void Association::StartT1() {
  const TimeUs longest = std::max<uint32_t>(std::min(socket_->options.init.max_timeout_ms, options.rto.max_ms), 1) * kMicrosPerMilli;
  TimeUs delay = std::min(path_.rto(), longest);
  for (uint32_t attempt = 0; attempt < attempts_; ++attempt) delay = std::min(delay * 2, longest);
  t1_.Start(core_.now + delay);
}

void Association::OnT1() {
  ++core_.stats.timeouts;
  if (++attempts_ > socket_->options.init.max_attempts) {
    Finish(AssocState::kCantAssoc, 0);
    return;
  }
  if (state_ == TcbState::kCookieWait) {
    SendInit();
  } else {
    SendCookieEcho();
  }
}

bool Association::OnInitAck(const PacketRoute& from, const Chunk& chunk) {
  if (state_ != TcbState::kCookieWait) return false;
  InitChunk init;
  const InitError error = ParseInit(chunk.bytes, &init);
  if (error == InitError::kTruncated) return false;
  peer_tag_ = init.initiate_tag;
  if (error != InitError::kNone || init.has_host_name || init.cookie.empty()) {
    // Section 5.1: nothing can be built on this. A missing cookie is a missing mandatory parameter (3.3.10.2).
    if (error == InitError::kZeroTag) {
      Finish(AssocState::kCantAssoc, kCauseInvalidParam);
      return false;
    }
    std::array<uint8_t, 12> cause{};
    const bool missing = error == InitError::kNone && !init.has_host_name;
    const Cause code = missing ? kCauseMissingParam : error != InitError::kNone ? kCauseInvalidParam : kCauseUnresolvableAddress;
    Store16(&cause[0], code);
    Store16(&cause[2], missing ? 10 : 4);
    Store32(&cause[4], 1);
    Store16(&cause[8], kParamStateCookie);
    SendAlone(kChunkAbort, 0, Bytes(cause.data(), missing ? 10 : 4), peer_tag_);
    Finish(AssocState::kCantAssoc, code);
    return false;
  }
  LearnRoute(from);  // The answer leaves at once.
  outbound_streams_ = std::min(outbound_streams_, init.inbound_streams);
  inbound_streams_ = std::min(inbound_streams_, init.outbound_streams);
  peer_adaptation_ = init.adaptation;
  KeepPeerAddresses(init.addresses, init.has_more_addresses);
  outbound_.SetPeerWindow(init.a_rwnd);
  peer_buffer_bytes_ = init.a_rwnd;
  inbound_.Reset(init.initial_tsn, inbound_streams_);
  cookie_.assign(init.cookie.begin(), init.cookie.end());
  if (!init.report.empty()) {
    std::vector<uint8_t> causes;
    for (const Bytes& param : init.report) {
      const size_t at = causes.size();
      causes.resize(at + 4 + Padded(param.size()));
      Store16(&causes[at], kCauseUnrecognizedParams);
      Store16(&causes[at + 2], static_cast<uint32_t>(4 + param.size()));
      std::memcpy(&causes[at + 4], param.data(), param.size());
    }
    if (causes.size() <= kMaxReportBytes) QueueControl(kChunkError, 0, causes);
  }
  state_ = TcbState::kCookieEchoed;
  attempts_ = 0;
  SendCookieEcho();
  return true;
}

bool Association::OnCookieAck() {
  if (state_ != TcbState::kCookieEchoed) return false;
  EnterEstablished(AssocState::kCommUp);
  return true;
}

void Association::OnCookieOfOurs() {
  QueueControl(kChunkCookieAck, 0, {});
  if (IsSettingUp()) EnterEstablished(AssocState::kCommUp);
}

void Association::OnCollision(const CookieState& cookie) {
  if (!IsSettingUp()) {
    // Established already under another tag of the peer: follow it, what has been exchanged stands.
    peer_tag_ = cookie.peer_tag;
    local_tie_tag_ = 0;
    QueueControl(kChunkCookieAck, 0, {});
    return;
  }
  Establish(cookie);
}

// Random numbers rather than the tags themselves, which a cookie would show to whoever sent the INIT (section 14.2).
void Association::Tie(CookieState* cookie) {
  if (local_tie_tag_ == 0) {
    local_tie_tag_ = core_.RandomTag();
    peer_tie_tag_ = core_.RandomTag();
  }
  cookie->local_tie_tag = local_tie_tag_;
  cookie->peer_tie_tag = peer_tie_tag_;
}

bool Association::IsTiedTo(const CookieState& cookie) const {
  return local_tie_tag_ != 0 && cookie.local_tie_tag == local_tie_tag_ && cookie.peer_tie_tag == peer_tie_tag_;
}

void Association::Establish(const CookieState& cookie) {
  local_tag_ = cookie.local_tag;
  peer_tag_ = cookie.peer_tag;
  local_initial_tsn_ = cookie.local_initial_tsn;
  outbound_streams_ = cookie.outbound_streams;
  inbound_streams_ = cookie.inbound_streams;
  peer_adaptation_ = cookie.peer_adaptation;
  KeepPeerAddresses(cookie.other_addresses, cookie.lists_more);
  outbound_.Reset(local_initial_tsn_, cookie.peer_rwnd);
  peer_buffer_bytes_ = cookie.peer_rwnd;
  inbound_.Reset(cookie.peer_initial_tsn, inbound_streams_);
  QueueControl(kChunkCookieAck, 0, {});
  EnterEstablished(AssocState::kCommUp);
}

void Association::Restart(const CookieState& cookie) {
  const size_t held = outbound_.held_bytes();
  outbound_.FailAll(FragmentBytes(), *this);
  ReleaseSend(held);
  for (Timer* timer : {&t1_, &t2_, &t3_, &guard_, &sack_timer_}) timer->Stop();
  control_.clear();
  sack_now_ = sack_soon_ = sack_whole_ = fast_retransmit_ = probing_ = heard_since_t3_ = false;
  shutdown_told_ = shutdown_due_ = heartbeat_unanswered_ = false;
  local_tie_tag_ = 0;  // Cookies for the peer's life before this one are void.
  packets_since_sack_ = 0;
  bytes_since_sack_ = 0;
  path_ = Path(path_.route, path_.max_packet_bytes, options.rto);
  error_count_ = 0;
  endpoint.peers.RemoveTag(local_tag_, *this);
  local_tag_ = cookie.local_tag;
  if (!other_addresses_.empty() || lists_more_) endpoint.peers.AddTag(local_tag_, *this);
  peer_tag_ = cookie.peer_tag;
  local_initial_tsn_ = cookie.local_initial_tsn;
  outbound_streams_ = cookie.outbound_streams;
  inbound_streams_ = cookie.inbound_streams;
  peer_adaptation_ = cookie.peer_adaptation;
  outbound_.Reset(local_initial_tsn_, cookie.peer_rwnd);
  peer_buffer_bytes_ = cookie.peer_rwnd;
  inbound_.Reset(cookie.peer_initial_tsn, inbound_streams_);
  Recharge();
  QueueControl(kChunkCookieAck, 0, {});
  EnterEstablished(AssocState::kRestart);
}

void Association::EnterEstablished(AssocState change) {
  t1_.Stop();
  attempts_ = 0;
  GiveBack(cookie_);
  state_ = TcbState::kEstablished;
  ReleaseSend(outbound_.FailStreamsFrom(outbound_streams_, FragmentBytes(), *this));
  NotifyAssocChange(change, 0);
  if (peer_adaptation_) {
    Item item = NewItem(ItemKind::kAdaptation);
    item.value = *peer_adaptation_;
    socket_->Notify(item, kEventAdaptation);
  }
  NoteActivity();
  StartHeartbeats();
  ApplyOptions();
  core_.MarkDirty(*this);
}

bool Association::OnStaleCookie(uint32_t staleness_us) {
  if (state_ != TcbState::kCookieEchoed) return false;
  if (++stale_cookies_ > kMaxStaleCookies) {
    Finish(AssocState::kCantAssoc, kCauseStaleCookie);
    return true;
  }
  // Section 5.2.6: begin again and ask for a cookie that lives longer, by what it was late and a round trip.
  cookie_preservative_ms_ = static_cast<uint32_t>(staleness_us / kMicrosPerMilli * 2 + path_.rto() / kMicrosPerMilli);
  state_ = TcbState::kCookieWait;
  attempts_ = 0;
  peer_tag_ = 0;  // The next answer brings another.
  outbound_streams_ = static_cast<uint16_t>(socket_->options.init.outbound_streams);
  inbound_streams_ = static_cast<uint16_t>(socket_->options.init.max_inbound_streams);
  SendInit();
  return true;
}

}  // namespace mailport::sctp
