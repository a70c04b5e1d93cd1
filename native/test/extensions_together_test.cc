// All extensions in one association: authenticated chunks (RFC 4895), I-DATA (RFC 8260), messages that need not arrive (RFC 3758), re-configuration (RFC 6525), changes
// of addresses (RFC 5061) and packets without a checksum (RFC 9653). Each is tested alone elsewhere; here they meet.
#include "everything.h"

#include <cerrno>

namespace mailport::sctp::test {
namespace {

// Unordered messages that are given up are known by their numbers, which begin anew (RFC 8260 section 2.3.1, RFC 6525 section 5.2.7). The receiver used to take new ones for
// them: it acknowledged and dropped them.
TEST("an unordered message after a restart of all numbers arrives, whatever was given up before") {
  for (const bool client_restarts : {true, false}) {
    check::Note(client_restarts ? "the receiver restarts" : "the sender restarts");
    Reconfiguring pair({.interleaves = true});
    pair.Establish();
    bool cut = true;
    pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>&) { return !cut || &from != &pair.server; };
    SendParams params;
    params.assoc_id = pair.server_assoc, params.flags = kFlagUnordered | kFlagPrTtl, params.time_to_live_ms = 50;
    EXPECT_EQ(pair.server.engine->Send(pair.server_socket, params, AsBytesOf("lost")), 0);
    pair.net.RunFor(500 * kMillisecond);
    cut = false;
    pair.net.RunFor(10 * kSecond);
    pair.ClientStory();
    EXPECT_EQ(client_restarts ? pair.RestartNumbers() : pair.server.engine->ResetAssociation(pair.server_socket, pair.server_assoc), 0);
    pair.net.RunFor(10 * kSecond);
    EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, AsBytesOf("after"), kFlagUnordered), 0);
    pair.net.RunFor(10 * kSecond);
    EXPECT_TRUE(pair.ClientStory().ends_with("data:after"));
  }
}

// As with ERROR chunks: unread_events_are_bounded_test.cc.
TEST("addresses that a peer adds and takes away again and again, and keys that it uses by turns, are told of in a bounded number while nobody reads") {
  Readdressing two(1, 1);
  two.Establish();
  two.server.engine->SetCredit(two.server_socket, 0);
  for (uint32_t i = 0; i < 1500; ++i) {
    two.Answer(two.Ask(2 * i, {two.Request(kAdd, 0, Ipv4(10, 0, 9, 1))}), two.ClientAt(0));
    two.Answer(two.Ask(2 * i + 1, {two.Request(kDelete, 0, Ipv4(10, 0, 9, 1))}), two.ClientAt(0));
  }
  EXPECT_TRUE(two.server.engine->stats().queued_in_items > 100 && two.server.engine->stats().queued_in_items <= 1000);
  Authentication pair({}, {kChunkHeartbeat});
  pair.server.Set(pair.server_socket, Option::kEvents, 0, {kDefaultEvents | kEventAuthentication});
  EXPECT_EQ(Authentication::SetKey(pair.server, pair.server_socket, 0, 1, 0x01020304), 0);
  pair.Establish();
  pair.server.engine->SetCredit(pair.server_socket, 0);
  const auto heartbeat = pair.ToServerPacket().Words(kChunkHeartbeat, 0, {0x00010008, 7}).Done();
  for (int i = 0; i < 1500; ++i) {
    pair.server.Inject(pair.FromClient(), pair.Signed(heartbeat, 0, 1, {1, 2, 3, 4}));
    pair.server.Inject(pair.FromClient(), pair.Signed(heartbeat));
  }
  EXPECT_TRUE(pair.server.engine->stats().queued_in_items > 100 && pair.server.engine->stats().queued_in_items <= 1000);
}

// With authenticated chunks a packet has less room, for RE-CONFIG as well (RFC 4895 section 6.2, RFC 9260 section 6.9).
TEST("as many streams are reset at once as fit into the path's packets with an AUTH chunk, and not one more") {
  for (const bool authenticated : {false, true}) {
    for (const uint32_t directions : {kOut, kIn, kIn | kOut}) {
      check::Note(std::string(authenticated ? "authenticated" : "not authenticated") + ", directions " + std::to_string(directions));
      Reconfiguring pair({.outbound = 1000, .most_inbound = 1000});
      for (auto& [host, socket] : {std::pair<SimHost&, SocketId>{pair.client, pair.client_socket}, {pair.server, pair.server_socket}}) {
        if (!authenticated) continue;
        EXPECT_EQ(host.Set(socket, Option::kAuthSupported, 0, {1}), 0);
        EXPECT_EQ(host.Set(socket, Option::kAuthChunk, 0, {kChunkReconfig}), 0);
      }
      pair.net.link.mtu = 600;
      pair.Establish();
      // A link that is handed a larger packet fails the test.
      size_t count = 0, largest = 0;
      std::vector<uint32_t> all(1000);
      for (uint32_t i = 0; i < all.size(); ++i) all[i] = i;
      pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
        if (&from == &pair.client && HasChunk(packet, kChunkReconfig)) largest = std::max(largest, packet.size());
        return true;
      };
      for (count = 1; count < 400; ++count) {
        pair.client.engine->SetNow(pair.net.now());
        if (pair.client.engine->ResetStreams(pair.client_socket, pair.client_assoc, directions, std::span(all).first(count)) != 0) break;
        pair.net.RunFor(kSecond);
      }
      EXPECT_TRUE(count > 100 && count < 300);
      EXPECT_TRUE(largest <= 600 && largest > 600 - 8);
    }
  }
}

