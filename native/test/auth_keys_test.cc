// Keys of authenticated chunks (RFC 4895 section 6, RFC 6458 sections 6.1.8, 8.3): setting, using, and taking them away; options and their errors; limits.
#include <algorithm>
#include <cerrno>

#include "authentication.h"
#include "cookie.h"
#include "hex.h"
#include "packet/auth_parameters.h"

namespace mailport::sctp::test {
namespace {

// RFC 4895 section 6.1: "the numerically smaller key vector", and of equal numbers the shorter one.
TEST("the association key is the pair's key, the smaller vector and the larger one, whichever end makes it") {
  const auto key = [](const char* pair, const char* one, const char* other) {
    const auto made = AssociationKey(FromHex(pair), FromHex(one), FromHex(other));
    EXPECT_TRUE(made == AssociationKey(FromHex(pair), FromHex(other), FromHex(one)));
    return ToHex(made);
  };
  EXPECT_EQ(key("aa", "8002", "8003"), "aa80028003");
  EXPECT_EQ(key("", "8003", "800201"), "8003800201");  // A longer number is larger.
  EXPECT_EQ(key("aabb", "000901", "0902"), "aabb0009010902");
  EXPECT_EQ(key("", "0005", "05"), "050005");
  EXPECT_EQ(key("01", "07", "07"), "010707");
  EXPECT_EQ(key("01", "", "00"), "0100");
}

TEST("copies of keys have them in memory once, until one changes, and a change is no other copy's") {
  AuthKeys keys;
  const std::vector<uint8_t> bytes(AuthKeys::kMaxKeyBytes, 7);
  for (uint16_t id = 1; id < AuthKeys::kMaxKeys; ++id) EXPECT_EQ(keys.Set(id, bytes), 0);
  AuthKeys copy = keys;
  EXPECT_TRUE(copy.Find(1) == keys.Find(1));
  // What is refused, or changes no key, copies nothing either.
  bool was_in_use = false;
  EXPECT_EQ(copy.Activate(2), 0);
  EXPECT_EQ(copy.Delete(999), EINVAL);
  EXPECT_EQ(copy.Set(999, bytes), ENOMEM);
  EXPECT_EQ(copy.Deactivate(2, &was_in_use), EINVAL);
  EXPECT_TRUE(copy.Find(1) == keys.Find(1));
  EXPECT_EQ(copy.Delete(3), 0);
  EXPECT_TRUE(copy.Find(3) == nullptr && copy.Find(1) != keys.Find(1));
  EXPECT_EQ(keys.Find(3)->size(), AuthKeys::kMaxKeyBytes);
  EXPECT_EQ(keys.active(), 0u);
  AuthKeys other = keys;
  EXPECT_EQ(other.Deactivate(5, &was_in_use), 0);
  EXPECT_TRUE(was_in_use);
  EXPECT_EQ(keys.Activate(5), 0);
  EXPECT_EQ(other.Activate(5), EINVAL);
}

TEST("a cookie brings both key vectors back whole, and none where one end has none (RFC 4895 section 6.3)") {
  CookieKeys::Key secret{};
  const CookieKeys keys(secret, 0);
  std::array<uint8_t, CookieKeys::kMaxBytes> sealed;
  for (const size_t bytes : {size_t{0}, size_t{1}, size_t{44}, size_t{51}, kMaxKeyVectorBytes}) {
    CookieState state;
    state.terms.local_tag = 5;
    state.terms.auth.Make().local.assign(bytes, 0xa1);
    state.terms.auth.Make().peer.assign(bytes == 0 ? 44 : kMaxKeyVectorBytes - bytes / 2, 0xb2);
    for (int i = 0; i < 16; ++i) state.listed.addresses.push_back(Ipv4(10, 0, 0, static_cast<uint8_t>(i)));
    const size_t size = keys.Seal(state, sealed);
    const auto opened = keys.Open(Bytes(sealed).first(size));
    REQUIRE(opened.has_value());
    EXPECT_TRUE(bytes == 0 ? !opened->terms.Authenticates() : opened->terms.auth->local == state.terms.auth->local && opened->terms.auth->peer == state.terms.auth->peer);
    EXPECT_TRUE(opened->listed.addresses == state.listed.addresses);
    for (size_t cut = 0; cut < size; ++cut) EXPECT_FALSE(keys.Open(Bytes(sealed).first(cut)).has_value());
  }
}

// RFC 6458 section 6.1.8.
TEST("an end tells when the peer has begun to use another key, once, and when its own packets use one no longer") {
  Authentication pair({kChunkData}, {kChunkData});
  pair.SetKeys(1, 0x11111111);
  for (auto [host, socket] : {std::pair(&pair.client, pair.client_socket), std::pair(&pair.server, pair.server_socket)})
    host->Set(socket, Option::kEvents, 0, {kDefaultEvents | kEventAuthentication});
  pair.Establish();
  EXPECT_TRUE(WorksBothWays(pair));
  pair.client.Take(pair.client_socket), pair.server.Take(pair.server_socket);
  const auto key = [&](Option option, uint32_t id) { return pair.client.Set(pair.client_socket, option, pair.client_assoc, {id}); };
  EXPECT_EQ(Authentication::SetKey(pair.client, pair.client_socket, pair.client_assoc, 2, 0x22222222), 0);
  EXPECT_EQ(key(Option::kAuthActiveKey, 2), 0);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kAuthActiveKey, pair.client_assoc), Values{2});
  // The server does not know the key yet: what it drops is sent again, and arrives when it does.
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("later")), 0);
  pair.net.RunFor(kSecond / 2);
  EXPECT_EQ(pair.ServerStory(), "");
  EXPECT_EQ(Authentication::SetKey(pair.server, pair.server_socket, pair.server_assoc, 2, 0x22222222), 0);
  EXPECT_TRUE(pair.net.RunUntil([&] { return pair.server.items(pair.server_socket).size() == 2; }, 10 * kSecond));
  EXPECT_EQ(pair.ServerStory(), "new_key:2 data:later");
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("again")), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.ServerStory(), "data:again");
  EXPECT_EQ(key(Option::kAuthDeactivateKey, 2), EINVAL);  // The active one.
  EXPECT_EQ(key(Option::kAuthDeactivateKey, 1), 0);
  EXPECT_EQ(pair.ClientStory(), "free_key:1");
  EXPECT_EQ(key(Option::kAuthDeactivateKey, 1), 0);
  EXPECT_EQ(pair.ClientStory(), "");
  EXPECT_EQ(key(Option::kAuthActiveKey, 1), EINVAL);
  // The peer may go on using a key that we do not use.
  EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, AsBytesOf("old key")), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.ClientStory(), "data:old key");
  EXPECT_EQ(key(Option::kAuthDeleteKey, 1), 0);
  EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, AsBytesOf("deleted key")), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.ClientStory(), "");
}

