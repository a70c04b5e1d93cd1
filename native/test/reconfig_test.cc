// RFC 6525 between two engines: what is agreed on, what is asked for and done, what both applications hear, and messages before, behind and beside a reset.
#include <cerrno>
#include <map>

#include "reconfig.h"

namespace mailport::sctp::test {
namespace {

constexpr TimeUs kSoon = 5 * kSecond;

// Whether the list of extensions of an INIT or INIT ACK has RE-CONFIG.
bool OffersReconfig(const ChunkView& chunk) {
  for (Bytes rest = chunk.body.subspan(16); rest.size() >= 4;) {
    const size_t length = Load16(&rest[2]);
    if (Load16(&rest[0]) == kParamSupportedExtensions) {
      const Bytes types = rest.subspan(4, length - 4);
      return std::find(types.begin(), types.end(), kChunkReconfig) != types.end();
    }
    rest = rest.subspan(std::min(Padded(length), rest.size()));
  }
  return false;
}

TEST("§5.1: no end offers it unless the user asks; both have it only if both do, and every call without it is ENOPROTOOPT") {
  for (const auto& [client, server] : {std::pair{true, true}, {true, false}, {false, true}, {false, false}}) {
    Reconfiguring pair({.client_offers = client, .server_offers = server});
    std::map<uint8_t, bool> offers;
    pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
      for (const ChunkView& chunk : ChunksOf(packet))
        if (chunk.type == kChunkInit || chunk.type == kChunkInitAck) offers[chunk.type] = OffersReconfig(chunk);
      return true;
    };
    pair.Establish();
    EXPECT_EQ(offers[kChunkInit], client);
    EXPECT_EQ(offers[kChunkInitAck], client && server);
    const std::vector<uint32_t> agreed{client && server};
    EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kReconfigSupported, pair.client_assoc), agreed);
    EXPECT_EQ(pair.server.Get(pair.server_socket, Option::kReconfigSupported, pair.server_assoc), agreed);
    const int refused = client && server ? 0 : ENOPROTOOPT;
    EXPECT_EQ(pair.Reset(kOut, {1}), refused);
    pair.net.RunFor(kSoon);
    EXPECT_EQ(pair.RestartNumbers(), refused);
    pair.net.RunFor(kSoon);
    EXPECT_EQ(pair.Add(1, 0), refused);
    pair.net.RunFor(kSoon);
    EXPECT_EQ(pair.ClientStory(), refused != 0 ? "" : "reset(out):1 renumbered added:out0,in1");
    EXPECT_TRUE(WorksBothWays(pair));
  }
}

TEST("§6.3.1: the option allows each kind by itself, to both ends; what is not allowed is ENOPROTOOPT here and denied there") {
  for (uint32_t allowed = 0; allowed <= kAllResets; ++allowed) {
    check::Note("allowed " + std::to_string(allowed));
    Reconfiguring here({.client_allows = allowed});
    here.Establish();
    EXPECT_EQ(here.client.Get(here.client_socket, Option::kEnableStreamReset, here.client_assoc), (std::vector<uint32_t>{allowed}));
    EXPECT_EQ(here.Reset(kOut), (allowed & 1) != 0 ? 0 : ENOPROTOOPT);
    here.net.RunFor(kSoon);
    EXPECT_EQ(here.RestartNumbers(), (allowed & 2) != 0 ? 0 : ENOPROTOOPT);
    here.net.RunFor(kSoon);
    EXPECT_EQ(here.Add(0, 1), (allowed & 4) != 0 ? 0 : ENOPROTOOPT);
    Reconfiguring there({.server_allows = allowed});
    there.Establish();
    auto story = [&](int error) {
      EXPECT_EQ(error, 0);
      there.net.RunFor(kSoon);
      return there.ClientStory();
    };
    EXPECT_EQ(story(there.Reset(kOut)), (allowed & 1) != 0 ? "reset(out)" : "reset(out denied)");
    EXPECT_EQ(story(there.Reset(kIn)), (allowed & 1) != 0 ? "reset(in)" : "reset(in denied)");
    EXPECT_EQ(story(there.RestartNumbers()), (allowed & 2) != 0 ? "renumbered" : "renumbered(denied)");
    EXPECT_EQ(story(there.Add(0, 1)), (allowed & 4) != 0 ? "added:out1,in0" : "added(denied):out1,in0");
    EXPECT_EQ(story(there.Add(1, 0)), (allowed & 4) != 0 ? "added:out0,in1" : "added(denied):out0,in1");
    EXPECT_TRUE(WorksBothWays(there));
  }
  Reconfiguring pair;
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kEnableStreamReset, 0, {8}), EINVAL);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kEnableStreamReset, 0, {}), EINVAL);
}

