// Requests that a peer makes by hand: numbers that are repeated, old or wrong, streams that are not there, floods, and packets from before a restart.
#include <algorithm>

#include "reconfig.h"

namespace mailport::sctp::test {
namespace {

std::vector<uint8_t> List(std::initializer_list<uint16_t> streams) {
  std::vector<uint8_t> list;
  for (const uint16_t stream : streams) list.insert(list.end(), {static_cast<uint8_t>(stream >> 8), static_cast<uint8_t>(stream)});
  return list;
}

constexpr uint16_t kAllRequests[] = {kParamResetOutgoing, kParamResetIncoming, kParamRestart, kParamAddOutgoing, kParamAddIncoming};

TEST("§5.2.1: a request that comes again is answered as it was, and done once; an older one, or one too early, has a bad number") {
  Reconfiguring pair;
  pair.Establish();
  const auto one = List({1});
  const auto first = pair.Packet({pair.Request(kParamResetOutgoing, 0, one)});
  EXPECT_EQ(pair.Results(first), "0:1");
  EXPECT_EQ(pair.Results(first), "0:1");
  EXPECT_EQ(pair.Results(pair.Packet({pair.AddRequest(kParamAddOutgoing, 1, 2)})), "1:1");
  EXPECT_EQ(pair.Results(pair.Packet({pair.AddRequest(kParamAddOutgoing, 1, 2)})), "1:1");
  EXPECT_EQ(pair.Results(pair.Packet({pair.Request(kParamResetOutgoing, 2, List({60}))})), "2:3");
  EXPECT_EQ(pair.Results(pair.Packet({pair.Request(kParamResetOutgoing, 2)})), "2:3");
  EXPECT_EQ(pair.Results(first), "0:5");
  EXPECT_EQ(pair.Results(pair.Packet({pair.Request(kParamResetOutgoing, 4)})), "4:5");
  EXPECT_EQ(pair.Results(pair.Packet({pair.Request(kParamResetOutgoing, 3)})), "3:1");
  EXPECT_EQ(pair.ServerStory(), "reset(in):1 added:out0,in2 reset(in)");
}

TEST("§5.2: a repeated request of each kind does nothing more") {
  for (const uint16_t type : kAllRequests) {
    check::Note("type " + std::to_string(type));
    Reconfiguring pair;
    pair.Establish();
    const auto packet = pair.Packet({pair.AddRequest(type, 0, 2)});
    const std::string answer = pair.Results(packet);
    const std::string again = pair.Results(packet);
    const bool by_request = type == kParamResetIncoming || type == kParamAddIncoming;
    EXPECT_EQ(answer, by_request ? "type" + std::to_string(type - 1) : "0:1");
    EXPECT_EQ(again, by_request ? "" : "0:1");
    const std::string story = pair.ServerStory();
    const std::string wanted = type == kParamResetOutgoing ? "reset(in)" : type == kParamRestart ? "renumbered" : type == kParamAddOutgoing ? "added:out0,in2" : "";
    EXPECT_EQ(story, wanted);
  }
}

TEST("§5.2.2 E2: a reset waits until its last TSN has come, with data behind it kept back, and is answered by itself then") {
  for (const bool interleaves : {false, true}) {
    Reconfiguring pair({.interleaves = interleaves});
    pair.Establish();
    auto data = [&](uint32_t tsn, uint16_t stream, uint16_t number, const char* text) {
      if (!interleaves) return PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Data(pair.client_tsn + tsn, stream, number, AsBytesOf(text)).Done();
      std::vector<uint8_t> body(16);
      Store32(&body[0], pair.client_tsn + tsn);
      Store16(&body[4], stream);
      Store32(&body[8], number);
      body.insert(body.end(), text, text + std::strlen(text));
      return PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Chunk(kChunkIData, kDataBegin | kDataEnd, body).Done();
    };
    pair.Answers(data(0, 1, 0, "a"));
    ReconfigParam request = pair.Request(kParamResetOutgoing, 0);
    const auto one = List({1});
    request.streams = one;
    request.last_tsn = pair.client_tsn + 2;
    EXPECT_EQ(pair.Results(pair.Packet({request})), "0:6");
    EXPECT_EQ(pair.Results(pair.Packet({request})), "0:6");
    EXPECT_EQ(pair.Results(data(3, 1, 0, "early")), "");
    EXPECT_EQ(pair.Results(data(4, 2, 0, "other")), "");
    EXPECT_EQ(pair.Results(pair.Packet({pair.Request(kParamResetOutgoing, 1)})), "1:4");  // One at a time.
    EXPECT_EQ(pair.Results(data(2, 1, 2, "c")), "");
    EXPECT_EQ(pair.ServerStory(), "data:a data:other");
    EXPECT_EQ(pair.Results(data(1, 1, 1, "b")), "0:1");
    EXPECT_EQ(pair.ServerStory(), "data:b data:c reset(in):1");
    pair.Answers(data(3, 1, 0, "early"));
    EXPECT_EQ(pair.ServerNumbered(), "data:early#0");
    EXPECT_EQ(pair.Results(pair.Packet({request})), "0:1");
  }
}

TEST("§5.2.2 E2: a FORWARD TSN may be what was missing") {
  Reconfiguring pair;
  pair.Establish();
  ReconfigParam request = pair.Request(kParamResetOutgoing, 0);
  request.last_tsn = pair.client_tsn + 5;
  EXPECT_EQ(pair.Results(pair.Packet({request})), "0:6");
  std::vector<uint8_t> body(4);
  Store32(body.data(), pair.client_tsn + 5);
  EXPECT_EQ(pair.Results(PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Chunk(kChunkForwardTsn, 0, body).Done()), "0:1");
}

TEST("§5.2.3 to §5.2.6: streams that are not there, none at all, too many, and a request of ours that is outstanding") {
  Reconfiguring pair;
  pair.Establish();
  uint32_t number = 0;
  const auto four = List({0, 4});
  EXPECT_EQ(pair.Results(pair.Packet({pair.Request(kParamResetOutgoing, number++, four)})), "0:3");
  EXPECT_EQ(pair.Results(pair.Packet({pair.Request(kParamResetIncoming, number++, four)})), "1:3");
  EXPECT_EQ(pair.Results(pair.Packet({pair.AddRequest(kParamAddOutgoing, number++, 0)})), "2:0");
  EXPECT_EQ(pair.Results(pair.Packet({pair.AddRequest(kParamAddIncoming, number++, 0)})), "3:0");
  // No more than the 64 that were offered, and none beyond the last number.
  EXPECT_EQ(pair.Results(pair.Packet({pair.AddRequest(kParamAddOutgoing, number++, 61)})), "4:2");
  EXPECT_EQ(pair.Results(pair.Packet({pair.AddRequest(kParamAddOutgoing, number++, 60)})), "5:1");
  EXPECT_EQ(pair.Results(pair.Packet({pair.AddRequest(kParamAddOutgoing, number++, 1)})), "6:2");
  EXPECT_EQ(pair.Results(pair.Packet({pair.AddRequest(kParamAddIncoming, number++, 65'532)})), "7:2");
  EXPECT_EQ(pair.ServerStory(), "added:out0,in60");
  // A request of the server's own.
  pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
  EXPECT_EQ(pair.server.engine->AddStreams(pair.server_socket, pair.server_assoc, 0, 1), 0);
  pair.net.Settle();
  EXPECT_EQ(pair.Results(pair.Packet({pair.Request(kParamResetIncoming, number++)})), "8:4");
  EXPECT_EQ(pair.Results(pair.Packet({pair.AddRequest(kParamAddIncoming, number++, 1)})), "9:4");
  EXPECT_EQ(pair.Results(pair.Packet({pair.Request(kParamRestart, number++)})), "10:4");
  EXPECT_EQ(pair.Results(pair.Packet({pair.Request(kParamResetOutgoing, number++)})), "11:1");
}

TEST("a reset that waits for what has not come is done by a restart, which makes that void") {
  Reconfiguring pair;
  pair.Establish();
  EXPECT_EQ(pair.SendToClient("under way"), 0);
  pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
  pair.net.Settle();
  EXPECT_EQ(pair.Results(pair.Packet({pair.Request(kParamRestart, 0)})), "0:6");
  ReconfigParam request = pair.Request(kParamResetOutgoing, 1);
  request.last_tsn = pair.client_tsn + 7;
  EXPECT_EQ(pair.Results(pair.Packet({request})), "1:6");
  const auto sack = PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Words(kChunkSack, 0, {pair.server_tsn, 65'536, 0}).Done();
  EXPECT_EQ(pair.Results(sack), "0:1 1:1");
  EXPECT_EQ(pair.ServerStory(), "reset(in) renumbered");
  EXPECT_EQ(pair.Results(pair.Packet({request})), "1:1");
  ReconfigParam next = pair.Request(kParamResetOutgoing, 2);
  next.last_tsn = pair.client_tsn - 1 + (1u << 31);
  EXPECT_EQ(pair.Results(pair.Packet({next})), "2:1");
}

TEST("a peer that is asked for streams may have more than were offered at first") {
  Reconfiguring pair;
  pair.Establish();
  EXPECT_EQ(pair.Add(100, 0), 0);
  pair.net.RunFor(kSecond);
  EXPECT_TRUE(pair.Streams() == std::pair(4u, 104u));
}

TEST("§5.2.4: data of before a restart, its acknowledgements and its FORWARD TSNs are known by their numbers, and change nothing") {
  Reconfiguring pair;
  pair.Establish();
  for (const char* const text : {"a", "b"}) EXPECT_EQ(pair.SendToServer(text), 0);
  EXPECT_EQ(pair.SendToClient("x"), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.RestartNumbers(), 0);
  pair.net.RunFor(kSecond);
  pair.ServerStory(), pair.ClientStory();
  const auto data = PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Data(pair.client_tsn + 1, 0, 1, AsBytesOf("b")).Done();
  EXPECT_EQ(pair.Answers(data).size(), 0u);
  std::vector<uint8_t> body(4);
  Store32(body.data(), pair.client_tsn + 1);
  EXPECT_EQ(pair.Answers(PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Chunk(kChunkForwardTsn, 0, body).Done()).size(), 0u);
  const auto sack = PacketBuilder(kServerPort, kClientPort, pair.tag_to_client).Words(kChunkSack, 0, {pair.client_tsn + 1, 65'536, 0}).Done();
  pair.client.Inject(pair.FromServer(), sack);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.ServerStory() + pair.ClientStory(), "");
  EXPECT_TRUE(WorksBothWays(pair));
}

TEST("§5.2.4: after a restart for the peer nothing leaves until the peer has heard of it, and the answer comes again") {
  Reconfiguring pair;
  pair.Establish();
  int answers = 0;
  bool cut = true;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    const bool is_answer = &from == &pair.server && HasChunk(packet, kChunkReconfig);
    if (is_answer) ++answers, EXPECT_TRUE(HasChunk(packet, kChunkHeartbeat));
    EXPECT_FALSE(cut && &from == &pair.server && HasChunk(packet, kChunkData));
    return !(cut && is_answer);
  };
  EXPECT_EQ(pair.RestartNumbers(), 0);
  pair.net.RunFor(100 * kMillisecond);
  EXPECT_EQ(pair.SendToClient("held"), 0);
  pair.net.RunFor(8 * kSecond);
  EXPECT_TRUE(answers > 2);
  cut = false;
  pair.net.RunFor(60 * kSecond);
  EXPECT_EQ(pair.ClientNumbered(), "renumbered data:held#0");
  EXPECT_EQ(pair.ServerStory(), "renumbered");
}

TEST("§3.1: parameters that may not stand together, or are malformed, are answered with an ERROR, and nothing is done") {
  Reconfiguring pair;
  pair.Establish();
  auto cause = [&](Bytes packet) {
    const auto answers = pair.Answers(packet);
    const auto chunks = answers.empty() ? std::vector<ChunkView>{} : ChunksOf(answers[0]);
    return chunks.empty() || chunks[0].type != kChunkError ? 0u : chunks[0].Word(0) >> 16;
  };
  for (const uint16_t first : kAllRequests) {
    for (const uint16_t second : kAllRequests) {
      const auto [low, high] = std::minmax(first, second);
      if ((low == kParamResetOutgoing && high == kParamResetIncoming) || (low == kParamAddOutgoing && high == kParamAddIncoming)) continue;
      EXPECT_EQ(cause(pair.Packet({pair.AddRequest(first, 0, 1), pair.AddRequest(second, 1, 1)})), kCauseProtocolViolation);
    }
  }
  EXPECT_EQ(cause(pair.Packet({})), kCauseProtocolViolation);
  for (const uint16_t type : kAllRequests) {
    std::vector<uint8_t> value;
    WriteReconfigParam(pair.AddRequest(type, 0, 1), &value);
    for (size_t length = 1; length < value.size(); ++length) {
      const auto cut = PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Chunk(kChunkReconfig, 0, Bytes(value).first(length)).Done();
      EXPECT_EQ(cause(cut), kCauseProtocolViolation);
    }
    value.resize(value.size() + 1);
    Store16(&value[2], static_cast<uint32_t>(value.size()));
    EXPECT_EQ(cause(PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Chunk(kChunkReconfig, 0, value).Done()), kCauseProtocolViolation);
  }
  EXPECT_EQ(pair.ServerStory(), "");
  EXPECT_EQ(pair.Results(pair.Packet({pair.Request(kParamResetOutgoing, 0)})), "0:1");
}

TEST("a flood: one packet gets few answers, events wait for their reader up to a number, and nothing is held") {
  Reconfiguring pair;
  pair.Establish();
  PacketBuilder packet(kClientPort, kServerPort, pair.tag_to_server);
  for (uint32_t number = 0; number < 40; ++number) {
    std::vector<uint8_t> value;
    WriteReconfigParam(pair.Request(kParamResetOutgoing, number), &value);
    packet.Chunk(kChunkReconfig, 0, value);
  }
  EXPECT_EQ(pair.Results(packet.Done()), "0:1 1:1");
  pair.server.Take(pair.server_socket);
  pair.server.engine->SetCredit(pair.server_socket, 0);
  const uint32_t before = pair.server.Get(pair.server_socket, Option::kHeld).at(1);
  pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
  std::string last;
  for (uint32_t number = 2; number < 1000; ++number) last = pair.Results(pair.Packet({pair.Request(kParamResetOutgoing, number)}));
  EXPECT_EQ(last, "999:2");
  EXPECT_TRUE(pair.server.Get(pair.server_socket, Option::kHeld).at(1) - before < 256 * 512);
  pair.server.engine->SetCredit(pair.server_socket, UINT32_MAX);
  pair.server.engine->Drain(pair.server_socket);
  EXPECT_EQ(pair.server.Take(pair.server_socket).size(), 256u);
  EXPECT_EQ(pair.Results(pair.Packet({pair.Request(kParamResetOutgoing, 1000)})), "1000:1");
}

TEST("what was asked for is done though nobody reads events and they are as many as may be: else nothing would ever end it") {
  Reconfiguring pair;
  pair.Establish();
  pair.client.engine->SetCredit(pair.client_socket, 0);
  // The server makes the client's events as many as are kept.
  for (int i = 0; i < 300; ++i) {
    (void)pair.server.engine->ResetStreams(pair.server_socket, pair.server_assoc, kOut, {});
    pair.net.RunFor(kSecond);
  }
  EXPECT_EQ(pair.Reset(kIn), 0);
  pair.net.RunFor(60 * kSecond);
  EXPECT_EQ(pair.Add(1, 0), 0);
  pair.net.RunFor(60 * kSecond);
  EXPECT_EQ(pair.Reset(kOut), 0);
  pair.net.RunFor(60 * kSecond);
  pair.client.engine->SetCredit(pair.client_socket, UINT32_MAX);
  pair.client.engine->Drain(pair.client_socket);
  const std::string story = pair.ClientStory();
  check::Note(story.substr(story.size() < 100 ? 0 : story.size() - 100));
  EXPECT_TRUE(story.ends_with("reset(in) added:out0,in1 reset(out)"));
}

TEST("a peer that answers HEARTBEATs and never a request is gone in the end: a HEARTBEAT ACK is no answer to a request") {
  Reconfiguring pair;
  pair.Establish();
  pair.client.Set(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, {1000, 0, 0, 0, 1});
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) { return &from == &pair.client || !HasChunk(packet, kChunkReconfig); };
  EXPECT_EQ(pair.Reset(kOut), 0);
  pair.net.RunFor(1200 * kSecond);
  EXPECT_EQ(pair.ClientStory(), "comm_lost");
}

TEST("streams that both ends add at once: a request that was lost, and seemed answered, leaves no number out") {
  Reconfiguring pair;
  pair.Establish();
  size_t lost = 0;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) { return &from == &pair.client || !HasChunk(packet, kChunkReconfig) || lost++ > 0; };
  // The server asks the client for a stream, and that is lost. The client adds one of its own accord.
  EXPECT_EQ(pair.server.engine->AddStreams(pair.server_socket, pair.server_assoc, 1, 0), 0);
  pair.net.Settle();
  EXPECT_EQ(pair.Add(0, 1), 0);
  pair.net.RunFor(30 * kSecond);
  EXPECT_TRUE(lost > 0);
  EXPECT_EQ(pair.server.engine->ResetStreams(pair.server_socket, pair.server_assoc, kOut, {}), 0);
  pair.net.RunFor(30 * kSecond);
  check::Note(pair.ServerStory());
  // The stream that was asked for is there as well.
  EXPECT_EQ(pair.ClientStory(), "added:out1,in0 added:out1,in0 reset(in)");
  EXPECT_EQ(pair.server.engine->ResetStreams(pair.server_socket, pair.server_assoc, kOut, {}), 0);
}

TEST("messages of a stream that wait for their turn, and tables of streams, are let go by a reset") {
  for (const bool interleaves : {false, true}) {
    Reconfiguring pair({.interleaves = interleaves, .outbound = 65'535, .most_inbound = 65'535});
    pair.Establish();
    auto held = [&] { return pair.server.Get(pair.server_socket, Option::kHeld, pair.server_assoc).at(1); };
    const uint32_t before = held();
    for (uint32_t number = 0; number < 200; ++number) {
      std::vector<uint8_t> body(interleaves ? 17 : 13);
      Store32(&body[0], pair.client_tsn + number);
      Store16(&body[4], 300 * number);
      Store16(&body[interleaves ? 10 : 6], 5);  // No message before it ever comes.
      pair.Answers(PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Chunk(interleaves ? kChunkIData : kChunkData, kDataBegin | kDataEnd, body).Done());
    }
    EXPECT_TRUE(held() > before + 200 * 100);
    ReconfigParam request = pair.Request(kParamResetOutgoing, 0);
    request.last_tsn = pair.client_tsn + 199;
    EXPECT_EQ(pair.Results(pair.Packet({request})), "0:1");
    EXPECT_TRUE(held() <= before + 1000);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