// RFC 4895 section 6.2 does not bind a chunk to the key that it left with first.
TEST("what is sent again is signed with the key that is active then") {
  Authentication pair({}, {kChunkData});
  pair.SetKeys(1, 0x11111111);
  EXPECT_EQ(Authentication::SetKey(pair.client, pair.client_socket, 0, 2, 0x22222222), 0);
  EXPECT_EQ(Authentication::SetKey(pair.server, pair.server_socket, 0, 2, 0x22222222), 0);
  pair.Establish();
  Values used;
  pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
    for (const auto& chunk : ChunksOf(packet))
      if (chunk.type == kChunkAuth) used.push_back(chunk.Word(0) >> 16);
    return used.size() != 1;
  };
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("twice")), 0);
  pair.net.Settle();
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kAuthActiveKey, pair.client_assoc, {2}), 0);
  EXPECT_TRUE(pair.net.RunUntil([&] { return !pair.server.items(pair.server_socket).empty(); }, 10 * kSecond));
  EXPECT_EQ(pair.ServerStory(), "data:twice");
  EXPECT_EQ(used, (Values{1, 2}));
}

TEST("a socket's keys and lists are for its future associations, and a peeled-off association keeps its own") {
  Authentication pair({kChunkData}, {});
  pair.Establish();
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kAuthChunk, 0, {kChunkSack}), 0);
  EXPECT_EQ(Authentication::SetKey(pair.client, pair.client_socket, 0, 5, 1), 0);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kAuthActiveKey, 0, {5}), 0);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kLocalAuthChunks), (Values{kChunkData, kChunkSack}));
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kLocalAuthChunks, pair.client_assoc), Values{kChunkData});
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kAuthActiveKey, pair.client_assoc), Values{0});
  SocketId peeled = 0;
  EXPECT_EQ(pair.server.engine->PeelOff(pair.server_socket, pair.server_assoc, &peeled), 0);
  EXPECT_EQ(pair.server.Get(peeled, Option::kPeerAuthChunks), Values{kChunkData});
  EXPECT_EQ(Authentication::SetKey(pair.server, peeled, 0, 6, 1), 0);
  EXPECT_EQ(pair.server.Set(peeled, Option::kAuthActiveKey, 0, {6}), 0);
  EXPECT_EQ(pair.server.Get(pair.server_socket, Option::kAuthActiveKey), Values{0});
  EXPECT_EQ(Authentication::SetKey(pair.client, pair.client_socket, pair.client_assoc, 6, 1), 0);
  pair.server.engine->SetCredit(peeled, kUnlimitedCredit);
  EXPECT_EQ(pair.server.Send(peeled, pair.server_assoc, 0, AsBytesOf("x")), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.ClientStory(), "data:x");
}

