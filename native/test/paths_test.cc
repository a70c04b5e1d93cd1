// Several paths of one association: each has its own chunks in flight, its own window and round trips, its own errors and timers. An association has one
// path so far, so these tests use the set of paths and the sender over it directly.
#include <vector>

#include "check.h"
#include "outbound_fixture.h"

namespace mailport::sctp::test {
namespace {

struct TwoPaths : Fixture {
  TwoPaths() {
    PacketRoute route;
    route.remote.family = 4;
    route.remote.bytes[0] = 10;
    paths.Add(route, 1000, RtoInfo{});
  }
  Path& first() { return paths[0]; }
  Path& second() { return paths[1]; }
  void SendBy(Path& by, const std::string& text) {
    std::vector<uint8_t> chunk(16 + text.size());
    Push(text);
    out.WriteNew(text.size(), true, now, by, chunk.data());
  }
};

TEST("what is in flight, and what acknowledgements make of it, is counted for the path that each chunk went") {
  TwoPaths f;
  f.SendBy(f.first(), std::string(600, 'a'));
  f.SendBy(f.second(), std::string(500, 'b'));
  f.SendBy(f.second(), std::string(400, 'c'));
  EXPECT_EQ(f.first().flight_bytes, 600u);
  EXPECT_EQ(f.second().flight_bytes, 900u);
  f.Sack(0, {2, 2});
  EXPECT_EQ(f.first().flight_bytes, 600u);
  EXPECT_EQ(f.second().flight_bytes, 400u);
  f.Sack(3);
  EXPECT_EQ(f.first().flight_bytes + f.second().flight_bytes, 0u);
}

// Each path has its own T3 (section 6.3.3).
TEST("when a path's T3 expires, only what went that way is sent again, and may go another way") {
  TwoPaths f;
  f.SendBy(f.first(), "one");
  f.SendBy(f.second(), "two");
  f.SendBy(f.first(), "three");
  f.out.MarkAllLost(f.paths, f.first());
  EXPECT_EQ(f.first().flight_bytes, 0u);
  EXPECT_EQ(f.second().flight_bytes, 3u);
  std::vector<std::string> again;
  for (size_t bytes = f.out.NextRetransmissionBytes(); bytes != 0; bytes = f.out.NextRetransmissionBytes()) {
    std::vector<uint8_t> chunk(16 + bytes);
    f.out.WriteRetransmission(f.paths, f.second(), f.now, chunk.data());
    again.push_back(Fixture::Show(chunk));
  }
  EXPECT_EQ(again, (Strings{"0:3:0,0:one", "2:3:0,2:three"}));
  EXPECT_EQ(f.first().flight_bytes, 0u);
  EXPECT_EQ(f.second().flight_bytes, 3u + 3 + 5);
  f.Sack(3);
  EXPECT_EQ(f.second().flight_bytes, 0u);
}

// Section 6.3.1 C5.
TEST("a chunk that is sent again another way measures neither way") {
  TwoPaths f;
  f.SendBy(f.first(), "one");
  EXPECT_TRUE(f.first().timing());
  f.out.MarkAllLost(f.paths, f.first());
  std::vector<uint8_t> chunk(16 + 3);
  f.out.WriteRetransmission(f.paths, f.second(), f.now, chunk.data());
  EXPECT_FALSE(f.first().timing());
  f.now += 40'000;
  f.Sack(1);
  EXPECT_EQ(f.first().srtt() + f.second().srtt(), 0u);
}

// A window grows with the bytes that its own path carried (section 7.2.1).
TEST("an acknowledgement lets only the window of the path grow that was full") {
  TwoPaths f;
  const size_t before = f.first().cwnd();
  for (int i = 0; i < 4; ++i) f.SendBy(f.second(), std::string(1000, 'x'));
  f.SendBy(f.first(), "y");
  f.Sack(5);
  EXPECT_EQ(f.first().cwnd(), before);
  EXPECT_TRUE(f.second().cwnd() > before);
}

// Section 7.2.4.
TEST("a loss narrows the window of the path that lost the chunk") {
  TwoPaths f;
  for (int i = 0; i < 8; ++i) f.SendBy(f.first(), std::string(1000, 'x'));
  f.Sack(8);
  const size_t before = f.first().cwnd();
  f.SendBy(f.second(), "lost");
  for (int i = 0; i < 4; ++i) f.SendBy(f.first(), "here");
  for (uint16_t last = 2; last <= 4; ++last) f.Sack(8, {2, last});
  EXPECT_TRUE(f.second().in_fast_recovery());
  EXPECT_FALSE(f.first().in_fast_recovery());
  EXPECT_EQ(f.first().cwnd(), before);
}

struct Listening : PathOwner {
  void OnT3(Path& path) override { t3.push_back(path.index); }
  void OnHeartbeatTimer(Path& path) override { beats.push_back(path.index); }
  void OnRecoveryTimer(Path& path) override { recoveries.push_back(path.index); }
  void OnMtuTimer(Path&) override {}
  void OnPathChange(const Path& path) override { changes.push_back({path.index, path.active}); }
  std::vector<int> t3, beats, recoveries;
  std::vector<std::pair<int, bool>> changes;
};

TEST("each path has its own T3 and heartbeat timer, and all stop together") {
  TimerQueue timers;
  Listening owner;
  PathSet paths(timers, owner);
  for (int i = 0; i < 2; ++i) paths.Add(PacketRoute{}, 1000, RtoInfo{});
  paths.T3(paths[1]).Start(10);
  paths.HeartbeatTimer(paths[0]).Start(20);
  timers.Run(20);
  EXPECT_EQ(owner.t3, std::vector<int>{1});
  EXPECT_EQ(owner.beats, std::vector<int>{0});
  paths.T3(paths[0]).Start(30);
  paths.HeartbeatTimer(paths[1]).Start(30);
  paths.StopTimers();
  timers.Run(100);
  EXPECT_EQ(owner.t3.size() + owner.beats.size(), 2u);
}

// Sections 8.1 and 8.2.
TEST("errors of a path make it unreachable, those of all paths together the peer; an answer brings the path back") {
  TimerQueue timers;
  Listening owner;
  PathSet paths(timers, owner);
  for (int i = 0; i < 2; ++i) paths.Add(PacketRoute{}, 1000, RtoInfo{}).options.Edit().max_retransmissions = 1;
  EXPECT_TRUE(paths.CountError(paths[0], 3));
  EXPECT_TRUE(paths.CountError(paths[0], 3));
  EXPECT_TRUE(paths.CountError(paths[1], 3));
  EXPECT_EQ(owner.changes, (std::vector<std::pair<int, bool>>{{0, false}}));
  EXPECT_FALSE(paths.CountError(paths[1], 3));
  EXPECT_EQ(owner.changes.size(), 2u);
  paths.ClearPathErrors(paths[1]);
  EXPECT_EQ(owner.changes.back(), (std::pair<int, bool>{1, true}));
  EXPECT_FALSE(paths[0].active);
  // An acknowledgement shows that the paths of its chunks work.
  paths[0].answers = true;
  paths.ClearErrors();
  EXPECT_TRUE(paths[0].active && paths[0].error_count == 0);
  EXPECT_TRUE(paths.CountError(paths[1], 3));
}

}  // namespace
}  // namespace mailport::sctp::test
