// Electors with clocks of different rates and starts, slow and lossy calls, requests that arrive late, an administrator who
// edits and deletes the lease, wall clocks that step: never do two lead at once, and when faults end, one does.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <queue>
#include <random>

#include "leader/elector.h"

namespace drover {
namespace {

class World {
 public:
  // `skew`: how far clock rates may be from 1.
  World(std::uint64_t seed, int electors, double skew) : random_(seed) {
    for (int i = 0; i < electors; ++i) {
      nodes_.push_back(
          {Elector({.identity = "e" + std::to_string(i)}), uniform(1 - skew, 1 + skew), from_seconds(uniform(0, 1e6))});
      wake(i, from_seconds(uniform(0, 5)));
    }
  }

  // Runs to `end`; true when there was never more than one leader.
  bool run(Duration end) {
    while (!events_.empty() && events_.top().at <= end) {
      const Event event = events_.top();
      events_.pop();
      now_ = event.at;
      event.act();
      if (leaders() > 1) return false;
    }
    now_ = end;
    return leaders() <= 1;
  }
  void heal() { faults_ = false; }
  // Unlike another world, ours has an administrator.
  void administrator_until(Duration end) {
    for (Duration at{}; at < end; at += from_seconds(uniform(5, 60))) schedule(at, [this] { meddle(); });
  }
  [[nodiscard]] int leaders() const {
    return static_cast<int>(
        std::count_if(nodes_.begin(), nodes_.end(), [&](const Node& n) { return n.elector.leads(local(n, now_)); }));
  }
  [[nodiscard]] int terms() const { return terms_; }

 private:
  struct Node {
    Elector elector;
    double rate;
    Duration offset;
  };
  struct Event {
    Duration at;
    std::uint64_t order;
    std::function<void()> act;
    bool operator>(const Event& other) const { return std::pair(at, order) > std::pair(other.at, other.order); }
  };

  double uniform(double low, double high) { return std::uniform_real_distribution<double>(low, high)(random_); }
  bool chance(double p) { return uniform(0, 1) < p; }
  [[nodiscard]] static Duration local(const Node& node, Duration real) {
    return node.offset + from_seconds(to_seconds(real) * node.rate);
  }
  Instant wall() { return Instant{hours{500000} + now_ + (chance(0.1) ? hours{-1000} : hours{0})}; }
  void schedule(Duration at, std::function<void()> act) { events_.push({at, order_++, std::move(act)}); }
  void wake(int i, Duration after) {
    schedule(now_ + after, [this, i] { step(i); });
  }

  void step(int i) {
    Node& node = nodes_[static_cast<std::size_t>(i)];
    const Elector::Step next = node.elector.step(wall(), local(node, now_));
    if (next.what == Elector::Step::Do::Pause) {
      const bool frozen = faults_ && chance(0.01);  // the process stops for a while
      return wake(i, from_seconds(to_seconds(next.wait) / node.rate + 1e-6 + (frozen ? uniform(0, 40) : 0)));
    }
    send(i, next);
  }

  // Delays on the way there and back; a call that takes more than 5 s of the elector's own time fails with unknown outcome.
  void send(int i, const Elector::Step& call) {
    const Duration sent = local(nodes_[static_cast<std::size_t>(i)], now_);
    const Duration there = from_seconds(faults_ && chance(0.1) ? uniform(0, 30) : uniform(0, 0.05));
    const Duration back = from_seconds(faults_ && chance(0.1) ? uniform(0, 8) : uniform(0, 0.05));
    const bool lost = faults_ && chance(0.05);
    const Duration limit = from_seconds(5 / nodes_[static_cast<std::size_t>(i)].rate);
    const bool answered = !lost && there + back < limit;
    schedule(now_ + there, [this, i, call, sent, back, answered] {
      const Result<std::optional<Lease>> result = serve(call);
      if (answered) schedule(now_ + back, [this, i, call, sent, result] { answer(i, call, sent, result); });
    });
    if (!answered) schedule(now_ + limit, [this, i, call, sent] { answer(i, call, sent, Error{ErrorClass::UnknownOutcome, ""}); });
  }

  Result<std::optional<Lease>> serve(const Elector::Step& call) {
    switch (call.what) {
      case Elector::Step::Do::Create:
        if (stored_) return Error{ErrorClass::AlreadyExists, ""};
        break;
      case Elector::Step::Do::Update:
        if (!stored_) return Error{ErrorClass::NotFound, ""};
        if (stored_->resource_version != call.lease.resource_version) return Error{ErrorClass::Conflict, ""};
        break;
      default: return stored_;
    }
    if (!stored_ || stored_->holder != call.lease.holder) ++terms_;
    stored_ = call.lease;
    stored_->resource_version = std::to_string(++version_);
    return stored_;
  }

  void answer(int i, const Elector::Step& call, Duration sent, const Result<std::optional<Lease>>& result) {
    Node& node = nodes_[static_cast<std::size_t>(i)];
    const Duration mono = local(node, now_);
    if (!result) {
      node.elector.has_failed(result.error().cls, mono);
    } else if (call.what == Elector::Step::Do::Read) {
      node.elector.was_read(*result, mono);
    } else {
      node.elector.was_written(**result, sent);
    }
    wake(i, Duration{1000});
  }

  void meddle() {
    if (!stored_ || !faults_) return;
    if (chance(0.5)) {
      stored_->resource_version = std::to_string(++version_);  // a label, say
    } else if (chance(0.3)) {
      stored_->holder = "stranger";
      stored_->resource_version = std::to_string(++version_);
    }
  }

  std::mt19937_64 random_;
  std::vector<Node> nodes_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t order_ = 0;
  Duration now_{};
  bool faults_ = true;
  std::optional<Lease> stored_;
  int version_ = 0;
  int terms_ = 0;
};

TEST(ElectorProperty, NeverTwoLeadersAndSoonOneOnceFaultsEnd) {
  int terms = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    World world(seed, 3, 0.18);  // 1.18 / 0.82 is below 15 / 10
    world.administrator_until(minutes{10});
    ASSERT_TRUE(world.run(minutes{10})) << "two leaders, seed " << seed;
    world.heal();
    ASSERT_TRUE(world.run(minutes{12})) << "two leaders, seed " << seed;
    ASSERT_EQ(world.leaders(), 1) << "nobody leads, seed " << seed;
    terms += world.terms();
  }
  EXPECT_GT(terms, 500) << "the world was too kind to test anything";
}

TEST(ElectorProperty, BeyondTheAssumedSkewTwoCanLead) {
  bool broken = false;
  for (std::uint64_t seed = 1; seed <= 400 && !broken; ++seed) broken = !World(seed, 3, 0.6).run(minutes{10});
  EXPECT_TRUE(broken) << "the simulation can't show two leaders, so it proves nothing";
}

}  // namespace
}  // namespace drover
