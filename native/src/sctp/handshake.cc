#include "handshake.h"

#include <algorithm>
#include <array>

#include "packet/init_chunk.h"

namespace mailport::sctp {

namespace {

constexpr TimeUs kMicrosPerMilli = 1000;
constexpr uint32_t kMaxStaleCookies = 5;
constexpr uint32_t kMoreThanRoundTripMs = 1000;
constexpr size_t kInitRoom = 1200;
// An INIT ACK is at most three times as long as the INIT (Strangers), so whoever is called at one of many IPv6 addresses needs a longer INIT to list them.
constexpr size_t kPaddingIpv6 = 32;
constexpr size_t kMaxReportBytes = 512;  // Report of an INIT ACK's unknown parameters.

// The name that we do not resolve, for the cause that says so, unless it is longer than any name.
Bytes HostNameOf(const InitChunk& init) { return init.host_name.size() <= kMaxReportBytes ? init.host_name : Bytes{}; }

}  // namespace

Handshake::Call::Call(TimerQueue& timers, Handshake* owner) : t1(timers, owner, [](void* self, TimeUs) { static_cast<Handshake*>(self)->OnT1(); }) {}

void Handshake::Start() {
  if (call_ == nullptr) call_ = std::make_unique<Call>(paths_.timers(), this);
  context_.Enter(TcbState::kCookieWait);
  Terms terms = view_.terms();
  terms.peer_tag = 0;  // The INIT ACK brings it.
  if (terms.auth.exists()) terms.auth.Make().peer.clear();
  terms.capabilities = view_.OfferNow().most;
  view_.SetTerms(terms);
  SendInit();
}

void Handshake::SendInit() {
  Offer offer = view_.OfferNow();
  offer.most = view_.terms().capabilities;  // As in our first INIT, whatever the options say by now.
  InitFields fields = offer.Fields(view_.terms().local_tag, view_.terms().local_initial_tsn);
  fields.cookie_preservative_ms = call_->cookie_preservative_ms;
  fields.addresses = view_.told_addresses();
  fields.auth = view_.terms().auth->local;
  if (offer.family == 6) fields.padding = kPaddingIpv6;
  std::array<uint8_t, kInitRoom> chunk;
  if (WriteInit(fields, offer.family, chunk) != 0) {
    const size_t bytes = Load16(&chunk[2]);  // Without the last parameter's padding.
    context_.SendBy(Called(), kChunkInit, 0, Bytes(chunk).first(bytes).subspan(kChunkHeaderBytes), 0);
  }
  StartT1();
}

void Handshake::EchoCookie() {
  view_.SendCookieEcho(call_->cookie, Called());
  call_->echoed_at = context_.now();
  StartT1();
}

uint32_t Handshake::Turns() const {
  if (context_.state() == TcbState::kCookieWait) return static_cast<uint32_t>(paths_.size());
  uint32_t confirmed = 0;
  paths_.ForEach([&](const Path& path) { confirmed += path.confirmed; });
  return std::max(confirmed, 1u);
}

Path& Handshake::Called() {
  uint32_t turn = call_->attempts % Turns();
  if (context_.state() == TcbState::kCookieWait) return paths_[turn];
  const size_t first = paths_.Next().index;
  for (size_t step = 0; step < paths_.size(); ++step) {
    Path& path = paths_[(first + step) % paths_.size()];
    if (path.confirmed && turn-- == 0) return path;
  }
  return paths_.Next();
}

// T1 doubles from one attempt to the next; with several addresses, from one round to the next. The path's RTO stays as it was: only T3, T2 and HEARTBEATs say anything of a path (section 6.3.3 E2). Otherwise the
// first data would wait for as long as the last attempt did.
void Handshake::StartT1() {
  const uint32_t longest_ms = std::min(view_.init_options().max_timeout_ms, context_.assoc_options().rto.max_ms);
  const TimeUs longest = std::max<uint32_t>(longest_ms, 1) * kMicrosPerMilli;
  TimeUs delay = std::min(Called().rto(), longest);
  const uint32_t rounds = call_->attempts / Turns();
  for (uint32_t round = 0; round < rounds; ++round) delay = std::min(delay * 2, longest);
  call_->t1.Start(context_.now() + delay);
}

void Handshake::OnT1() {
  context_.CountTimeout();
  // An address that has not answered comes after those that may.
  if (paths_.size() > 1 && context_.state() == TcbState::kCookieWait && Called().error_count == 0) paths_.CountPathError(Called());
  if (++call_->attempts > view_.init_options().max_attempts) {
    context_.Finish(AssocState::kCantAssoc, 0);
    return;
  }
  if (context_.state() == TcbState::kCookieWait) {
    SendInit();
  } else {
    EchoCookie();
  }
}

bool Handshake::OnInitAck(const PacketRoute& from, const Chunk& chunk) {
  if (context_.state() != TcbState::kCookieWait) return false;
  InitChunk init;
  const InitError error = ParseInit(chunk.bytes, &init);
  if (error == InitError::kTruncated) return false;
  if (error == InitError::kSmallWindow) {
    // Unlike other faults this one must not end the attempt (section 3.3.3).
    context_.SendAlone(kChunkAbort, 0, CauseValue(kCauseInvalidParam), init.initiate_tag);
    return false;
  }
  const bool breaks_auth = !view_.terms().auth->local.empty() && init.auth.IsViolation();
  if (error != InitError::kNone || init.has_host_name || init.cookie.empty() || breaks_auth) {
    Refuse(init, error);
    return false;
  }
  Terms terms = view_.terms();
  terms.peer_tag = init.initiate_tag;
  terms.peer_initial_tsn = init.initial_tsn;
  terms.peer_rwnd = init.a_rwnd;
  terms.capabilities = Agree(terms.capabilities, init);
  if (!terms.auth->local.empty()) terms.auth.Make().peer = init.auth.Vector();
  view_.SetTerms(terms);
  view_.OnPeerKnown(from, {init.addresses, init.has_more_addresses});
  call_->cookie.assign(init.cookie.begin(), init.cookie.end());
  ReportUnknown(init);
  context_.Enter(TcbState::kCookieEchoed);
  call_->attempts = 0;
  EchoCookie();
  return true;
}

// Handles an unusable INIT ACK (section 5.1). A missing cookie is a missing mandatory parameter (3.3.10.2). If the INIT ACK has no tag, the ABORT reflects the
// one that it came under, which is ours (3.3.3).
void Handshake::Refuse(const InitChunk& init, InitError error) {
  Cause cause = kCauseInvalidParam;
  if (error == InitError::kNone) cause = init.has_host_name ? kCauseUnresolvableAddress : init.cookie.empty() ? kCauseMissingParam : kCauseProtocolViolation;
  const Bytes info = cause == kCauseUnresolvableAddress ? HostNameOf(init) : Bytes{};
  const std::vector<uint8_t> value = cause == kCauseMissingParam ? MissingParamValue(kParamStateCookie) : CauseValue(cause, info);
  if (error == InitError::kZeroTag) {
    context_.SendAlone(kChunkAbort, kTagReflected, value, view_.terms().local_tag);
  } else {
    context_.SendAlone(kChunkAbort, 0, value, init.initiate_tag);
  }
  context_.Finish(AssocState::kCantAssoc, cause);
}

void Handshake::ReportUnknown(const InitChunk& init) {
  std::vector<uint8_t> causes;
  for (const Bytes& param : init.report) {
    const size_t at = causes.size();
    causes.resize(at + Padded(kCauseHeaderBytes + param.size()));
    WriteCause(kCauseUnrecognizedParams, param, &causes[at]);
  }
  if (!causes.empty() && causes.size() <= kMaxReportBytes) context_.QueueChunk(kChunkError, 0, causes);
}

bool Handshake::OnCookieAck() {
  if (context_.state() != TcbState::kCookieEchoed) return false;
  view_.OnEstablished(AssocState::kCommUp);
  return true;
}

void Handshake::Complete() { call_.reset(); }

bool Handshake::OnStaleCookie() {
  if (context_.state() != TcbState::kCookieEchoed) return false;
  if (++call_->stale_cookies > kMaxStaleCookies) {
    context_.Finish(AssocState::kCantAssoc, kCauseStaleCookie);
    return true;
  }
  // Begin again and ask for a cookie that lives longer, by the round trip of the last one and a second (section 5.2.6). The ERROR's measure may be 0, which
  // says nothing.
  call_->cookie_preservative_ms = static_cast<uint32_t>((context_.now() - call_->echoed_at) / kMicrosPerMilli) + kMoreThanRoundTripMs;
  call_->attempts = 0;
  Start();
  return true;
}

// Tie-tags are random numbers, not the tags themselves: a cookie would show those to any sender of an INIT (section 14.2).
void Handshake::Tie(CookieState* cookie) {
  if (local_tie_tag_ == 0) {
    local_tie_tag_ = context_.RandomTag();
    peer_tie_tag_ = context_.RandomTag();
  }
  cookie->local_tie_tag = local_tie_tag_;
  cookie->peer_tie_tag = peer_tie_tag_;
}

bool Handshake::IsTiedTo(const CookieState& cookie) const {
  return local_tie_tag_ != 0 && cookie.local_tie_tag == local_tie_tag_ && cookie.peer_tie_tag == peer_tie_tag_;
}

}  // namespace mailport::sctp