TEST("§5.1.2, §5.2.2: outgoing streams begin anew at 0, those listed or all, and both ends hear of it") {
  for (const bool interleaves : {false, true}) {
    Reconfiguring pair({.interleaves = interleaves});
    pair.Establish();
    for (const uint32_t stream : {1u, 2u})
      for (const char* const text : {"a", "b"}) EXPECT_EQ(pair.SendToServer(text, stream), 0);
    pair.net.RunFor(kSoon);
    EXPECT_EQ(pair.ServerNumbered(), "data:a#0 data:b#1 data:a#0 data:b#1");
    EXPECT_EQ(pair.Reset(kOut, {1}), 0);
    EXPECT_EQ(pair.SendToServer("c", 1), 0);
    EXPECT_EQ(pair.SendToServer("c", 2), 0);
    pair.net.RunFor(kSoon);
    EXPECT_EQ(pair.ClientStory(), "reset(out):1");
    EXPECT_EQ(pair.ServerNumbered(), "reset(in):1 data:c#2 data:c#0");
    EXPECT_EQ(pair.Reset(kOut), 0);
    pair.net.RunFor(kSoon);
    EXPECT_EQ(pair.SendToServer("d", 1), 0);
    EXPECT_EQ(pair.SendToServer("d", 2), 0);
    EXPECT_EQ(pair.SendToServer("u", 1, kFlagUnordered), 0);
    pair.net.RunFor(kSoon);
    EXPECT_EQ(pair.ClientStory(), "reset(out)");
    EXPECT_EQ(pair.ServerNumbered(), "reset(in) data:d#0 data:d#0 data:u#0");
  }
}

TEST("§5.1.3, §5.2.3: the peer is asked to begin its streams anew, and answers by a request of its own") {
  Reconfiguring pair;
  pair.Establish();
  for (const char* const text : {"a", "b"}) EXPECT_EQ(pair.SendToClient(text, 3), 0);
  pair.net.RunFor(kSoon);
  EXPECT_EQ(pair.ClientNumbered(), "data:a#0 data:b#1");
  Wire wire(pair);
  EXPECT_EQ(pair.Reset(kIn, {3}), 0);
  pair.net.RunFor(kSoon);
  EXPECT_EQ(wire.Count(kChunkReconfig), 3);
  EXPECT_EQ(pair.SendToClient("c", 3), 0);
  pair.net.RunFor(kSoon);
  EXPECT_EQ(pair.ClientNumbered(), "reset(in):3 data:c#0");
  EXPECT_EQ(pair.ServerStory(), "reset(out):3");
  for (const auto& [from, packet] : wire.packets) EXPECT_EQ(FaultOf(packet), "");
}

TEST("§3.1: both directions in one chunk, with numbers that follow each other") {
  Reconfiguring pair;
  pair.Establish();
  Wire wire(pair);
  EXPECT_EQ(pair.SendToServer("a", 2), 0);
  EXPECT_EQ(pair.SendToClient("x", 2), 0);
  pair.net.RunFor(kSoon);
  EXPECT_EQ(pair.ServerStory() + pair.ClientStory(), "data:adata:x");
  EXPECT_EQ(pair.Reset(kIn | kOut, {2}), 0);
  EXPECT_EQ(pair.Reset(kIn | kOut, {2}), EINPROGRESS);
  EXPECT_EQ(pair.RestartNumbers(), EINPROGRESS);
  EXPECT_EQ(pair.Add(1, 1), EINPROGRESS);
  pair.net.RunFor(kSoon);
  const auto asked = Reconfiguring::ParamsIn({wire.First(kChunkReconfig)});
  REQUIRE(asked.size() == 2);
  EXPECT_TRUE(asked[0].type == kParamResetOutgoing && asked[0].sequence == pair.client_tsn && asked[0].last_tsn == pair.client_tsn);
  EXPECT_TRUE(asked[1].type == kParamResetIncoming && asked[1].sequence == pair.client_tsn + 1);
  EXPECT_EQ(pair.ClientStory(), "reset(out):2 reset(in):2");
  EXPECT_EQ(pair.ServerStory(), "reset(in):2 reset(out):2");
  EXPECT_EQ(pair.SendToServer("b", 2), 0);
  EXPECT_EQ(pair.SendToClient("y", 2), 0);
  pair.net.RunFor(kSoon);
  EXPECT_EQ(pair.ServerNumbered() + " " + pair.ClientNumbered(), "data:b#0 data:y#0");
}