// RFC 4895 section 6.3: a chunk that was listed counts behind an AUTH chunk alone.
TEST("a RE-CONFIG that has to be authenticated does nothing without an AUTH chunk, and what it asks for with one") {
  Authentication pair({}, {kChunkReconfig});
  Reconfiguring::Configure(pair.client, pair.client_socket, {}, true, kAllResets);
  Reconfiguring::Configure(pair.server, pair.server_socket, {}, true, kAllResets);
  pair.Establish();
  std::vector<uint8_t> value;
  ReconfigParam param;
  param.type = kParamAddOutgoing;
  param.sequence = pair.client_tsn;
  param.streams_added = 1;
  WriteReconfigParam(param, &value);
  const auto packet = pair.ToServerPacket().Chunk(kChunkReconfig, 0, value).Done();
  EXPECT_EQ(AnswersOf(pair, pair.server, pair.FromClient(), packet).size(), 0u);
  EXPECT_EQ(AnswersOf(pair, pair.server, pair.FromClient(), pair.Signed(packet, 0, 0, {1, 2, 3, 4})).size(), 0u);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "");
  EXPECT_EQ(AnswersOf(pair, pair.server, pair.FromClient(), pair.Signed(packet)).size(), 1u);
  EXPECT_EQ(pair.server.Take(pair.server_socket).size(), 1u);
}

// The answer to a forged INIT goes to whoever is named as its source.
TEST("whatever extensions an INIT names, its answer is at most three times as long, with everything on") {
  for (uint32_t which = 0; which < 256; ++which) {
    check::Note("parameters " + std::to_string(which));
    Everything all(1, 2);
    SimHost& server = all.server;
    EXPECT_EQ(server.Set(all.server_socket, Option::kAdaptation, 0, {7}), 0);
    for (uint32_t type = 0x20; type < 0x40; ++type) (void)server.Set(all.server_socket, Option::kAuthChunk, 0, {type});
    std::vector<uint8_t> body(16);
    Store32(&body[0], 9);
    Store32(&body[4], 65536);
    Store32(&body[8], 0x000a000a);
    const auto add = [&](std::initializer_list<uint8_t> bytes) {
      body.insert(body.end(), bytes);
      body.resize(Padded(body.size()));
    };
    if ((which & 1) != 0) {
      add({0x80, 2, 0, 36});
      body.resize(body.size() + 32, 5);
    }
    if ((which & 2) != 0) add({0x80, 4, 0, 6, 0, 1});
    if ((which & 4) != 0) add({0x80, 3, 0, 6, kChunkAsconf, kChunkAsconfAck});
    if ((which & 8) != 0) add({0x80, 8, 0, 10, kChunkReconfig, kChunkIData, kChunkIForwardTsn, kChunkAsconf, kChunkAsconfAck, kChunkAuth});
    if ((which & 16) != 0) add({0xc0, 0, 0, 4});
    if ((which & 32) != 0) add({0x80, 1, 0, 8, 0, 0, 0, 1});
    if ((which & 64) != 0) add({0xc1, 0x23, 0, 4});
    if ((which & 128) != 0) add({0xc1, 0x23, 0, 8, 1, 2, 3, 4});
    const auto packet = PacketBuilder(6000, kServerPort, 0).Chunk(kChunkInit, 0, body).Done();
    size_t bytes = 0;
    all.net.watch = [&](const IpAddress&, const IpAddress&, Bytes sent) { bytes += sent.size() + 28; };
    all.net.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
    server.Inject({.carrier = 1, .local = all.ServerAt(0), .remote = all.ClientAt(0), .remote_udp_port = kClientPort}, packet);
    all.net.Settle();
    EXPECT_TRUE(bytes != 0 && bytes <= 3 * (packet.size() + 28));
  }
}

TEST("all extensions at once over bad links: each message arrives once and in order, or is reported; both ends agree in the end, and nothing is left") {
  for (const uint64_t seed : check::Seeds(150)) {
    check::Note("seed " + std::to_string(seed));
    Everything run(seed);
    run.Go(40 + run.random.Below(100));
    run.Heal();
    run.Check();
    run.Finish();
    if (check::Failed()) return;
  }
}

TEST("an association with all extensions on shuts down, aborts, or loses its peer in the midst of whatever is asked for, and nothing is left") {
  for (const uint64_t seed : check::Seeds(150)) {
    for (const auto how : {Everything::Ending::kShutdown, Everything::Ending::kBothShutdown, Everything::Ending::kAbort, Everything::Ending::kVanish, Everything::Ending::kClose}) {
      check::Note("seed " + std::to_string(seed) + ", ending " + std::to_string(static_cast<int>(how)));
      Everything run(seed);
      run.Go(run.random.Below(60));
      run.EndBy(how);
      if (check::Failed()) return;
    }
  }
}

TEST("a peer that comes back in the midst of whatever is asked for begins anew, with all extensions, and nothing is left") {
  for (const uint64_t seed : check::Seeds(150)) {
    check::Note("seed " + std::to_string(seed));
    Everything run(seed);
    run.Go(run.random.Below(60));
    run.ComeBack();
    run.Go(30);
    run.Heal();
    run.Check();
    run.Finish();
    if (check::Failed()) return;
  }
}

}  // namespace
}  // namespace mailport::sctp::test
