// RFC 8260 sections 2.1 and 2.2.3: I-DATA byte by byte, and what a receiver makes of it. The peer is the test.
#include <algorithm>
#include <string>

#include "interleaved_receiver.h"
#include "packet/idata_chunk.h"
#include "random.h"

namespace mailport::sctp::test {
namespace {

TEST("I-DATA byte by byte: the ppid in the chunk that begins a message, the FSN in others; truncated at every length") {
  std::vector<uint8_t> chunk(kIDataHeaderBytes + 3, 'x');
  WriteIDataHeader({0x01020304, 0x0506, 0x0708090a, 0x0b0c0d0e, kWhole | kU, {}, 0x11121314}, 3, chunk.data());
  EXPECT_EQ(chunk, (std::vector<uint8_t>{64, 7, 0, 23, 1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 13, 14, 'x', 'x', 'x'}));
  DataChunk data;
  REQUIRE(ParseIData({chunk[0], chunk[1], chunk}, &data));
  EXPECT_EQ(data.ppid, 0x0b0c0d0eu);
  EXPECT_EQ(data.fsn, 0u);
  WriteIDataHeader({1, 2, 3, 4, kE, {}, 0x11121314}, 3, chunk.data());
  chunk[10] = 0xff;  // Reserved bits mean nothing.
  REQUIRE(ParseIData({chunk[0], chunk[1], chunk}, &data));
  EXPECT_TRUE(data.tsn == 1 && data.stream == 2 && data.ssn == 3 && data.ppid == 0 && data.fsn == 0x11121314 && data.payload.size() == 3);
  for (size_t length = kChunkHeaderBytes; length < kIDataHeaderBytes; ++length) EXPECT_FALSE(ParseIData({chunk[0], chunk[1], Bytes(chunk).first(length)}, &data));
}

TEST("I-FORWARD-TSN byte by byte, and truncated at every length") {
  std::vector<uint8_t> chunk(24);
  WriteIForwardTsn(7, std::vector<SkippedStream>{{1, 0x01020304}, {3, 4, true}}, chunk.data());
  EXPECT_EQ(chunk, (std::vector<uint8_t>{194, 0, 0, 24, 0, 0, 0, 7, 0, 1, 0, 0, 1, 2, 3, 4, 0, 3, 0, 1, 0, 0, 0, 4}));
  ForwardTsnChunk forward;
  for (size_t length = kChunkHeaderBytes; length <= chunk.size(); ++length) {
    const bool whole = length == 8 || length == 16 || length == 24;
    if (!EXPECT_EQ(ParseForwardTsn({chunk[0], chunk[1], Bytes(chunk).first(length)}, &forward), whole)) return;
  }
  REQUIRE(forward.streams() == 2);
  EXPECT_TRUE(forward.StreamAt(0) == (SkippedStream{1, 0x01020304}));
  EXPECT_TRUE(forward.StreamAt(1) == (SkippedStream{3, 4, true}));
}

TEST("§2.2.3: fragments of several messages come by turns, each found by its stream, U bit and MID") {
  Receiver r;
  r.Data(1, 0, 0, "a", kB);
  r.Data(2, 0, 0, "A", kB);
  r.Data(1, 0, 0, "1", kB | kU);  // Unordered messages have numbers of their own.
  r.Data(1, 0, 1, "b", 0);
  r.Data(2, 0, 1, "B", kE);
  r.Data(1, 0, 1, "2", kE | kU);
  EXPECT_EQ(r.Data(1, 0, 2, "c", kE), DataResult::kAccepted);
  EXPECT_EQ(r.reader.Told(), "2.0=AB 1u0=12 1.0=abc");
  EXPECT_EQ(r.in.held_bytes(), 0u);
}

TEST("§2.2.3: the FSN orders a message, whatever the TSNs say") {
  Receiver r;
  for (const auto& [fsn, text, flags] : {std::tuple{3u, "d", kE}, {0u, "a", kB}, {2u, "c", uint8_t{0}}, {1u, "b", uint8_t{0}}})
    EXPECT_EQ(r.Data(1, 0, fsn, text, flags), DataResult::kAccepted);
  EXPECT_EQ(r.reader.Told(), "1.0=abcd");
}

TEST("§2.1: fragments whose numbers begin with 0 for the second one make a message only where the peer counts so") {
  for (const bool counts_so : {false, true}) {
    Receiver peer;
    peer.in.Reset(kTsn, 10, true, true, counts_so);
    EXPECT_TRUE(peer.Data(1, 0, 0, "ab", kB) == DataResult::kAccepted);
    EXPECT_TRUE(peer.Data(1, 0, 0, "cd", 0) == (counts_so ? DataResult::kAccepted : DataResult::kMalformed));
    if (!counts_so) continue;
    EXPECT_TRUE(peer.Data(1, 0, UINT32_MAX, "xx", 0) == DataResult::kMalformed);
    EXPECT_TRUE(peer.Data(1, 0, 1, "ef", kE) == DataResult::kAccepted);
    EXPECT_EQ(peer.reader.Told(), "1.0=abcdef");
  }
}

TEST("§2.1: messages of a stream are delivered in the order of their MIDs, which wrap after 2^32 - 1") {
  Receiver r(true);
  r.Data(1, 0, 0, "x", kWhole);
  EXPECT_TRUE(r.Forward(1, {{1, 0x7fffffff}}));
  EXPECT_TRUE(r.Forward(2, {{1, 0xfffffffd}}));
  r.next = 3;
  r.Data(1, 1, 0, "d", kWhole);
  r.Data(1, 0, 0, "c", kWhole);
  r.Data(1, 0xffffffff, 0, "b", kWhole);
  EXPECT_EQ(r.reader.Told(), "1.0=x");
  r.Data(1, 0xfffffffe, 0, "a", kWhole);
  EXPECT_EQ(r.reader.Told(), "1.4294967294=a 1.4294967295=b 1.0=c 1.1=d");
}

TEST("fragments that contradict each other end the association: the same FSN twice, one beyond the last, two last ones, a first one without B") {
  struct Case {
    const char* what;
    std::vector<std::tuple<uint32_t, uint8_t>> fragments;  // FSN and flags. The last one is wrong.
  };
  for (const Case& each : {Case{"the same FSN", {{0, kB}, {1, 0}, {1, 0}}},
                           Case{"B twice", {{0, kB}, {0, kB}}},
                           Case{"in the middle of a run", {{1, 0}, {2, 0}, {3, 0}, {2, 0}}},
                           Case{"beyond the last", {{4, kE}, {5, 0}}},
                           Case{"a last one before others", {{0, kB}, {9, 0}, {4, kE}}},
                           Case{"two last ones", {{4, kE}, {3, kE}}},
                           Case{"FSN 0 without B", {{0, 0}}},
                           Case{"a whole message where fragments are", {{0, kB}, {0, kWhole}}}}) {
    check::Note(each.what);
    for (const uint8_t unordered : {uint8_t{0}, kU}) {
      Receiver r;
      for (size_t index = 0; index < each.fragments.size(); ++index) {
        const auto& [fsn, flags] = each.fragments[index];
        const bool is_last = index + 1 == each.fragments.size();
        EXPECT_EQ(r.Data(1, 0, fsn, "x", flags | unordered), is_last ? DataResult::kMalformed : DataResult::kAccepted);
      }
      EXPECT_EQ(r.reader.Told(), "");
    }
  }
}

TEST("a MID that is past, or that waits for its turn already, ends the association; one of which nothing has come is waited for, whatever the TSNs") {
  Receiver past;
  past.Data(1, 0, 0, "x", kWhole);
  EXPECT_EQ(past.Data(1, 0, 0, "y", kWhole), DataResult::kMalformed);
  Receiver fragment;
  fragment.Data(1, 0, 0, "x", kWhole);
  EXPECT_EQ(fragment.Data(1, 0, 3, "y", 0), DataResult::kMalformed);
  Receiver kept;
  EXPECT_EQ(kept.Data(1, 1, 0, "x", kWhole, 1), DataResult::kAccepted);
  EXPECT_EQ(kept.Data(1, 1, 0, "y", kB, 2), DataResult::kMalformed);
  Receiver early;
  EXPECT_EQ(early.Data(1, 1, 0, "b", kWhole), DataResult::kAccepted);
  EXPECT_EQ(early.Data(1, 0, 0, "a", kWhole), DataResult::kAccepted);
  EXPECT_EQ(early.reader.Told(), "1.0=a 1.1=b");
}

TEST("an FSN of 64 Mi or more is of a message that is too large") {
  Receiver r;
  EXPECT_EQ(r.Data(1, 0, (64u << 20) - 1, "x", 0), DataResult::kAccepted);
  EXPECT_EQ(r.Data(1, 0, 64u << 20, "x", 0), DataResult::kTooLarge);
  EXPECT_TRUE(r.in.held_bytes() < 400);
}

TEST("a chunk for a stream that does not exist is acknowledged and reported") {
  Receiver r;
  EXPECT_EQ(r.Data(10, 0, 5, "x", 0), DataResult::kBadStream);
  EXPECT_EQ(r.in.cumulative_tsn(), kTsn);
  EXPECT_EQ(r.in.held_bytes(), 0u);
}

// Nobody reads, so nothing is exempt. Each half message counts with its overhead: a node for it and for its run, and a piece.
TEST("half messages without end hold at most four windows, overhead included, and each costs the same to take") {
  Receiver r;
  r.reader.takes = false;
  uint32_t taken = 0;
  for (uint32_t number = 0; number < 20'000; ++number) {
    const DataResult result = r.Data(static_cast<uint16_t>(number % 10), number / 10, 0, "x", kB);
    if (result != DataResult::kAccepted) break;
    ++taken;
  }
  EXPECT_TRUE(taken > 100 && taken < 1300);
  EXPECT_TRUE(r.in.held_bytes() <= 4 * kWindow);
  EXPECT_EQ(r.in.held_bytes(), taken * (kAround + 1));
  EXPECT_EQ(r.in.AdvertisedWindow(), 0u);
  EXPECT_EQ(r.in.work(), taken);  // Bytes copied.
}

TEST("messages that fill the window together, while the application reads, are waited for with an open window; 64 MiB of one is too much") {
  Receiver r;
  const std::string piece(1000, 'x');
  for (uint32_t fsn = 0; fsn < 100; ++fsn) {
    for (uint16_t stream = 0; stream < 10; ++stream)
      if (!EXPECT_EQ(r.Data(stream, 0, fsn, piece, fsn == 0 ? kB : fsn == 99 ? kE : 0), DataResult::kAccepted)) return;
    if (!EXPECT_TRUE(r.in.AdvertisedWindow() > kWindow / 3)) return;
  }
  EXPECT_EQ(r.in.held_bytes() + r.in.exempt_bytes(), 0u);
  EXPECT_EQ(std::count(r.reader.told.begin(), r.reader.told.end(), '='), 10);
  const std::string large(60'000, 'x');
  DataResult result = DataResult::kAccepted;
  uint32_t fsn = 0;
  for (; result == DataResult::kAccepted; ++fsn) result = r.Data(1, 1, fsn, large, fsn == 0 ? kB : 0);
  EXPECT_EQ(result, DataResult::kTooLarge);
  EXPECT_EQ(fsn, (64u << 20) / large.size() + 1);
}

TEST("a message that nobody reads keeps the window shut, and opens it when somebody reads") {
  Receiver r;
  r.reader.takes = false;
  uint32_t fsn = 0;
  for (; r.in.AdvertisedWindow() != 0; ++fsn) REQUIRE(r.Data(1, 0, fsn, std::string(1000, 'x'), fsn == 0 ? kB : 0) == DataResult::kAccepted);
  EXPECT_TRUE(r.in.exempt_bytes() == 0 && r.reader.stuck > 0);
  r.reader.takes = true;
  r.in.OnReading();
  EXPECT_EQ(r.in.AdvertisedWindow(), kWindow);
  EXPECT_TRUE(r.in.exempt_bytes() > kWindow / 2);
}

// Each of them is small, and none of them is the last one that something has come of.
TEST("small messages that have filled the window while nobody reads open half of it when somebody does, oldest first, and no more than that") {
  Receiver r;
  r.reader.takes = false;
  uint32_t begun = 0;
  for (; r.in.AdvertisedWindow() != 0; ++begun) REQUIRE(r.Data(static_cast<uint16_t>(begun % 10), begun / 10, 0, "x", kB | kU) == DataResult::kAccepted);
  EXPECT_EQ(r.in.exempt_bytes(), 0u);
  r.reader.takes = true;
  r.in.OnReading();
  const size_t left = (kWindow / 2 - 1) / (kAround + 1);
  EXPECT_EQ(r.in.held_bytes(), left * (kAround + 1));
  EXPECT_EQ(r.in.exempt_bytes(), (begun - left) * (kAround + 1));
  EXPECT_EQ(r.Data(0, 0, 1, "y", kE | kU), DataResult::kAccepted);
  EXPECT_EQ(r.in.exempt_bytes(), (begun - left - 1) * (kAround + 1));
  EXPECT_EQ(r.reader.Told(), "0u0=xy");
}

TEST("a message is exempt only once it has its beginning and no other must be delivered before; when that is so is noticed whatever comes") {
  struct Case {
    const char* what;
    std::vector<std::tuple<uint32_t, uint32_t, uint8_t>> chunks;  // MID, FSN and flags, of half a window less their overhead each. The last one makes the first MID exempt.
    uint32_t skips = UINT32_MAX;  // Or an I-FORWARD-TSN that skips up to this MID does.
  };
  const std::string half(kWindow / 2 - kAround, 'x');
  for (const Case& each : {Case{"its beginning comes last", {{0, 1, 0}, {0, 0, kB}}}, Case{"the one before is whole", {{1, 0, kB}, {0, 0, kWhole}}},
                           Case{"the one before becomes whole", {{1, 0, kB}, {0, 0, kB}, {0, 1, kE}}}, Case{"the one before is given up", {{1, 0, kB}}, 0},
                           Case{"one before waits for its turn", {{2, 0, kB}, {1, 0, kWhole}, {0, 0, kWhole}}}}) {
    check::Note(each.what);
    Receiver r(true);
    const size_t last = each.chunks.size() - (each.skips == UINT32_MAX ? 1 : 0);
    const auto take = [&](size_t index) {
      const auto& [mid, fsn, flags] = each.chunks[index];
      EXPECT_EQ(r.Data(1, mid, fsn, mid == std::get<0>(each.chunks[0]) && index == 0 ? half : "y", flags), DataResult::kAccepted);
    };
    for (size_t index = 0; index < last; ++index) {
      take(index);
      EXPECT_TRUE(r.in.exempt_bytes() < kWindow / 2);
    }
    if (last < each.chunks.size()) {
      take(last);
    } else {
      EXPECT_TRUE(r.Forward(r.next, {{1, each.skips}}));
    }
    EXPECT_TRUE(r.in.exempt_bytes() >= kWindow / 2 && r.in.held_bytes() == 0);
  }
}

TEST("a message that has filled half of what may be held is exempt if there is room, one that has filled half of the window in any case") {
  const struct {
    size_t bytes, limit, room;  // Charged, held at most, and what may outgrow that.
    bool exempt;
  } lines[] = {
      {1000, 2000, 1000, true}, {1000, 2002, 1000, false},     {1000, 2000, 999, false},         {1000, 0, 1000, true},
      {1000, SIZE_MAX, 1000, false}, {kWindow / 2, 1, 0, true}, {kWindow / 2 - 1, 1, 0, false},
  };
  for (const auto& line : lines) {
    check::Note(std::to_string(line.bytes) + " of " + std::to_string(line.limit));
    Receiver r;
    r.reader.limit = line.limit;
    r.reader.room = line.room;
    r.Data(1, 0, 0, std::string(line.bytes - kAround, 'x'), kB);
    EXPECT_EQ(r.in.exempt_bytes(), line.exempt ? line.bytes : 0);
  }
}

TEST("§2.3.1: a skipped message is dropped wherever its fragments lie, others stay; a late fragment of it is nothing new") {
  for (const uint8_t unordered : {uint8_t{0}, kU}) {
    Receiver r(true);
    r.Data(1, 0, 0, "a", kB | unordered);  // TSN 0
    r.Data(2, 0, 0, "A", kB);              // TSN 1
    EXPECT_EQ(r.Data(1, 0, 2, "c", unordered, 3), DataResult::kAccepted);
    EXPECT_TRUE(r.Forward(2, {{1, 0, unordered != 0}}));
    EXPECT_EQ(r.in.cumulative_tsn(), kTsn + 3);
    EXPECT_EQ(r.Data(1, 0, 3, "d", kE | unordered, 4), DataResult::kAccepted);  // Was on its way.
    EXPECT_EQ(r.Data(2, 0, 1, "B", kE, 5), DataResult::kAccepted);
    EXPECT_EQ(r.Data(1, 1, 0, "next", kWhole | unordered, 6), DataResult::kAccepted);
    EXPECT_EQ(r.reader.Told(), unordered ? "2.0=AB 1u1=next" : "2.0=AB 1.1=next");
    EXPECT_EQ(r.in.held_bytes(), 0u);
  }
}

TEST("§2.3.1: an ordered entry leaves unordered messages of the stream alone, and the other way round") {
  Receiver r(true);
  r.Data(1, 5, 0, "u", kB | kU);
  r.Data(1, 0, 0, "o", kB);
  EXPECT_TRUE(r.Forward(2, {{1, 5}}));
  r.Data(1, 5, 1, "v", kE | kU, 3);
  r.Data(1, 6, 0, "p", kB, 4);
  EXPECT_TRUE(r.Forward(5, {{1, 5, true}}));
  r.Data(1, 6, 1, "q", kE, 6);
  EXPECT_EQ(r.reader.Told(), "1u5=uv 1.6=pq");
}

TEST("§2.3.1: kept messages before a skipped one are delivered, and the stream goes on behind it") {
  Receiver r(true);
  for (const uint32_t mid : {1u, 3u, 4u}) r.Data(1, mid, 0, std::to_string(mid), kWhole, mid);
  EXPECT_TRUE(r.Forward(2, {{1, 2}}));
  EXPECT_EQ(r.reader.Told(), "1.1=1 1.3=3 1.4=4");
}

// Messages in random streams, cut at random, with the fragments of several streams mixed, in a random order of arrival.
TEST("whatever the order of arrival, each message is put together from its own fragments, and delivered once, in its stream's order") {
  struct Chunk {
    uint16_t stream;
    uint32_t mid, fsn;
    std::string text;
    uint8_t flags;
    uint32_t tsn;
  };
  for (const uint64_t seed : check::Seeds(300)) {
    check::Note("seed " + std::to_string(seed));
    Random random(seed);
    Receiver r;
    std::map<std::pair<uint16_t, uint8_t>, uint32_t> mids;
    std::vector<Chunk> chunks;
    std::map<std::string, int> expected;
    std::vector<std::vector<Chunk>> messages;
    for (uint64_t count = 1 + random.Below(20); count != 0; --count) {
      const auto stream = static_cast<uint16_t>(random.Below(4));
      const uint8_t unordered = random.Chance(0.3) ? kU : 0;
      const uint32_t mid = mids[{stream, unordered}]++;
      std::vector<Chunk>& message = messages.emplace_back();
      std::string whole;
      const auto fragments = static_cast<uint32_t>(1 + random.Below(6));
      for (uint32_t fsn = 0; fsn < fragments; ++fsn) {
        const std::string text(1 + random.Below(3), static_cast<char>('a' + random.Below(26)));
        whole += text;
        message.push_back({stream, mid, fsn, text, static_cast<uint8_t>((fsn == 0 ? kB : 0) | (fsn + 1 == fragments ? kE : 0) | unordered), 0});
      }
      ++expected[std::to_string(stream) + (unordered ? "u" : ".") + std::to_string(mid) + "=" + whole];
    }
    for (uint32_t tsn = 0; !messages.empty(); ++tsn) {
      std::vector<Chunk>& message = messages[random.Below(messages.size())];
      message.front().tsn = tsn;
      chunks.push_back(message.front());
      message.erase(message.begin());
      std::erase_if(messages, [](const std::vector<Chunk>& each) { return each.empty(); });
    }
    for (size_t left = chunks.size(); left > 1; --left) std::swap(chunks[left - 1], chunks[random.Below(left)]);
    for (const Chunk& each : chunks) EXPECT_EQ(r.Data(each.stream, each.mid, each.fsn, each.text, each.flags, each.tsn), DataResult::kAccepted);
    std::map<std::string, int> told;
    std::map<std::string, uint32_t> next;
    for (size_t at = 0; at < r.reader.told.size();) {
      const size_t end = std::min(r.reader.told.find(' ', at), r.reader.told.size());
      const std::string message = r.reader.told.substr(at, end - at);
      ++told[message];
      if (const size_t dot = message.find('.'); dot != std::string::npos) EXPECT_EQ(std::stoul(message.substr(dot + 1)), next[message.substr(0, dot)]++);
      at = end + 1;
    }
    EXPECT_TRUE(told == expected);
    if (!EXPECT_EQ(r.in.held_bytes() + r.in.exempt_bytes(), 0u)) return;
  }
}

}  // namespace
}  // namespace mailport::sctp::test
