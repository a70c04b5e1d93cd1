// Authenticated chunks of one association (RFC 4895): signs the packets that it sends, and checks those that it gets.
//
//   | type = 15 | flags = 0 | length         |
//   | shared key identifier | HMAC identifier|
//   | HMAC ...                               |
#pragma once

#include <optional>
#include <utility>

#include "auth_settings.h"
#include "packet/packet.h"

namespace mailport::sctp {

constexpr size_t kAuthHeaderBytes = 8;

class Auth final : public PacketSigner {
 public:
  explicit Auth(AuthKeys keys) : keys_(std::move(keys)) {}

  // A life of the association begins, or another random number is in force.
  void Begin(Bytes local_vector, Bytes peer_vector);

  // PacketSigner: puts an AUTH chunk before the first chunk that the peer wants authenticated. All behind it are authenticated with it.
  size_t most_bytes() const override { return peer_wants_.none() ? 0 : kAuthHeaderBytes + DigestBytes(*HashOf(hmac_id_)); }
  size_t Sign(uint8_t* packet, size_t length) override;

  // Whether a chunk of the peer counts only behind an AUTH chunk.
  bool Requires(uint8_t type) const { return local_wants_[type]; }
  enum class Verdict { kGood, kUnknownHmac, kWrong };
  // `signed_part`: the packet from the AUTH chunk on. `auth_bytes`: the length of that chunk.
  Verdict Verify(Bytes signed_part, size_t auth_bytes);
  // The key of the AUTH chunk that was checked last.
  uint16_t key_of_peer() const { return verified_key_; }
  // The peer uses that key. True: it used another one before; the first one is the one that is active here.
  bool NoteKeyOfPeer(uint16_t id) { return std::exchange(seen_key_, id) != id; }

  const AuthKeys& keys() const { return keys_; }
  const ChunkTypes& local_wants() const { return local_wants_; }
  const ChunkTypes& peer_wants() const { return peer_wants_; }
  // `change` gives an errno.
  template <typename Change>
  int ChangeKeys(Change change) {
    sender_.reset();
    receiver_.reset();
    return change(keys_);
  }

 private:
  // An association shared key, hashed down to what HMAC makes of it: it is always longer than a block.
  struct Prepared {
    uint16_t key_id, hmac_id;
    Digest key;
  };
  Digest Mac(const Prepared& prepared, std::initializer_list<Bytes> data) const;
  // Null: there is no such key.
  const Prepared* Prepare(uint16_t key_id, uint16_t hmac_id, std::optional<Prepared>* place);

  AuthKeys keys_;
  KeyVector local_, peer_;
  ChunkTypes local_wants_, peer_wants_;
  std::vector<uint16_t> local_hmacs_;
  uint16_t hmac_id_ = kHmacSha1;  // Of our packets.
  uint16_t verified_key_ = 0, seen_key_ = 0;
  std::optional<Prepared> sender_, receiver_;
};

}  // namespace mailport::sctp
