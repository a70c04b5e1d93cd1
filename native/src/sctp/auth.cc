#include "auth.h"

#include <algorithm>

namespace mailport::sctp {

void Auth::Begin(Bytes local_vector, Bytes peer_vector) {
  local_.assign(local_vector.begin(), local_vector.end());
  peer_.assign(peer_vector.begin(), peer_vector.end());
  const AuthLists local = ListsOf(local_), peer = ListsOf(peer_);
  local_wants_ = local.chunks;
  local_hmacs_ = local.hmacs;
  peer_wants_ = peer.chunks;
  // The first one that we know (section 6.1). SHA-1 is always listed.
  const auto first = std::find_if(peer.hmacs.begin(), peer.hmacs.end(), [](uint16_t id) { return HashOf(id).has_value(); });
  hmac_id_ = first == peer.hmacs.end() ? uint16_t{kHmacSha1} : *first;
  verified_key_ = seen_key_ = keys_.active();
  sender_.reset();
  receiver_.reset();
}

const Auth::Prepared* Auth::Prepare(uint16_t key_id, uint16_t hmac_id, std::optional<Prepared>* place) {
  if (*place && (*place)->key_id == key_id && (*place)->hmac_id == hmac_id) return &**place;
  const std::vector<uint8_t>* pair_key = keys_.Find(key_id);
  if (pair_key == nullptr) return nullptr;
  *place = Prepared{key_id, hmac_id, DigestOf(*HashOf(hmac_id), AssociationKey(*pair_key, local_, peer_))};
  return &**place;
}

Digest Auth::Mac(const Prepared& prepared, std::initializer_list<Bytes> data) const {
  const Hash hash = *HashOf(prepared.hmac_id);
  return Hmac(hash, Bytes(prepared.key).first(DigestBytes(hash)), data);
}

// Retransmissions are signed as everything else, with the key that is active now.
size_t Auth::Sign(uint8_t* packet, size_t length) {
  size_t at = kCommonHeaderBytes;
  while (at < length && !peer_wants_[packet[at]]) at += Padded(Load16(packet + at + 2));
  const Prepared* const prepared = at >= length ? nullptr : Prepare(keys_.active(), hmac_id_, &sender_);
  if (prepared == nullptr) return length;
  const size_t digest_bytes = DigestBytes(*HashOf(hmac_id_)), auth_bytes = kAuthHeaderBytes + digest_bytes;
  uint8_t* const auth = packet + at;
  std::memmove(auth + auth_bytes, auth, length - at);
  auth[0] = kChunkAuth;
  auth[1] = 0;
  Store16(auth + 2, static_cast<uint32_t>(auth_bytes));
  Store16(auth + 4, prepared->key_id);
  Store16(auth + 6, hmac_id_);
  std::memset(auth + kAuthHeaderBytes, 0, digest_bytes);
  const Digest digest = Mac(*prepared, {Bytes(auth, length + auth_bytes - at)});
  std::memcpy(auth + kAuthHeaderBytes, digest.data(), digest_bytes);
  return length + auth_bytes;
}

// The HMAC is made over the AUTH chunk with zeros in its place, and all behind it (section 6.2).
Auth::Verdict Auth::Verify(Bytes signed_part, size_t auth_bytes) {
  if (auth_bytes < kAuthHeaderBytes) return Verdict::kWrong;
  const uint16_t key_id = Load16(&signed_part[4]), hmac_id = Load16(&signed_part[6]);
  if (std::find(local_hmacs_.begin(), local_hmacs_.end(), hmac_id) == local_hmacs_.end()) return Verdict::kUnknownHmac;
  const size_t digest_bytes = DigestBytes(*HashOf(hmac_id));
  if (auth_bytes != kAuthHeaderBytes + digest_bytes) return Verdict::kWrong;
  const Prepared* const prepared = Prepare(key_id, hmac_id, &receiver_);
  if (prepared == nullptr) return Verdict::kWrong;
  const Digest zeros{};
  const Digest digest = Mac(*prepared, {signed_part.first(kAuthHeaderBytes), Bytes(zeros).first(digest_bytes), signed_part.subspan(auth_bytes)});
  if (!EqualInConstantTime(Bytes(digest).first(digest_bytes), signed_part.subspan(kAuthHeaderBytes, digest_bytes))) return Verdict::kWrong;
  verified_key_ = key_id;
  return Verdict::kGood;
}

}  // namespace mailport::sctp