TEST("§5.1.5, §5.1.6: streams are added on this side, on that side, or on both, and can be used") {
  Reconfiguring pair;
  pair.Establish();
  EXPECT_EQ(pair.SendToServer("x", 4), EINVAL);
  EXPECT_EQ(pair.Add(0, 2), 0);
  pair.net.RunFor(kSoon);
  EXPECT_EQ(pair.ClientStory() + " " + pair.ServerStory(), "added:out2,in0 added:out0,in2");
  EXPECT_TRUE(pair.Streams() == std::pair(6u, 4u));
  EXPECT_EQ(pair.SendToServer("y", 5), 0);
  EXPECT_EQ(pair.SendToServer("y", 6), EINVAL);
  EXPECT_EQ(pair.Add(3, 0), 0);
  pair.net.RunFor(kSoon);
  EXPECT_EQ(pair.ClientStory() + " " + pair.ServerStory(), "added:out0,in3 data:y added:out3,in0");
  EXPECT_EQ(pair.SendToClient("z", 6), 0);
  EXPECT_EQ(pair.Add(1, 1), 0);
  pair.net.RunFor(kSoon);
  EXPECT_EQ(pair.ClientStory(), "data:z added:out1,in0 added:out0,in1");
  EXPECT_EQ(pair.ServerStory(), "added:out0,in1 added:out1,in0");
  EXPECT_TRUE(pair.Streams() == std::pair(7u, 8u));
  EXPECT_TRUE(WorksBothWays(pair));
}

TEST("§5.1.4, §5.2.4: all numbers begin anew, with other TSNs, while messages wait on both sides") {
  for (const bool interleaves : {false, true}) {
    Reconfiguring pair({.interleaves = interleaves});
    pair.Establish();
    EXPECT_EQ(pair.SendToServer("a", 1), 0);
    EXPECT_EQ(pair.SendToClient("x", 1), 0);
    pair.net.RunFor(kSoon);
    EXPECT_EQ(pair.SendToServer("b", 1), 0);
    EXPECT_EQ(pair.SendToClient("y", 1), 0);
    EXPECT_EQ(pair.RestartNumbers(), 0);
    EXPECT_EQ(pair.SendToServer("c", 1), 0);
    pair.net.Settle();
    EXPECT_EQ(pair.SendToClient("z", 1), 0);
    pair.net.RunFor(kSoon);
    const auto at_client = pair.client.Take(pair.client_socket), at_server = pair.server.Take(pair.server_socket);
    EXPECT_EQ(Story(at_server), "data:a data:b renumbered data:c");
    REQUIRE(at_client.size() == 4 && at_server.size() == 4);
    EXPECT_EQ(Story(at_client), "data:x data:y data:z renumbered");
    EXPECT_EQ(at_server[3].item.ssn, 0);
    EXPECT_EQ(at_server[3].item.tsn, pair.client_tsn + 2 + (1u << 31));
    const Item &here = at_client[3].item, &there = at_server[2].item;
    EXPECT_EQ(here.tsn, pair.client_tsn + 2 + (1u << 31));
    EXPECT_TRUE(here.tsn == there.cum_tsn && here.cum_tsn == there.tsn && there.tsn == pair.server_tsn + 3);
    EXPECT_EQ(pair.SendToClient("w", 1), 0);
    pair.net.RunFor(kSoon);
    EXPECT_EQ(pair.ClientNumbered(), "data:w#0");
    EXPECT_TRUE(WorksBothWays(pair));
  }
}

