// Putting fragments together, by itself: which fragments may stand beside each other, the cost of holding them, and how often their bytes are copied.
#include "rx/reassembly.h"

#include <string>
#include <string_view>

#include "check.h"

namespace mailport::sctp::test {
namespace {

constexpr uint64_t kCumulative = 100;
constexpr size_t kRun = 128, kPiece = 80;  // The cost of holding, beside payload.
constexpr size_t kPieceBytes = 16 * 1024;

// `kind`: B begins, E ends, u is unordered; any other letter has no meaning.
Fragment FragmentOf(uint64_t tsn, std::string_view kind, uint16_t stream, uint16_t ssn, Bytes payload) {
  const auto has = [&](char letter) { return kind.find(letter) != std::string_view::npos; };
  return {tsn, {static_cast<uint32_t>(tsn), stream, ssn, 7, has('u')}, has('B'), has('E'), payload};
}

struct Piece {
  uint64_t tsn;
  std::string_view kind;
  uint16_t stream = 1, ssn = 5;
};

// Section 6.9.
TEST("a fragment fits if its neighbours go on where it does, begin where it ends, and are of its message") {
  const std::vector<Piece> nothing, begun{{101, "B"}}, begun_unordered{{101, "Bu"}}, middle{{103, "-"}}, next_begins{{103, "B"}}, last{{103, "E"}};
  const struct {
    std::vector<Piece> there;
    Piece comes;
    bool fits;
  } lines[] = {
      {nothing, {101, "BE"}, true},
      {nothing, {101, "B"}, true},
      {nothing, {101, "-"}, false},  // The chunk before it has come, and is no part of its message.
      {nothing, {101, "E"}, false},
      {nothing, {102, "B"}, true},
      {nothing, {102, "-"}, true},
      {nothing, {102, "E"}, true},
      {begun, {102, "E"}, true},
      {begun, {102, "-"}, true},
      {begun, {102, "B"}, false},
      {begun, {102, "BE"}, false},
      {begun, {102, "E", 2, 5}, false},
      {begun, {102, "E", 1, 6}, false},
      {begun, {102, "Eu"}, false},
      {begun, {103, "E", 2, 6}, true},
      {begun_unordered, {102, "Eu", 1, 6}, true},  // The number of an unordered message has no meaning.
      {begun_unordered, {102, "Eu", 2, 5}, false},
      {begun_unordered, {102, "E"}, false},
      {middle, {102, "B"}, true},
      {middle, {102, "-"}, true},
      {middle, {102, "B", 1, 6}, false},
      {middle, {102, "E"}, false},
      {middle, {102, "BE"}, false},
      {middle, {104, "E"}, true},
      {middle, {104, "BE"}, false},
      {next_begins, {102, "E"}, true},
      {next_begins, {102, "BE"}, true},
      {next_begins, {102, "E", 2, 6}, true},
      {next_begins, {102, "B"}, false},
      {next_begins, {102, "-"}, false},
      {last, {104, "B"}, true},
      {last, {104, "BE", 2, 6}, true},
      {last, {104, "-"}, false},
      {last, {104, "E"}, false},
      {{{101, "B"}, {103, "E"}}, {102, "-"}, true},
      {{{101, "B"}, {103, "E", 1, 6}}, {102, "-"}, false},
      {{{101, "B"}, {103, "E", 1, 6}}, {102, "E"}, false},
      {{{101, "B"}, {103, "B", 1, 6}}, {102, "E"}, true},
      {{{101, "BE"}}, {102, "E"}, false},  // A whole message is before it.
      {{{101, "BE"}}, {102, "B"}, true},
      {{{103, "BE"}}, {102, "B"}, false},  // A whole message is behind it.
      {{{103, "BE"}}, {102, "E"}, true},
      {{{103, "BE"}}, {102, "BE"}, true},
  };
  for (const auto& line : lines) {
    check::Note("line " + std::to_string(&line - lines));
    Reassembly reassembly;
    TsnMap seen;
    seen.Reset(kCumulative);
    const std::vector<uint8_t> byte(1, 'x');
    for (const Piece& piece : line.there) {
      const Fragment fragment = FragmentOf(piece.tsn, piece.kind, piece.stream, piece.ssn, byte);
      seen.Record(piece.tsn);
      if (!fragment.begins || !fragment.ends) EXPECT_FALSE(reassembly.Add(fragment).has_value());
    }
    EXPECT_EQ(reassembly.Fits(FragmentOf(line.comes.tsn, line.comes.kind, line.comes.stream, line.comes.ssn, byte), seen), line.fits);
  }
}

// Fragments of one message, each of so many bytes of its own letter.
struct Message {
  bool Add(uint64_t tsn, std::string_view kind, size_t bytes) {
    const std::vector<uint8_t> payload(bytes, static_cast<uint8_t>('a' + tsn % 26));
    const uint64_t before = reassembly.copied_bytes();
    std::optional<WholeMessage> whole = reassembly.Add(FragmentOf(tsn, kind, 1, 5, payload));
    copied = reassembly.copied_bytes() - before;
    if (whole) text.assign(whole->bytes.begin(), whole->bytes.end()), message = whole->message;
    return whole.has_value();
  }
  static std::string Letters(std::initializer_list<std::pair<uint64_t, size_t>> fragments) {
    std::string letters;
    for (const auto& [tsn, bytes] : fragments) letters += std::string(bytes, static_cast<char>('a' + tsn % 26));
    return letters;
  }

