// Authenticated chunks of an association: when they begin, and which chunks of a packet count (RFC 4895 section 6.3).
#include <array>

#include "association.h"

namespace mailport::sctp {

// The keys stay when the peer begins a new life. Its random number does not.
void Association::BeginAuth() {
  if (!terms_.Authenticates() || offer_->auth == nullptr) {
    auth_.reset();
    return;
  }
  if (auth_ == nullptr) auth_ = std::make_unique<Auth>(offer_->auth->keys);
  auth_->Begin(terms_.auth->local, terms_.auth->peer);
}

// A packet has one AUTH chunk at most (section 4.1).
bool Association::OnAuth(const Chunk& chunk, Bytes signed_part) {
  ++counters_.control_chunks_in;
  const Auth::Verdict verdict = authenticated_ ? Auth::Verdict::kWrong : auth_->Verify(signed_part, chunk.bytes.size());
  if (verdict == Auth::Verdict::kGood) {
    authenticated_ = true;
    NoteKeyOfPeer(auth_->key_of_peer());
    return true;
  }
  ++core_.stats.unauthenticated;
  if (verdict == Auth::Verdict::kUnknownHmac && !IsSettingUp()) ReportError(kCauseUnsupportedHmac, chunk.bytes.subspan(6, 2));
  return false;
}

bool Association::IsUnauthenticated(const Chunk& chunk) {
  if (authenticated_ || !auth_->Requires(chunk.type)) return false;
  ++core_.stats.unauthenticated;
  return true;
}

void Association::NoteKeyOfPeer(uint16_t id) {
  if (auth_->NoteKeyOfPeer(id)) events_.Authentication(AuthIndication::kNewKey, id);
}

}  // namespace mailport::sctp