TEST("§5.1.2 A1: messages that were accepted before leave first, those that come later wait, and other streams go on") {
  for (const Scheduler scheduler : {Scheduler::kFirstCome, Scheduler::kRoundRobin}) {
    for (const bool interleaves : {false, true}) {
      Reconfiguring pair({.interleaves = interleaves});
      pair.client.Set(pair.client_socket, Option::kStreamScheduler, 0, {static_cast<uint32_t>(scheduler)});
      pair.Establish();
      Wire wire(pair);
      // Far more than the first window has room for.
      for (int index = 0; index < 40; ++index) EXPECT_EQ(pair.SendToServer(std::string(3000, 'a'), 1), 0);
      EXPECT_EQ(pair.Reset(kOut, {1}), 0);
      EXPECT_EQ(pair.SendToServer("behind", 1), 0);
      EXPECT_EQ(pair.SendToServer("beside", 2), 0);
      pair.net.RunFor(20 * kSecond);
      const auto items = pair.server.Take(pair.server_socket);
      std::string story;
      uint32_t next = 0;
      for (const OwnedItem& owned : items) {
        if (owned.bytes.size() == 3000) {
          EXPECT_EQ(owned.item.ssn, next++);
          if (story.find("reset") != std::string::npos) story += " late";
        } else {
          std::vector<OwnedItem> one;
          one.emplace_back(owned.item);
          story += (story.empty() ? "" : " ") + Story(one);
        }
      }
      EXPECT_EQ(next, 40);
      EXPECT_EQ(story, "data:beside reset(in):1 data:behind");
      EXPECT_EQ(items.back().item.ssn, 0);
      EXPECT_EQ(pair.ClientStory(), "reset(out):1");
      for (const auto& [from, packet] : wire.packets) EXPECT_EQ(FaultOf(packet), "");
    }
  }
}

TEST("with messages that are given up: the reset waits until the peer has skipped them, and held ones may be given up too (RFC 3758)") {
  for (const bool interleaves : {false, true}) {
    Reconfiguring pair({.interleaves = interleaves});
    pair.Establish();
    bool cut = true;
    pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>&) { return !(cut && &from == &pair.client); };
    auto send = [&](const std::string& text, uint32_t stream, uint32_t limit_ms) {
      SendParams params;
      params.assoc_id = pair.client_assoc, params.stream = stream, params.flags = limit_ms != 0 ? kFlagPrTtl : 0, params.time_to_live_ms = limit_ms;
      EXPECT_EQ(pair.client.engine->Send(pair.client_socket, params, AsBytesOf(text)), 0);
    };
    send("kept", 1, 0);
    send("late", 1, 100);
    pair.net.Settle();
    EXPECT_EQ(pair.Reset(kOut, {1}), 0);
    send("held", 1, 100);
    send("new", 1, 0);
    pair.net.RunFor(2 * kSecond);
    cut = false;
    pair.net.RunFor(60 * kSecond);
    EXPECT_EQ(pair.ServerNumbered(), "data:kept#0 reset(in):1 data:new#0");
    EXPECT_EQ(pair.ClientStory(), "send_failed:sent reset(out):1 send_failed:unsent");
    EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kStatus, pair.client_assoc).at(2), 0);
  }
}

