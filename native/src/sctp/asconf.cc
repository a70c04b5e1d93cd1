#include "asconf.h"

#include <algorithm>
#include <utility>

#include "give_back.h"

namespace mailport::sctp {

namespace {

void AppendWord(uint32_t word, std::vector<uint8_t>* out) {
  out->resize(out->size() + 4);
  Store32(&(*out)[out->size() - 4], word);
}

size_t AnswerBytes(const AsconfParam& request, Cause cause) {
  return cause == kCauseNone ? kAsconfParamHeaderBytes : kAsconfParamHeaderBytes + kCauseHeaderBytes + Padded(request.whole.size());
}

// Success Indication, or Error Cause Indication with the request in it (sections 4.2.3, 4.2.5, 4.3).
void AppendAnswer(const AsconfParam& request, Cause cause, std::vector<uint8_t>* out) {
  const size_t at = out->size(), bytes = AnswerBytes(request, cause);
  out->resize(at + bytes, 0);
  uint8_t* const p = &(*out)[at];
  Store16(p, cause == kCauseNone ? kParamSuccess : kParamErrorCause);
  Store16(p + 2, static_cast<uint32_t>(cause == kCauseNone ? bytes : kAsconfParamHeaderBytes + kCauseHeaderBytes + request.whole.size()));
  Store32(p + 4, request.correlation);
  if (cause != kCauseNone) WriteCause(cause, request.whole, p + kAsconfParamHeaderBytes);
}

}  // namespace

Asconf::Asconf(Context& context, View& view, PathSet& paths, TimerQueue& timers, uint32_t local_initial_tsn, uint32_t peer_initial_tsn)
    : context_(context), view_(view), paths_(paths), t4_(timers, this, [](void* owner, TimeUs) { static_cast<Asconf*>(owner)->OnT4(); }),
      next_serial_(local_initial_tsn), peer_serial_(peer_initial_tsn - 1) {}

// --- Our requests (section 5.1)

std::deque<Asconf::Request>::iterator Asconf::NotLeft(uint16_t type, const IpAddress& address) {
  const auto first = waiting_.begin() + static_cast<ptrdiff_t>(asked_);
  return std::find_if(first, waiting_.end(), [&](const Request& each) { return each.type == type && SameHost(each.address, address); });
}

// The request leaves at the end of the turn, with others of that turn. One that takes back another that has not left takes its place.
void Asconf::Ask(uint16_t type, const IpAddress& address) {
  const uint16_t opposite = type == kParamDeleteIp ? kParamAddIp : kParamDeleteIp;
  if (const auto back = NotLeft(opposite, address); type != kParamSetPrimary && back != waiting_.end()) {
    waiting_.erase(back);
    if (type == kParamDeleteIp) view_.LeaveAddress(address);  // A path may have begun with it.
    return;
  }
  if (waiting_.size() == kMaxWaiting) return;
  waiting_.push_back({type, address});
  context_.WantTransmit();
}

// Not once the association is about to end (section 5.1: no ASCONF in a state of shutting down).
bool Asconf::MayBeSent() const { return context_.state() == TcbState::kEstablished || context_.state() == TcbState::kShutdownPending; }

// Requests of one kind that follow each other go together. Before an address is taken away, nothing leaves from it any more.
void Asconf::SendNext() {
  while (value_.empty() && !waiting_.empty() && MayBeSent()) {
    const uint16_t type = waiting_.front().type;
    if (type == kParamDeleteIp && !view_.LeaveAddress(waiting_.front().address)) {
      waiting_.pop_front();
      continue;
    }
    asked_ = 1;
    while (type == kParamAddIp && asked_ < std::min(waiting_.size(), kMaxTogether) && waiting_[asked_].type == type) ++asked_;
    AppendWord(next_serial_++, &value_);
    AppendAddressParam(view_.KnownAddress(), &value_);
    for (size_t i = 0; i < asked_; ++i) {
      const Request& request = waiting_[i];
      const size_t at = value_.size();
      value_.resize(at + 4);
      AppendWord(static_cast<uint32_t>(i), &value_);
      AppendAddressParam(request.address, &value_);
      Store16(&value_[at], request.type);
      Store16(&value_[at + 2], static_cast<uint32_t>(value_.size() - at));
    }
    Send();
  }
}

void Asconf::Send() {
  context_.QueueChunk(kChunkAsconf, 0, value_);
  t4_.Start(context_.now() + paths_.Next().rto());
}

// Rules B1 to B5. Where the path fails, the next one goes another way.
void Asconf::OnT4() {
  if (value_.empty() || !MayBeSent()) return;
  context_.CountTimeout();
  Path& path = paths_.Next();
  path.BackOff();
  context_.CountError(path);
  if (!context_.IsClosed()) Send();
}

bool Asconf::OnAck(const Chunk& chunk) {
  if (chunk.bytes.size() < kAsconfHeaderBytes) return false;
  const uint32_t serial = Load32(&chunk.bytes[kChunkHeaderBytes]);
  // An answer to what was never asked (section 5.1, rule D0).
  if (!TsnBefore(serial, next_serial_)) {
    context_.Abort(kCauseIllegalAsconfAck, {});
    return false;
  }
  if (value_.empty() || serial != next_serial_ - 1) return false;
  // All behind a request that failed have failed too, unless they are said to be done.
  std::vector<bool> failed(asked_, false), done(asked_, false);
  Bytes rest = chunk.bytes.subspan(kAsconfHeaderBytes);
  AsconfParam answer;
  while (NextAsconfParam(&rest, &answer)) {
    if (answer.correlation >= asked_) continue;
    if (answer.type == kParamSuccess) done[answer.correlation] = true;
    if (answer.type == kParamErrorCause) failed[answer.correlation] = true;
  }
  t4_.Stop();
  GiveBack(value_);
  paths_.ClearPeerErrors();
  bool any_failed = false;
  const size_t asked = std::exchange(asked_, 0);
  for (size_t i = 0; i < asked; ++i) {
    const Request request = waiting_.front();
    waiting_.pop_front();
    any_failed |= failed[i];
    if (request.type == kParamAddIp && !failed[i] && (done[i] || !any_failed)) view_.OnAddressTold(request.address);
  }
  SendNext();
  return true;
}

void Asconf::GiveUp() {
  t4_.Stop();
  value_.clear();
  waiting_.clear();
  asked_ = 0;
}

// --- The peer's requests (section 5.2)

// The same one again gets the same answer, and no other but the next one counts (rules E1 to E3).
bool Asconf::OnAsconf(const PacketRoute& from, const Chunk& chunk) {
  size_t address_bytes = 0;
  if (chunk.bytes.size() < kAsconfHeaderBytes || !ParseAddressParam(chunk.bytes.subspan(kAsconfHeaderBytes), &address_bytes)) return false;
  const uint32_t serial = Load32(&chunk.bytes[kChunkHeaderBytes]);
  if (serial == peer_serial_ && !answer_.empty()) {
    view_.SendAsconfAck(from, answer_);
    return true;
  }
  if (serial != peer_serial_ + 1) return false;
  std::vector<uint8_t> answer;
  AppendWord(serial, &answer);
  if (!ObeyAll(chunk.bytes.subspan(kAsconfHeaderBytes + address_bytes), from, &answer)) return false;
  if (context_.IsClosed()) return false;
  peer_serial_ = serial;
  answer_ = std::move(answer);
  view_.SendAsconfAck(from, answer_);
  return true;
}

// Up to the first failure nothing is said: what is not spoken of has been done. What comes behind a failure and is not spoken of has not. So a chunk with too many
// requests, or one whose answers would be too long, is obeyed in part, and its sender knows which.
bool Asconf::ObeyAll(Bytes requests, const PacketRoute& from, std::vector<uint8_t>* answer) {
  const size_t most = std::min(kMaxAnswerBytes, paths_.Next().max_packet_bytes - kCommonHeaderBytes - kMaxAddressParamBytes * 4);
  bool any_failed = false;
  AsconfParam request;
  for (size_t count = 0; NextAsconfParam(&requests, &request); ++count) {
    const Cause cause = count < kMaxRequests ? Obey(request, from) : kCauseResourceShortage;
    if (cause == kCauseLater) return false;
    any_failed |= cause != kCauseNone;
    if (!any_failed) continue;
    if (answer->size() + AnswerBytes(request, cause) > most) return true;
    AppendAnswer(request, cause, answer);
    if (count >= kMaxRequests) return true;
  }
  return true;
}

Cause Asconf::Obey(const AsconfParam& request, const PacketRoute& from) {
  size_t bytes = 0;
  const std::optional<IpAddress> named = ParseAddressParam(request.value, &bytes);
  const bool is_known = request.type == kParamAddIp || request.type == kParamDeleteIp || request.type == kParamSetPrimary;
  if (!is_known) return kCauseUnrecognizedParams;
  if (!named) return kCauseInvalidParam;
  // The any address stands for the one that the packet comes from, which its sender behind a NAT does not know; to be deleted, for all others (sections 4.2.1 to 4.2.4).
  const bool is_any = named->IsAny();
  const IpAddress& address = is_any ? from.remote : *named;
  if (request.type == kParamAddIp) return view_.AddPeerAddress(address, from);
  if (request.type == kParamSetPrimary) return view_.PreferPeerAddress(address);
  return is_any ? view_.DeleteOtherPeerAddresses(from) : view_.DeletePeerAddress(address, from);
}

}  // namespace mailport::sctp