// As Linux answers (net/sctp/auth.c).
TEST("options of authenticated chunks refuse what Linux refuses, and change nothing then") {
  Authentication pair;
  SimHost& host = pair.client;
  const SocketId socket = pair.client_socket;
  const auto set = [&](Option option, std::initializer_list<uint32_t> values, AssocId assoc = 0) { return host.Set(socket, option, assoc, values); };
  EXPECT_EQ(set(Option::kAuthSupported, {0}), 0);
  for (const Option option : {Option::kAuthChunk, Option::kHmacIdent, Option::kAuthActiveKey, Option::kAuthDeleteKey, Option::kAuthDeactivateKey})
    EXPECT_EQ(set(option, {1}), EACCES);
  EXPECT_EQ(set(Option::kAuthKey, {1, 1, 0}), EACCES);
  EXPECT_EQ(set(Option::kAuthSupported, {1}), 0);
  for (const uint32_t type : {1u, 2u, 14u, 15u, 256u}) EXPECT_EQ(set(Option::kAuthChunk, {type}), EINVAL);
  EXPECT_EQ(set(Option::kHmacIdent, {3}), EINVAL);  // Without SHA-1.
  EXPECT_EQ(set(Option::kHmacIdent, {1, 2}), ENOTSUP);
  EXPECT_EQ(set(Option::kHmacIdent, {1, 1}), EINVAL);
  EXPECT_EQ(set(Option::kHmacIdent, {}), EINVAL);
  EXPECT_EQ(set(Option::kHmacIdent, {1, 3}), 0);
  EXPECT_EQ(host.Get(socket, Option::kHmacIdent), (Values{1, 3}));
  EXPECT_EQ(set(Option::kAuthKey, {1, 0}), EINVAL);
  EXPECT_EQ(set(Option::kAuthKey, {1, 5, 0}), EINVAL);
  EXPECT_EQ(set(Option::kAuthKey, {65536, 4, 0}), EINVAL);
  EXPECT_EQ(set(Option::kAuthActiveKey, {9}), EINVAL);
  EXPECT_EQ(set(Option::kAuthDeleteKey, {9}), EINVAL);
  EXPECT_EQ(set(Option::kAuthDeleteKey, {0}), EINVAL);  // The active one.
  EXPECT_EQ(set(Option::kPeerAuthChunks, {9}), EINVAL);
  EXPECT_TRUE(host.Get(socket, Option::kPeerAuthChunks).empty());
  EXPECT_TRUE(host.Get(socket, Option::kAuthKey).empty());
  EXPECT_TRUE(host.Get(socket, Option::kLocalAuthChunks).empty());
  // An association whose peer authenticates nothing.
  pair.server.Set(pair.server_socket, Option::kAuthSupported, 0, {0});
  pair.Establish();
  EXPECT_EQ(set(Option::kAuthKey, {1, 1, 0}, pair.client_assoc), EACCES);
  EXPECT_EQ(set(Option::kAuthActiveKey, {0}, pair.client_assoc), EACCES);
}

TEST("a socket takes 256 keys of 1,024 bytes and 20 chunk types, and no more") {
  Authentication pair;
  std::vector<uint32_t> key(2 + 257, 7);
  for (uint32_t id = 0; id < 256; ++id) {
    key[0] = id;
    key[1] = 1024;
    EXPECT_EQ(pair.client.engine->SetOption(pair.client_socket, Option::kAuthKey, 0, std::span(key).first(258)), 0);
  }
  key[0] = 256;
  EXPECT_EQ(pair.client.engine->SetOption(pair.client_socket, Option::kAuthKey, 0, key), ENOMEM);
  key[0] = 255;
  key[1] = 1025;
  EXPECT_EQ(pair.client.engine->SetOption(pair.client_socket, Option::kAuthKey, 0, key), EMSGSIZE);
  for (uint32_t type = 100; type < 120; ++type) EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kAuthChunk, 0, {type}), 0);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kAuthChunk, 0, {100}), 0);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kAuthChunk, 0, {132}), EINVAL);
  pair.Establish();
  EXPECT_TRUE(WorksBothWays(pair));
}