TEST("requests and answers are lost again and again: each is done once, and both ends agree in the end") {
  for (const uint64_t seed : check::Seeds(12)) {
    check::Note("seed " + std::to_string(seed));
    Reconfiguring pair({.interleaves = seed % 2 == 0, .partial = seed % 3 != 0}, seed);
    pair.Establish();
    pair.net.link.loss = 0.25;
    pair.net.link.duplicate = 0.1;
    pair.net.link.reorder = 0.1;
    pair.client.Set(pair.client_socket, Option::kAssocInfo, pair.client_assoc, {1000, 0, 0, 0, 0});
    pair.server.Set(pair.server_socket, Option::kAssocInfo, pair.server_assoc, {1000, 0, 0, 0, 0});
    uint32_t sent = 0, resets = 0;
    // Messages with numbers, which ascend by four in each stream.
    struct Arrived {
      uint32_t count = 0;
      std::map<uint32_t, uint32_t> next = {{0, 0}, {1, 1}, {2, 2}, {3, 3}};
      void Take(const OwnedItem& owned) {
        ++count;
        EXPECT_EQ(owned.Text(), std::to_string(next[owned.item.stream]));
        next[owned.item.stream] += 4;
      }
    } got, back;
    for (int round = 0; round < 24; ++round) {
      for (int index = 0; index < 5; ++index) {
        EXPECT_EQ(pair.SendToServer(std::to_string(sent), sent % 4), 0);
        EXPECT_EQ(pair.SendToClient(std::to_string(sent), sent % 4), 0);
        ++sent;
      }
      if (round % 4 == 0) EXPECT_EQ(pair.Reset(kOut, {1, 2}), 0);
      if (round % 4 == 1) EXPECT_EQ(pair.Reset(kOut | kIn), 0);
      if (round % 4 == 2) EXPECT_EQ(pair.RestartNumbers(), 0);
      if (round % 4 == 3) EXPECT_EQ(pair.Add(1, 1), 0);
      const uint32_t wanted = round % 2 == 0 ? 1 : 2;
      uint32_t heard = 0;
      pair.net.RunUntil([&] {
        for (const OwnedItem& owned : pair.client.Take(pair.client_socket)) {
          if (owned.item.kind == ItemKind::kData) {
            back.Take(owned);
          } else if (owned.item.kind != ItemKind::kPeerAddrChange) {
            EXPECT_EQ(owned.item.state & (kResetDenied | kResetFailed), 0);
            ++heard;
          }
        }
        return heard == wanted;
      });
      if (!EXPECT_EQ(heard, wanted)) return;
      ++resets;
    }
    EXPECT_TRUE(pair.net.RunUntil([&] {
      for (const OwnedItem& owned : pair.server.Take(pair.server_socket))
        if (owned.item.kind == ItemKind::kData) got.Take(owned);
      for (const OwnedItem& owned : pair.client.Take(pair.client_socket))
        if (owned.item.kind == ItemKind::kData) back.Take(owned);
      return got.count == sent && back.count == sent;
    }));
    EXPECT_EQ(resets, 24);
    EXPECT_TRUE(pair.Streams() == std::pair(10u, 10u));
    pair.net.link = {};
    EXPECT_TRUE(WorksBothWays(pair));
  }
}

TEST("§5.1.1: the timer doubles, counts errors of the path, and ends the association as T3 does") {
  Reconfiguring pair;
  pair.client.Set(pair.client_socket, Option::kAssocInfo, 0, {3, 0, 0, 0, 0});
  pair.Establish();
  pair.client.Set(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, {0, 0, 0, 0, 2});  // No HEARTBEATs.
  std::vector<TimeUs> sent;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    if (&from == &pair.client && HasChunk(packet, kChunkReconfig)) sent.push_back(pair.net.now());
    return &from != &pair.client;
  };
  EXPECT_EQ(pair.Reset(kOut, {1}), 0);
  pair.net.RunFor(600 * kSecond);
  REQUIRE(sent.size() == 4);
  EXPECT_TRUE(sent[2] - sent[1] == 2 * (sent[1] - sent[0]) && sent[3] - sent[2] == 4 * (sent[1] - sent[0]));
  EXPECT_EQ(pair.ClientStory(), "comm_lost");
}

TEST("§5.2.7: a peer that says \"in progress\" is there, however often it says so, and is asked again with the same number") {
  Reconfiguring pair;
  pair.client.Set(pair.client_socket, Option::kAssocInfo, 0, {2, 0, 0, 0, 0});
  pair.Establish();
  pair.client.Set(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, {0, 0, 0, 0, 2});
  int asked = 0;
  auto respond = [&](ReconfigResult result) {
    ReconfigParam param;
    param.type = kParamReconfigResponse, param.sequence = pair.client_tsn, param.result = result;
    std::vector<uint8_t> value;
    WriteReconfigParam(param, &value);
    pair.client.Inject(pair.FromServer(), PacketBuilder(kServerPort, kClientPort, pair.tag_to_client).Chunk(kChunkReconfig, 0, value).Done());
  };
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    if (&from != &pair.client) return false;
    const auto params = Reconfiguring::ParamsIn({packet});
    asked += params.size() == 1 && params[0].sequence == pair.client_tsn;
    return false;
  };
  EXPECT_EQ(pair.Reset(kOut, {1}), 0);
  EXPECT_EQ(pair.SendToServer("held", 1), 0);
  for (int round = 1; round <= 6; ++round) {
    REQUIRE(pair.net.RunUntil([&] { return asked == round; }));
    respond(ReconfigResult::kInProgress);
  }
  EXPECT_EQ(pair.ClientStory(), "");
  pair.tap = nullptr;
  respond(ReconfigResult::kPerformed);
  pair.net.RunFor(kSoon);
  EXPECT_EQ(pair.ClientStory(), "reset(out):1");
}