  Reassembly reassembly;
  uint64_t copied = 0;  // By the last fragment.
  std::string text;
  InboundMessage message;
};

TEST("fragments in any order cost their payload, and what pieces and runs of them cost, until the message is whole") {
  Message it;
  EXPECT_TRUE(it.reassembly.empty());
  it.Add(103, "-", 10);
  EXPECT_EQ(it.reassembly.held_bytes(), kRun + kPiece + 10);
  EXPECT_EQ(it.copied, 10u);
  it.Add(104, "-", 5);  // Behind the first fragment and in one piece with it, which moves to where there is room.
  EXPECT_EQ(it.reassembly.held_bytes(), kRun + kPiece + 15);
  EXPECT_EQ(it.copied, 15u);
  EXPECT_EQ(it.reassembly.latest_bytes(), 15u);
  it.Add(107, "E", 3);  // A run of its own.
  EXPECT_EQ(it.reassembly.held_bytes(), 2 * (kRun + kPiece) + 18);
  EXPECT_EQ(it.reassembly.latest_bytes(), 3u);
  it.Add(102, "B", 7);  // Before a run: a piece of its own, but the same run.
  EXPECT_EQ(it.reassembly.held_bytes(), 2 * kRun + 3 * kPiece + 25);
  EXPECT_EQ(it.copied, 7u);
  EXPECT_EQ(it.reassembly.latest_bytes(), 22u);
  it.Add(106, "-", 1);
  EXPECT_EQ(it.reassembly.held_bytes(), 2 * kRun + 4 * kPiece + 26);
  EXPECT_TRUE(it.Add(105, "-", 1));
  EXPECT_EQ(it.text, Message::Letters({{102, 7}, {103, 10}, {104, 5}, {105, 1}, {106, 1}, {107, 3}}));
  EXPECT_EQ(it.message.tsn, 102u);
  EXPECT_EQ(it.copied, 1u + 27);
  EXPECT_EQ(it.reassembly.latest_bytes(), 27u);
  EXPECT_EQ(it.reassembly.held_bytes() + it.reassembly.exempt_bytes(), 0u);
  EXPECT_TRUE(it.reassembly.empty());
}

TEST("messages that follow on each other share pieces of 16 KiB, larger ones stand alone, and one piece is handed on as it is") {
  const struct {
    size_t first, second;
    size_t pieces;
    uint64_t copied_by_second, copied_by_last;
  } lines[] = {
      {kPieceBytes - 384, 384, 1, kPieceBytes, 2u},  // The piece has grown by more than it needed.
      {kPieceBytes - 384, 385, 2, 385, 2u + kPieceBytes + 1 + 2},
      {20'000, 10, 2, 10, 2u + 20'010 + 2},
      {20'000, 30'000, 2, 30'000, 2u + 50'000 + 2},
      {100, 100, 1, 200, 2u + 200},
  };
  for (const auto& line : lines) {
    check::Note(std::to_string(line.first) + " and " + std::to_string(line.second));
    Message it;
    it.Add(101, "B", line.first);
    EXPECT_EQ(it.reassembly.held_bytes(), kRun + kPiece + line.first);
    it.Add(102, "-", line.second);
    EXPECT_EQ(it.reassembly.held_bytes(), kRun + line.pieces * kPiece + line.first + line.second);
    EXPECT_EQ(it.copied, line.copied_by_second);
    EXPECT_TRUE(it.Add(103, "E", 2));
    EXPECT_EQ(it.text, Message::Letters({{101, line.first}, {102, line.second}, {103, 2}}));
    EXPECT_EQ(it.copied, line.copied_by_last);
  }
}

TEST("the head is the first run, if it begins a message and nothing before it is missing") {
  Message it;
  EXPECT_TRUE(it.reassembly.Head(100) == nullptr);
  EXPECT_FALSE(it.reassembly.head_is_exempt());
  it.Add(105, "-", 1);
  EXPECT_TRUE(it.reassembly.Head(104) == nullptr);
  it.Add(102, "B", 1);
  EXPECT_TRUE(it.reassembly.Head(100) == nullptr);
  REQUIRE(it.reassembly.Head(101) != nullptr);
  EXPECT_EQ(it.reassembly.Head(101)->tsn, 102u);
  EXPECT_TRUE(it.reassembly.Head(102) != nullptr);
  EXPECT_FALSE(it.reassembly.head_is_exempt());
}

TEST("of the exempt message the payload alone counts, beside what is held; its small pieces are put together, and what joins it is too") {
  Message it;
  for (const auto& [tsn, bytes] : {std::pair{104, 10}, {103, 20}, {102, 30}}) it.Add(static_cast<uint64_t>(tsn), "-", static_cast<size_t>(bytes));
  it.Add(101, "B", 40);
  EXPECT_EQ(it.reassembly.held_bytes(), kRun + 4 * kPiece + 100);
  it.Add(107, "-", 5);
  it.Add(106, "-", 4);
  const uint64_t before = it.reassembly.copied_bytes();
  it.reassembly.ExemptHead();
  EXPECT_EQ(it.reassembly.copied_bytes() - before, 60u);
  EXPECT_TRUE(it.reassembly.head_is_exempt());
  EXPECT_EQ(it.reassembly.exempt_bytes(), 100u);
  EXPECT_EQ(it.reassembly.held_bytes(), kRun + 2 * kPiece + 9);
  it.Add(105, "-", 3);
  EXPECT_EQ(it.copied, 3u + 9);  // The piece had room.
  EXPECT_EQ(it.reassembly.exempt_bytes(), 112u);
  EXPECT_EQ(it.reassembly.held_bytes(), 0u);
  EXPECT_TRUE(it.Add(108, "E", 1));
  EXPECT_EQ(it.copied, 1u);  // One piece.
  EXPECT_EQ(it.text, Message::Letters({{101, 40}, {102, 30}, {103, 20}, {104, 10}, {105, 3}, {106, 4}, {107, 5}, {108, 1}}));
  EXPECT_EQ(it.reassembly.exempt_bytes(), 0u);
  EXPECT_FALSE(it.reassembly.head_is_exempt());
}

TEST("pieces are put together up to 16 KiB and no further") {
  for (const size_t second : {kPieceBytes - 10'000, kPieceBytes - 10'000 + 1}) {
    check::Note(std::to_string(second));
    const bool together = second == kPieceBytes - 10'000;
    Message it;
    it.Add(103, "-", 100);
    it.Add(102, "-", second);
    it.Add(101, "B", 10'000);
    const uint64_t before = it.reassembly.copied_bytes();
    it.reassembly.ExemptHead();
    EXPECT_EQ(it.reassembly.copied_bytes() - before, together ? second : 100u);
    EXPECT_TRUE(it.Add(104, "E", 1));
    EXPECT_EQ(it.text, Message::Letters({{101, 10'000}, {102, second}, {103, 100}, {104, 1}}));
  }
}

TEST("cleared, nothing is held, and it can be used again") {
  Message it;
  it.Add(101, "B", 10);
  it.Add(104, "-", 10);
  it.reassembly.ExemptHead();
  it.reassembly.Clear();
  EXPECT_TRUE(it.reassembly.empty());
  EXPECT_EQ(it.reassembly.held_bytes() + it.reassembly.exempt_bytes(), 0u);
  it.Add(102, "B", 1);
  EXPECT_TRUE(it.Add(103, "E", 2));
  EXPECT_EQ(it.text, Message::Letters({{102, 1}, {103, 2}}));
}

}  // namespace
}  // namespace mailport::sctp::test
