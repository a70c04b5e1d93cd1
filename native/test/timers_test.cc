// The timer queue: order, what callbacks may do, laziness, and a comparison with a list that is searched.
#include "timers.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "check.h"
#include "random.h"

namespace mailport::sctp::test {
namespace {

// A timer that runs a function.
struct Alarm {
  Alarm(TimerQueue& queue, std::function<void(TimeUs)> action) : action(std::move(action)), timer(queue, this, Fire) {}
  static void Fire(void* owner, TimeUs now) { static_cast<Alarm*>(owner)->action(now); }

  std::function<void(TimeUs)> action;
  Timer timer;
};

struct Fixture {
  TimerQueue queue;
  std::vector<int> fired;
  std::unique_ptr<Alarm> Make(int id) {
    return std::make_unique<Alarm>(queue, [this, id](TimeUs) { fired.push_back(id); });
  }
};

TEST("fires in order of deadline, and not before it") {
  Fixture f;
  auto a = f.Make(1), b = f.Make(2), c = f.Make(3);
  a->timer.Start(300);
  b->timer.Start(100);
  c->timer.Start(200);
  EXPECT_EQ(f.queue.NextDeadline(), 100u);
  f.queue.Run(99);
  EXPECT_TRUE(f.fired.empty());
  f.queue.Run(250);
  EXPECT_EQ(f.fired, (std::vector{2, 3}));
  EXPECT_FALSE(b->timer.running());
  EXPECT_TRUE(a->timer.running());
  f.queue.Run(300);
  EXPECT_EQ(f.fired, (std::vector{2, 3, 1}));
  EXPECT_EQ(f.queue.NextDeadline(), kNever);
  EXPECT_EQ(f.queue.size(), 0u);
}

TEST("a stopped timer does not fire, and fires again once restarted") {
  Fixture f;
  auto a = f.Make(1);
  a->timer.Start(100);
  a->timer.Stop();
  EXPECT_FALSE(a->timer.running());
  f.queue.Run(200);
  EXPECT_TRUE(f.fired.empty());
  a->timer.Start(300);
  a->timer.Stop();
  a->timer.Start(250);
  f.queue.Run(250);
  EXPECT_EQ(f.fired, (std::vector{1}));
  a->timer.Start(kNever);
  EXPECT_FALSE(a->timer.running());
}

TEST("a postponed timer fires at its last deadline, one brought forward at the earlier") {
  Fixture f;
  auto a = f.Make(1), b = f.Make(2);
  a->timer.Start(100);
  a->timer.Start(400);
  a->timer.Start(300);
  b->timer.Start(500);
  b->timer.Start(50);
  EXPECT_EQ(a->timer.deadline(), 300u);
  f.queue.Run(299);
  EXPECT_EQ(f.fired, (std::vector{2}));
  EXPECT_EQ(f.queue.NextDeadline(), 300u);
  f.queue.Run(300);
  EXPECT_EQ(f.fired, (std::vector{2, 1}));
}

TEST("a postponed timer that is due by now fires in its right place") {
  Fixture f;
  auto a = f.Make(1), b = f.Make(2), c = f.Make(3);
  a->timer.Start(10);
  a->timer.Start(30);
  b->timer.Start(20);
  c->timer.Start(40);
  f.queue.Run(100);
  EXPECT_EQ(f.fired, (std::vector{2, 1, 3}));
}

TEST("a callback may stop, postpone and destroy timers that are due too") {
  Fixture f;
  auto b = f.Make(2), c = f.Make(3), d = f.Make(4), e = f.Make(5);
  Alarm a(f.queue, [&](TimeUs now) {
    b->timer.Stop();
    c->timer.Start(now + 50);
    d.reset();
  });
  a.timer.Start(10);
  b->timer.Start(20);
  c->timer.Start(20);
  d->timer.Start(20);
  e->timer.Start(20);
  f.queue.Run(100);
  EXPECT_EQ(f.fired, (std::vector{5}));
  f.queue.Run(150);
  EXPECT_EQ(f.fired, (std::vector{5, 3}));
  EXPECT_EQ(f.queue.size(), 0u);
}

TEST("a callback may destroy its own timer") {
  TimerQueue queue;
  int fired = 0;
  std::unique_ptr<Alarm> a;
  a = std::make_unique<Alarm>(queue, [&](TimeUs) {
    fired++;
    auto dying = std::move(a);
  });
  a->timer.Start(10);
  queue.Run(10);
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(queue.size(), 0u);
}

TEST("a timer started in a callback for a time that is due fires in a later call") {
  TimerQueue queue;
  int fired = 0;
  Alarm a(queue, [&](TimeUs now) {
    fired++;
    a.timer.Start(now);
  });
  Alarm b(queue, [&](TimeUs) { fired += 100; });
  Alarm c(queue, [&](TimeUs) { b.timer.Start(5); });
  a.timer.Start(10);
  b.timer.Start(20);
  c.timer.Start(8);
  queue.Run(30);
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(queue.NextDeadline(), 5u);
  queue.Run(30);
  EXPECT_EQ(fired, 102);
}

TEST("a timer stopped and started again in a callback fires once") {
  Fixture f;
  auto b = f.Make(2);
  Alarm a(f.queue, [&](TimeUs) {
    b->timer.Stop();
    b->timer.Start(20);
  });
  a.timer.Start(10);
  b->timer.Start(20);
  f.queue.Run(50);
  f.queue.Run(50);
  EXPECT_EQ(f.fired, (std::vector{2}));
}

TEST("restarting a running timer over and over does not grow the queue") {
  Fixture f;
  auto a = f.Make(1);
  for (TimeUs now = 0; now < 10'000; now++) {
    a->timer.Stop();
    a->timer.Start(now + 1000);
    f.queue.Run(now);
  }
  EXPECT_EQ(f.queue.size(), 1u);
  EXPECT_TRUE(f.fired.empty());
}

TEST("stopping and postponing only write the time: the queue is put right when the old time comes") {
  Fixture f;
  auto a = f.Make(1), b = f.Make(2);
  a->timer.Start(100);
  a->timer.Start(400);
  EXPECT_EQ(f.queue.NextDeadline(), 100u);
  a->timer.Start(100);
  a->timer.Stop();
  EXPECT_EQ(f.queue.NextDeadline(), 100u);
  EXPECT_EQ(f.queue.size(), 1u);
  a->timer.Start(400);
  b->timer.Start(200);
  f.queue.Run(100);
  EXPECT_EQ(f.queue.NextDeadline(), 200u);
  a->timer.Start(150);  // An earlier deadline is put right at once.
  EXPECT_EQ(f.queue.NextDeadline(), 150u);
  f.queue.Run(400);
  EXPECT_EQ(f.fired, (std::vector{1, 2}));
}

// The model is a list of deadlines that every step searches.
TEST("does what a searched list of deadlines would, over random histories") {
  for (uint64_t seed : check::Seeds(300)) {
    check::Note("seed " + std::to_string(seed));
    Random random(seed);
    constexpr int kCount = 20;
    Fixture f;
    std::vector<std::unique_ptr<Alarm>> alarms;
    std::vector<TimeUs> model(kCount, kNever);
    for (int id = 0; id < kCount; id++) alarms.push_back(f.Make(id));
    TimeUs now = 0;
    for (int step = 0; step < 300; step++) {
      int id = static_cast<int>(random.Below(kCount));
      switch (random.Below(5)) {
        case 0:
        case 1:
          model[id] = now + random.Below(200);
          alarms[id]->timer.Start(model[id]);
          break;
        case 2:
          model[id] = kNever;
          alarms[id]->timer.Stop();
          break;
        case 3:
          model[id] = kNever;
          alarms[id] = f.Make(id);
          break;
        default: {
          now += random.Below(60);
          std::vector<TimeUs> expected;
          std::vector<int> expected_ids;
          for (int i = 0; i < kCount; i++)
            if (model[i] <= now) expected.push_back(model[i]), expected_ids.push_back(i);
          std::sort(expected.begin(), expected.end());
          f.queue.Run(now);
          std::vector<TimeUs> fired;
          for (int i : f.fired) fired.push_back(model[i]);
          if (!EXPECT_EQ(fired, expected)) return;
          std::sort(f.fired.begin(), f.fired.end());
          if (!EXPECT_EQ(f.fired, expected_ids)) return;
          for (int i : f.fired) model[i] = kNever;
          f.fired.clear();
        }
      }
      TimeUs next = *std::min_element(model.begin(), model.end());
      if (!EXPECT_TRUE(f.queue.NextDeadline() <= next)) return;
    }
  }
}

}  // namespace
}  // namespace mailport::sctp::test