TEST("§4.4: what each result means to the one who asked, for each request") {
  const std::pair<ReconfigResult, std::string> results[] = {
      {ReconfigResult::kNothing, ""}, {ReconfigResult::kPerformed, ""},      {ReconfigResult::kDenied, "denied"},
      {ReconfigResult::kWrongStream, "failed"}, {ReconfigResult::kBusy, "failed"}, {ReconfigResult::kBadSequence, "failed"},
      {static_cast<ReconfigResult>(99), "failed"}};
  for (const auto& [result, flag] : results) {
    for (int request = 0; request < 5; ++request) {
      check::Note("result " + std::to_string(static_cast<uint32_t>(result)) + ", request " + std::to_string(request));
      Reconfiguring pair;
      pair.Establish();
      pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
      const int error = request == 0 ? pair.Reset(kOut, {1}) : request == 1 ? pair.Reset(kIn, {1}) : request == 2 ? pair.RestartNumbers() : request == 3 ? pair.Add(0, 2) : pair.Add(2, 0);
      EXPECT_EQ(error, 0);
      pair.net.Settle();
      ReconfigParam param;
      param.type = kParamReconfigResponse, param.sequence = pair.client_tsn, param.result = result;
      if (request == 2) param.tsns = RestartTsns{pair.server_tsn, pair.client_tsn + 77};
      std::vector<uint8_t> value;
      WriteReconfigParam(param, &value);
      pair.client.Inject(pair.FromServer(), PacketBuilder(kServerPort, kClientPort, pair.tag_to_client).Chunk(kChunkReconfig, 0, value).Done());
      const bool nothing = result == ReconfigResult::kNothing, performed = result == ReconfigResult::kPerformed;
      const std::string why = flag.empty() && request >= 2 && nothing ? "failed" : flag;
      const std::string in_brackets = why.empty() ? "" : "(" + why + ")", behind = why.empty() ? "" : " " + why;
      const std::string wanted[] = {"reset(out" + behind + "):1", performed ? "" : "reset(in" + behind + "):1", "renumbered" + in_brackets,
                                    "added" + in_brackets + ":out2,in0", performed ? "" : "added" + in_brackets + ":out0,in2"};
      EXPECT_EQ(pair.ClientStory(), wanted[request]);
      // The next request may begin.
      EXPECT_EQ(pair.Reset(kOut, {1}), 0);
      EXPECT_TRUE(pair.Streams() == std::pair(request == 3 && performed ? 6u : 4u, 4u));
    }
  }
}

