// Two ends that offer authenticated chunks (RFC 4895), and packets of the client that the test signs by itself, from what INIT and INIT ACK said.
#pragma once

#include "hmac.h"
#include "pair.h"

namespace mailport::sctp::test {

using Values = std::vector<uint32_t>;

// The RANDOM, CHUNKS and HMAC-ALGO parameters of an INIT or INIT ACK, in this order and without padding.
inline std::vector<uint8_t> KeyVectorOf(Bytes packet) {
  std::vector<uint8_t> vector;
  for (const uint16_t wanted : {0x8002, 0x8003, 0x8004}) {
    for (const ChunkView& chunk : ChunksOf(packet)) {
      for (size_t at = 16; at + 4 <= chunk.body.size();) {
        const size_t bytes = Load16(&chunk.body[at + 2]);
        if (Load16(&chunk.body[at]) == wanted) vector.insert(vector.end(), &chunk.body[at], &chunk.body[at] + bytes);
        at += Padded(std::max<size_t>(bytes, 4));
      }
    }
  }
  return vector;
}

struct Authentication : Pair {
  explicit Authentication(Values client_wants = {}, Values server_wants = {}, uint64_t seed = 1) : Pair(seed) {
    Prepare(client, client_socket, client_wants);
    Prepare(server, server_socket, server_wants);
    net.watch = [this](const IpAddress& from, const IpAddress&, Bytes packet) {
      if (!HasChunk(packet, kChunkInit) && !HasChunk(packet, kChunkInitAck)) return;
      (from == client.address ? client_vector : server_vector) = KeyVectorOf(packet);
    };
  }
  static void Prepare(SimHost& host, SocketId socket, const Values& wants) {
    EXPECT_EQ(host.Set(socket, Option::kAuthSupported, 0, {1}), 0);
    for (const uint32_t type : wants) EXPECT_EQ(host.Set(socket, Option::kAuthChunk, 0, {type}), 0);
  }
  // The key of four bytes that both ends know from now on.
  static int SetKey(SimHost& host, SocketId socket, AssocId assoc, uint32_t id, uint32_t word) { return host.Set(socket, Option::kAuthKey, assoc, {id, 4, word}); }
  void SetKeys(uint32_t id, uint32_t word) {
    EXPECT_EQ(SetKey(client, client_socket, 0, id, word), 0);
    EXPECT_EQ(SetKey(server, server_socket, 0, id, word), 0);
    EXPECT_EQ(client.Set(client_socket, Option::kAuthActiveKey, 0, {id}), 0);
    EXPECT_EQ(server.Set(server_socket, Option::kAuthActiveKey, 0, {id}), 0);
  }
  // Section 6.1, written down once more.
  std::vector<uint8_t> AssociationKey(const std::vector<uint8_t>& pair_key) const {
    const auto number = [](std::vector<uint8_t> vector) {
      vector.insert(vector.begin(), 400 - vector.size(), 0);
      return vector;
    };
    const bool client_first = number(client_vector) < number(server_vector);
    std::vector<uint8_t> key = pair_key;
    for (const auto* vector : {client_first ? &client_vector : &server_vector, client_first ? &server_vector : &client_vector})
      key.insert(key.end(), vector->begin(), vector->end());
    return key;
  }
  std::vector<uint8_t> Hmac(uint16_t hmac_id, const std::vector<uint8_t>& pair_key, Bytes data) const {
    const Digest digest = sctp::Hmac(hmac_id == 1 ? Hash::kSha1 : Hash::kSha256, AssociationKey(pair_key), {data});
    return {digest.begin(), digest.begin() + (hmac_id == 1 ? 20 : 32)};
  }
  // The packet with an AUTH chunk before the chunk with that number.
  std::vector<uint8_t> Signed(std::vector<uint8_t> packet, size_t before = 0, uint16_t key_id = 0, const std::vector<uint8_t>& pair_key = {},
                              uint16_t hmac_id = 3) const {
    const auto chunks = ChunksOf(packet);
    const size_t at = static_cast<size_t>(chunks.at(before).whole.data() - packet.data());
    const size_t digest_bytes = hmac_id == 1 ? 20 : 32;
    std::vector<uint8_t> auth(8 + digest_bytes);
    auth[0] = kChunkAuth;
    Store16(&auth[2], static_cast<uint32_t>(auth.size()));
    Store16(&auth[4], key_id);
    Store16(&auth[6], hmac_id);
    packet.insert(packet.begin() + static_cast<ptrdiff_t>(at), auth.begin(), auth.end());
    const auto digest = Hmac(hmac_id, pair_key, Bytes(packet).subspan(at));
    std::copy(digest.begin(), digest.end(), packet.begin() + static_cast<ptrdiff_t>(at + 8));
    FixChecksum(&packet);
    return packet;
  }
  PacketBuilder ToServerPacket() const { return PacketBuilder(kClientPort, kServerPort, tag_to_server); }
  // The server gets a packet of the client's at once.
  void ToServer(const std::vector<uint8_t>& packet) {
    server.Inject(FromClient(), packet);
    net.Settle();
  }
  std::string ServerStory() { return Story(server.Take(server_socket)); }
  std::string ClientStory() { return Story(client.Take(client_socket)); }
  uint64_t Dropped() const { return server.engine->stats().unauthenticated; }

  std::vector<uint8_t> client_vector, server_vector;
};

}  // namespace mailport::sctp::test