// What strangers can make us send, hold and compute.
TEST("the answer to an INIT with any lists is at most three times as long, and lists that are too long to keep are not agreed on") {
  for (const size_t types : {0, 1, 20, 100, 255}) {
    for (const size_t hmacs : {1, 2, 20, 120}) {
      Authentication pair;
      for (uint32_t type = 100; type < 120; ++type) pair.server.Set(pair.server_socket, Option::kAuthChunk, 0, {type});
      std::vector<uint8_t> body(16), list;
      Store32(&body[0], 77);
      Store32(&body[4], 65536);
      Store32(&body[8], 10u << 16 | 10);
      const auto add = [&](uint16_t type, const std::vector<uint8_t>& value) {
        uint8_t header[4];
        Store16(header, type);
        Store16(header + 2, static_cast<uint32_t>(value.size() + 4));
        body.insert(body.end(), std::begin(header), std::end(header));
        body.insert(body.end(), value.begin(), value.end());
        body.resize(Padded(body.size()));
      };
      add(0x8002, std::vector<uint8_t>(32, 1));
      for (size_t type = 0; type < types; ++type) list.push_back(static_cast<uint8_t>(type));
      if (types != 0) add(0x8003, list);
      list.assign(2 * hmacs, 0);
      list[1] = 1;
      add(0x8004, list);
      const auto init = PacketBuilder(kClientPort, kServerPort, 0).Chunk(kChunkInit, 0, body).Done();
      const auto answers = AnswersTo(pair, init);
      REQUIRE(answers.size() == 1 && HasChunk(answers[0], kChunkInitAck));
      EXPECT_TRUE(answers[0].size() + 28 <= 3 * (init.size() + 28));
      const bool fits = 36 + (types == 0 ? 0 : 4 + types) + 4 + 2 * hmacs <= kMaxKeyVectorBytes;
      EXPECT_EQ(!KeyVectorOf(answers[0]).empty(), fits);
      EXPECT_EQ(pair.server.engine->stats().associations, 0u);
    }
  }
}

// RFC 4895 section 6.3.
TEST("a packet out of the blue is answered as if its AUTH chunk were not there") {
  Authentication pair;
  const std::vector<uint8_t> auth(24);
  const auto answer = [&](uint8_t type, uint32_t tag) {
    const auto answers = AnswersTo(pair, PacketBuilder(kClientPort, kServerPort, tag).Chunk(kChunkAuth, 0, auth).Chunk(type, 0, {}).Done());
    return answers.empty() ? -1 : static_cast<int>(ChunksOf(answers[0]).at(0).type);
  };
  EXPECT_EQ(answer(kChunkData, 5), int{kChunkAbort});
  EXPECT_EQ(answer(kChunkShutdownAck, 5), int{kChunkShutdownComplete});
  EXPECT_EQ(answer(kChunkAbort, 5), -1);
  EXPECT_EQ(answer(kChunkCookieAck, 5), -1);
  EXPECT_EQ(answer(kChunkCookieEcho, 5), -1);
}

TEST("random AUTH chunks, and random changes to signed packets, change nothing at the peer and break nothing") {
  for (const uint64_t seed : check::Seeds(4)) {
    Authentication pair({}, {0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 64, 192, 194}, seed);
    pair.SetKeys(1, 0x61626364);
    pair.Establish();
    Random random(seed);
    const auto whole = pair.Signed(pair.ToServerPacket().Data(pair.client_tsn, 0, 0, AsBytesOf("hello")).Done(), 0, 1, {'a', 'b', 'c', 'd'});
    for (int round = 0; round < 2000; ++round) {
      auto packet = whole;
      if (round % 3 == 0) packet.resize(12 + 4 * (1 + random.Below((packet.size() - 12) / 4)));
      const size_t at = 12 + random.Below(packet.size() - 12);
      const uint8_t before = packet[at];
      packet[at] = static_cast<uint8_t>(random.Next());
      if (packet.size() == whole.size() && packet[at] == before) continue;
      FixChecksum(&packet);
      pair.ToServer(packet);
    }
    EXPECT_EQ(pair.ServerStory(), "");
    pair.ToServer(whole);
    EXPECT_EQ(pair.ServerStory(), "data:hello");
  }
}

}  // namespace
}  // namespace mailport::sctp::test