TEST("arguments: streams that are there, numbers that are left, an association that is up") {
  Reconfiguring pair;
  const auto call = [&](AssocId assoc) { return pair.client.engine->ResetStreams(pair.client_socket, assoc, kOut, {}); };
  EXPECT_EQ(pair.client.engine->ResetAssociation(99, 1), EBADF);
  EXPECT_EQ(call(0), EINVAL);
  EXPECT_EQ(call(5), EINVAL);
  Reconfiguring early;
  REQUIRE(early.Connect() == 0);
  EXPECT_EQ(early.Reset(kOut), ENOTCONN);
  EXPECT_EQ(early.RestartNumbers(), ENOTCONN);
  EXPECT_EQ(early.Add(1, 1), ENOTCONN);
  pair.Establish();
  for (const uint32_t directions : {0u, 4u, 7u}) EXPECT_EQ(pair.Reset(directions), EINVAL);
  EXPECT_EQ(pair.Reset(kOut, {4}), EINVAL);
  EXPECT_EQ(pair.Reset(kIn, {4}), EINVAL);
  EXPECT_EQ(pair.Reset(kOut, {65'536}), EINVAL);
  EXPECT_EQ(pair.Add(0, 0), EINVAL);
  EXPECT_EQ(pair.Add(65'532, 0), EINVAL);
  EXPECT_EQ(pair.Add(0, 65'532), EINVAL);
  EXPECT_EQ(pair.Add(0, 60), 0);
  pair.net.RunFor(kSoon);
  EXPECT_EQ(pair.Reset(kOut, {63}), 0);
  pair.net.RunFor(kSoon);
  EXPECT_EQ(pair.ClientStory(), "added:out60,in0 reset(out):63");
  // A list that no packet has room for.
  std::vector<uint32_t> many(600, 1);
  EXPECT_EQ(pair.client.engine->ResetStreams(pair.client_socket, pair.client_assoc, kOut, many), EINVAL);
  many.resize(590);
  EXPECT_EQ(pair.client.engine->ResetStreams(pair.client_socket, pair.client_assoc, kOut, many), 0);
}

TEST("an association that ends: a request that has not left fails, held messages leave all the same, and one that has left stops nothing") {
  // The peer ends it while our data is still under way.
  Reconfiguring theirs;
  theirs.Establish();
  bool cut = true;
  theirs.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>&) { return !(cut && &from == &theirs.client); };
  EXPECT_EQ(theirs.SendToServer("first", 1), 0);
  theirs.net.Settle();
  EXPECT_EQ(theirs.Reset(kOut, {1}), 0);
  EXPECT_EQ(theirs.SendToServer("held", 1), 0);
  SendParams eof;
  eof.assoc_id = theirs.server_assoc, eof.flags = kFlagEof;
  EXPECT_EQ(theirs.server.engine->Send(theirs.server_socket, eof, {}), 0);
  theirs.net.RunFor(100 * kMillisecond);
  cut = false;
  theirs.net.RunFor(60 * kSecond);
  EXPECT_EQ(theirs.ClientStory(), "shutdown_event reset(out failed):1 shutdown_comp");
  EXPECT_EQ(theirs.ServerStory(), "data:first data:held shutdown_comp");
  // This end does: everything that was accepted arrives.
  Reconfiguring ours;
  ours.Establish();
  EXPECT_EQ(ours.SendToServer("first", 1), 0);
  EXPECT_EQ(ours.Reset(kOut, {1}), 0);
  EXPECT_EQ(ours.SendToServer("held", 1), 0);
  eof.assoc_id = ours.client_assoc;
  EXPECT_EQ(ours.client.engine->Send(ours.client_socket, eof, {}), 0);
  EXPECT_EQ(ours.Add(1, 0), ENOTCONN);
  ours.net.RunFor(60 * kSecond);
  EXPECT_EQ(ours.ServerNumbered(), "data:first#0 reset(in):1 data:held#0 shutdown_event shutdown_comp");
  EXPECT_EQ(ours.ClientStory(), "reset(out):1 shutdown_comp");
}

TEST("a peer that comes back begins with the streams and the numbers that it offers then") {
  Reconfiguring pair;
  pair.Establish();
  EXPECT_EQ(pair.Add(0, 3), 0);
  pair.net.RunFor(kSoon);
  EXPECT_EQ(pair.Reset(kOut, {1}), 0);
  pair.client.Crash();
  pair.client_socket = pair.client.Open(kClientPort);
  Reconfiguring::Configure(pair.client, pair.client_socket, {}, true, kAllResets);
  pair.server.Take(pair.server_socket);
  REQUIRE(pair.Connect() == 0);
  REQUIRE(pair.net.RunUntil([&] { return !pair.client.items(pair.client_socket).empty() && !pair.server.items(pair.server_socket).empty(); }));
  EXPECT_EQ(pair.ServerStory(), "restart");
  pair.client.Take(pair.client_socket);
  EXPECT_TRUE(pair.Streams() == std::pair(4u, 4u));
  EXPECT_EQ(pair.Reset(kOut | kIn), 0);
  pair.net.RunFor(kSoon);
  EXPECT_EQ(pair.ClientStory(), "reset(out) reset(in)");
  EXPECT_TRUE(WorksBothWays(pair));
}

}  // namespace
}  // namespace mailport::sctp::test
