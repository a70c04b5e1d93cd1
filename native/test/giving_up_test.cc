// RFC 3758 section 3.5 and RFC 7496 section 3: which messages the sending side gives up, and what it reports. SACKs and timeouts come from the test.
#include "giving_up_fixture.h"

namespace mailport::sctp::test {
namespace {

TEST("§4.1 TR4: a message whose lifetime has ended is not sent again; one that lives is") {
  Sending s;
  s.Push("short", 0, kTtl, 100);
  s.Push("long", 0, kTtl, 1000);
  s.Push("plain", 1, 0, 100);
  s.Push("for ever", 1);
  s.SendAll();
  s.now += 200'000;
  EXPECT_EQ(s.Texts(), Strings{});
  s.Lose();
  EXPECT_EQ(s.SendLost(), (Strings{"1:3:0,1:long", "3:3:1,1:for ever"}));
  EXPECT_EQ(s.Texts(), (Strings{"short sent", "plain sent"}));
  EXPECT_EQ(s.given_up, (Strings{"1 sent", "0 sent"}));
  EXPECT_EQ(s.Skipped(), "0:0,0");
  EXPECT_EQ(s.out.held_bytes(), 12u);
}

TEST("a peer that does not know FORWARD TSN gets what has left, however long it takes; what has not left is dropped in time") {
  Sending s;
  s.out.SetPartialReliability(false);
  s.Push("sent", 0, kTtl, 100);
  s.Push("once", 0, kRtx, 0);
  s.SendAll();
  s.Push("late", 0, kTtl, 100);
  s.Push("ranked", 0, kPrio, 7);
  s.now += 200'000;
  EXPECT_FALSE(s.MakeRoom(std::nullopt));
  EXPECT_EQ(s.SendAll(), (Strings{"2:3:0,2:ranked"}));
  EXPECT_EQ(s.Texts(), (Strings{"late unsent"}));
  for (int round = 0; round < 3; ++round) {
    s.Lose();
    EXPECT_EQ(s.SendLost(), (Strings{"0:3:0,0:sent", "1:3:0,1:once", "2:3:0,2:ranked"}));
  }
  EXPECT_EQ(s.Skipped(), "");
}

TEST("RFC 7496 §3.1: a message is sent again as often as its limit says, and then given up") {
  for (const uint32_t most : {0u, 1u, 3u}) {
    Sending s;
    s.Push("limited", 2, kRtx, most);
    s.Push("other", 0);
    s.SendAll();
    for (uint32_t round = 0; round < most; ++round) {
      s.Lose();
      EXPECT_EQ(s.SendLost().size(), 2u);
    }
    EXPECT_EQ(s.given_up, Strings{});
    s.Lose();
    EXPECT_EQ(s.SendLost(), (Strings{"1:3:0,0:other"}));
    EXPECT_EQ(s.given_up, (Strings{"2 sent"}));
    EXPECT_EQ(s.Texts(), (Strings{"limited sent"}));
    EXPECT_EQ(s.Skipped(), "0:2,0");
  }
}

TEST("a failed send tells its limit in the place of its lifetime") {
  Sending s;
  s.Push("limited", 2, kRtx | kFlagUnordered, 0);
  s.SendAll();
  s.Lose();
  s.SendLost();
  EXPECT_EQ(s.failed, (std::vector<Failed>{{"limited", true, 2, 0, kFlagUnordered, 7, 8, 0}}));
  s.failed.clear();
  s.Push("ranked", 3, kPrio, 9);
  EXPECT_TRUE(s.MakeRoom(std::nullopt));
  EXPECT_EQ(s.failed, (std::vector<Failed>{{"ranked", false, 3, 0, 0, 7, 8, 9}}));
  s.failed.clear();
  s.Push("to the end", 3, kTtl, 5000);
  s.out.FailAll(1000, s);
  EXPECT_EQ(s.failed, (std::vector<Failed>{{"to the end", false, 3, 0, 0, 7, 8, 5000}}));
}

TEST("§3.5 A3: with one fragment all others of its message are given up, acknowledged ones too, and no others") {
  Sending s;
  s.Push("before", 0);
  s.Push("aaabbbccc", 0, kRtx, 0);
  s.Push("after", 0);
  s.SendAll(3);
  s.Sack(2, {2, 2});  // "bbb" has come.
  s.Lose();
  EXPECT_EQ(s.SendLost(), (Strings{"5:2:0,2:aft", "6:1:0,2:er"}));
  EXPECT_EQ(s.Texts(), (Strings{"aaa sent", "ccc sent"}));
  EXPECT_EQ(s.Skipped(), "4:0,1");
  EXPECT_EQ(s.out.held_bytes(), 5u);
  // The peer no longer reports "bbb": that changes nothing.
  s.Sack(2);
  s.Lose();
  EXPECT_EQ(s.SendLost().size(), 2u);
  s.Sack(7);
  EXPECT_TRUE(s.out.empty());
  EXPECT_EQ(s.path.flight_bytes, 0u);
}

TEST("a message of which a part has left: the rest is dropped, and its end has a TSN that is never sent") {
  for (const uint32_t flags : {0u, kFlagUnordered}) {
    Sending s;
    s.Push("aaabbbccc", 4, kTtl | flags, 100);
    s.Push("next", 4, flags);
    size_t released = 0;
    std::vector<uint8_t> chunk(16 + 3);
    EXPECT_EQ(s.out.NextNewBytes(3, s.now, s, &released), 3u);
    s.out.WriteNew(3, true, s.now, s.path, chunk.data());
    s.now += 200'000;
    const std::string expected = flags == 0 ? "2:3:4,1:next" : "2:7:4,0:next";
    EXPECT_EQ(s.SendAll(), (Strings{expected}));
    EXPECT_EQ(s.Texts(), (Strings{"aaa sent", "bbbccc unsent"}));
    EXPECT_EQ(s.given_up, (Strings{"1 sent"}));
    EXPECT_EQ(s.Skipped(), flags == 0 ? "1:4,0" : "1:");
    EXPECT_EQ(s.out.held_bytes(), 4u);
    s.Sack(2);
    EXPECT_EQ(s.Skipped(), "");
    s.Sack(3);
    EXPECT_TRUE(s.out.empty());
    EXPECT_EQ(s.path.flight_bytes, 0u);
  }
}

TEST("RFC 7496 §3.2: the least important message goes first, of those alike what has not left, then the oldest; none as important goes") {
  Sending s;
  s.Push("sent 5", 0, kPrio, 5);
  s.SendAll();
  s.Push("new 5", 0, kPrio, 5);
  s.Push("later 5", 0, kPrio, 5);
  s.Push("7", 0, kPrio, 7);
  s.Push("0", 0, kPrio, 0);
  s.Push("reliable", 0);
  s.Push("timed", 0, kTtl, 1000);
  EXPECT_FALSE(s.MakeRoom(7));
  EXPECT_TRUE(s.MakeRoom(6));
  EXPECT_FALSE(s.MakeRoom(5));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(s.MakeRoom(4));
  EXPECT_FALSE(s.MakeRoom(0));
  EXPECT_TRUE(s.MakeRoom(std::nullopt));
  EXPECT_FALSE(s.MakeRoom(std::nullopt));
  EXPECT_EQ(s.Texts(), (Strings{"7 unsent", "new 5 unsent", "later 5 unsent", "sent 5 sent", "0 unsent"}));
  EXPECT_EQ(s.given_up, (Strings{"3 unsent", "3 unsent", "3 unsent", "3 sent", "3 unsent"}));
  EXPECT_EQ(s.SendAll(), (Strings{"1:3:0,1:reliable", "2:3:0,2:timed"}));
}

}  // namespace
}  // namespace mailport::sctp::test
