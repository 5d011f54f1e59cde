// A row for each reason that the arbiter can give: what is to be changed in a plain world for it. The first test of all: a reason
// without a row is found.
#include "core/arbiter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "world.h"

namespace drover::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// "web" wants more than it gets on n1, and n2 is free; nothing keeps it.
struct Court {
  Court() {
    for (const char* node : {"n1", "n2"}) world.add_node(node, [](Node& n) { n.allocatable["cpu"] = 4000; });
    for (const char* vm : {"web", "db"}) world.add_vm(vm, "n1");
    uses("web", 2, 1);
    uses("db", 2, 0);
    world.add_policy("policy");
  }
  void uses(const std::string& vm, double cores, double delay) {
    use.vms[key_of(vm)] = {.cpu_cores = cores, .cpu_delay_cores = delay, .memory_bytes = 1.0 * kGi, .dirty_bytes_per_second = 1e6};
  }
  void policy(const World::Edit<PolicySpec>& edit) {
    world.change_policy("policy", [&](Policy& p) { edit(p.spec); });
  }
  // KubeVirt tells that "web" was moved ten minutes ago, or that it failed to be, a moment ago.
  void moved(bool well) {
    const Instant end = world.now - (well ? minutes{9} : Duration(seconds{10}));
    world.change_vm("web", [&](Vm& vm) {
      vm.migration =
          MigrationState{.migration_uid = "m0", .source_node = "n2", .target_node = "n1", .completed = well, .failed = !well};
      vm.migration->started = end - minutes{1};
      vm.migration->ended = end;
    });
  }
  [[nodiscard]] Proposal proposal(const std::string& vm = "web") const {
    return {.policy = world.view.policies.at(key_of("policy")).get(),
            .vm = &world.vm_ref(vm),
            .destination = destination,
            .why = {Reason::ThresholdCrossed, "it is slow"},
            .value = std::nullopt,
            .breached_since = std::nullopt};
  }
  // Of the proposals of these VMs, one after another, the last one's.
  [[nodiscard]] Decision judge(const std::vector<std::string>& vms = {"web"}) const {
    Roster roster;
    roster.update(world.view);
    const Ledger ledger(world.view, {}, world.now);
    const auto forbids = [this](const Policy& /*policy*/, const Proposal& /*proposal*/, const Node* target) {
      return forbidden_target.empty() || target == nullptr || target->name != forbidden_target ? forbidden : "it spies";
    };
    Arbiter arbiter(world.view, roster, use, options, ledger, refusals, forbids, Plan(world.view), world.now);
    Decision last;
    for (const std::string& vm : vms) last = arbiter.judge(proposal(vm));
    if (last.move) {
      const PlannedMove* planned = arbiter.plan().find(last.vm);
      EXPECT_TRUE(planned != nullptr && planned->target == last.target && planned->source == last.source);
    }
    return last;
  }

  World world;
  UseTable use;
  CoreOptions options;
  std::map<ObjectKey, Refusal> refusals;
  std::string forbidden;
  std::string forbidden_target;  // or only this node
  Destination destination = BestNode{0.1};
  std::set<ObjectKey> nobody;
};

struct Row {
  std::string what;
  void (*change)(Court&);
  Reason reason;
  std::string word;  // of the message
};

void close_n2(Court& c) {
  c.world.change_node("n2", [](Node& n) { n.unschedulable = true; });
}
void move_nobody_in(Court& c) {
  c.options.max_inbound_per_node = 0;
}
template <typename Edit>
void change_web(Court& c, Edit edit) {
  c.world.change_vm("web", edit);
}

const std::vector<Row>& rows() {
  static const std::vector<Row> kRows = {
      {"nothing", [](Court&) {}, Reason::ThresholdCrossed, "it is slow; from n1 to n2"},
      // the VM
      {"a migration of ours", [](Court& c) { c.world.add_migration("m1", "web", "n2"); }, Reason::Moving, "on its way"},
      {"its owner excludes it", [](Court& c) { change_web(c, [](Vm& v) { v.excluded_reason = "by hand"; }); }, Reason::Excluded,
       "by hand"},
      {"it is being deleted", [](Court& c) { change_web(c, [](Vm& v) { v.terminating = true; }); }, Reason::NotRunning, "deleted"},
      {"KubeVirt cannot migrate it", [](Court& c) { change_web(c, [](Vm& v) { v.live_migratable = false; }); },
       Reason::NotLiveMigratable, "cannot migrate it"},
      {"a hot-plug", [](Court& c) { change_web(c, [](Vm& v) { v.pending_changes = {"HotVCPUChange"}; }); }, Reason::ChangePending,
       "HotVCPUChange"},
      {"no SELinux context", [](Court& c) { change_web(c, [](Vm& v) { v.selinux_context = ""; }); }, Reason::NotPrepared,
       "selinuxContext"},
      {"its pod is being deleted", [](Court& c) { c.world.change_launcher("web", [](Pod& p) { p.terminating = true; }); },
       Reason::LauncherNotReady, "launcher pod"},
      {"its node is not Ready", [](Court& c) { c.world.change_node("n1", [](Node& n) { n.ready = false; }); },
       Reason::SourceNotReady, "node n1, which it runs on, is not Ready"},
      {"its node's virt-handler is not Ready",
       [](Court& c) { c.world.add_pod("handler", "n1", {}, [](Pod& pod) { pod.handler_ready = false; }); }, Reason::SourceNotReady,
       "no virt-handler is Ready on node n1"},
      {"its node's virt-handler is silent",
       [](Court& c) { c.world.change_node("n1", [](Node& n) { n.labels.set("kubevirt.io/schedulable", "false"); }); },
       Reason::SourceNotReady, "virt-handler"},
      {"a drain", [](Court& c) { change_web(c, [](Vm& v) { v.evacuation_node = "n1"; }); }, Reason::HeldByEvacuation, "evacuation"},
      {"another mover", [](Court& c) { c.world.add_migration("m1", "web", "n2", [](Migration& m) { m.labels = {}; }); },
       Reason::HeldByOther, "another mover"},
      // the policies, and when
      {"a policy forbids it", [](Court& c) { c.forbidden = "not here"; }, Reason::Forbidden,
       "MigrationPolicy vms/policy forbids it"},
      {"a policy that cannot be read", [](Court& c) { c.policy([](PolicySpec& s) { s.schedule = {{.cron = "soon"}}; }); },
       Reason::PolicyUnreadable, "MigrationPolicy vms/policy cannot be read"},
      {"a closed window",
       [](Court& c) { c.policy([](PolicySpec& s) { s.schedule = {{.cron = "0 3 * * *", .duration = hours{1}}}; }); },
       Reason::OutsideSchedule, "opens at 2026-01-06T03:00:00Z"},
      {"it moved a moment ago", [](Court& c) { c.moved(true); }, Reason::CoolingDown, "rest until 2026-01-05T12:06:00Z"},
      {"it moved today",
       [](Court& c) {
         c.moved(true);
         c.policy([](PolicySpec& s) { s.per_vm = {.cooldown = minutes{1}, .moves_per_day = 1}; });
       },
       Reason::DailyLimit, "allows 1 moves in 24 h"},
      {"its last move failed", [](Court& c) { c.moved(false); }, Reason::BackingOff, "failed"},
      {"KubeVirt refused it",
       [](Court& c) { c.refusals[key_of("web")] = {.until = c.world.now + minutes{1}, .count = 1, .message = "KubeVirt says no"}; },
       Reason::Refused, "KubeVirt says no"},
      // how many
      {"a PodDisruptionBudget", [](Court& c) { c.world.add_budget("guard", Selector{{{.key = "app", .values = {"web"}}}}, 0); },
       Reason::DisruptionBudgetPdb, "vms/guard"},
      {"a budget of nothing",
       [](Court& c) { c.policy([](PolicySpec& s) { s.budgets = {{.migrations = 0, .percent = {}, .window = {}}}; }); },
       Reason::BudgetExhausted, "allows 0 at once"},
      {"another VM moves", [](Court& c) { c.world.add_migration("m1", "db", "n2"); }, Reason::BudgetExhausted, "1 is under way"},
      {"KubeVirt's limit of the cluster", [](Court& c) { c.world.view.limits.in_cluster = 0; }, Reason::ClusterLimit,
       "in the cluster"},
      {"KubeVirt's limit of a node", [](Court& c) { c.world.view.limits.out_of_node = 0; }, Reason::OutboundLimit, "from a node"},
      // where
      {"it was not measured", [](Court& c) { c.use.vms.erase(key_of("web")); }, Reason::UseUnknown, "not measured"},
      {"two policies with other zones",
       [](Court& c) {
         c.world.change_node("n2", [](Node& n) { n.labels.set("topology.kubernetes.io/zone", "b"); });
         c.policy([](PolicySpec& s) { s.targets.zones = {"a"}; });
         c.world.add_policy("other", [](Policy& p) { p.spec.targets.zones = {"b"}; });
       },
       Reason::PoliciesDisagree, "no node in common"},
      {"the best node is closed", close_n2, Reason::NoFeasibleNode, "no node can take it: n2"},
      {"all of several are closed",
       [](Court& c) {
         c.destination = OneOf{{"n1", "n2", "gone"}};
         close_n2(c);
       },
       Reason::NoFeasibleNode, "none of the nodes where it may go"},
      {"the named node is closed",
       [](Court& c) {
         c.destination = Named{"n2"};
         close_n2(c);
       },
       Reason::NoFeasibleNode, "cannot take it now"},
      {"the named node is gone", [](Court& c) { c.destination = Named{"n9"}; }, Reason::NoFeasibleNode, "is gone"},
      {"enough arrives at the best", move_nobody_in, Reason::InboundLimit, "already arrive"},
      {"enough arrives at all of several",
       [](Court& c) {
         c.destination = OneOf{{"n2"}};
         move_nobody_in(c);
       },
       Reason::InboundLimit, "already arrive"},
      {"enough arrives at the named one",
       [](Court& c) {
         c.destination = Named{"n2"};
         move_nobody_in(c);
       },
       Reason::InboundLimit, "already arrive"},
      {"another VM is there than was reckoned with",
       [](Court& c) {
         c.world.add_vm("new", "n2");
         c.destination = Named{"n2", &c.nobody};
       },
       Reason::AdviceOutdated, "VM vms/new was not to be on n2"},
      {"the other node is as crowded",
       [](Court& c) {
         c.world.add_vm("heavy", "n2", {}, [](Pod& p) { p.requests["cpu"] = 100; });
         c.uses("heavy", 2, 0);
       },
       Reason::NoBetterNode, "the best node, n2"},
      {"a small gain", [](Court& c) { c.destination = BestNode{0.9}; }, Reason::NotWorthIt, "minimumGain asks for 0.9"},
      {"a dear copy", [](Court& c) { c.options.copy_overhead = 100; }, Reason::NotWorthIt, "s of work"},
      {"it dirties too fast", [](Court& c) { c.use.vms[key_of("web")].dirty_bytes_per_second = 1e9; }, Reason::WontConverge,
       "would never end"},
  };
  return kRows;
}

TEST(Arbiter, SaysWhyItDoesNotMoveAVm) {
  for (const Row& row : rows()) {
    Court court;
    row.change(court);
    const Decision decision = court.judge();
    EXPECT_EQ(to_string(decision.reason), to_string(row.reason)) << row.what << ": " << decision.message;
    EXPECT_THAT(decision.message, HasSubstr(row.word)) << row.what;
    EXPECT_EQ(decision.move, row.reason == Reason::ThresholdCrossed) << row.what;
  }
}

// Whatever the sources of its stages name: who adds a reason adds a row.
TEST(Arbiter, HasARowForEachOfItsReasons) {
  std::set<std::string> covered;
  for (const Row& row : rows()) covered.emplace(to_string(row.reason));
  const std::regex name(R"(Reason::([A-Z]\w+))");
  std::size_t found = 0;
  for (const char* file : {"arbiter.cc", "immovable.cc", "limits.cc"}) {
    std::ifstream in(std::string(DROVER_SOURCE_DIR) + "/operator/core/" + file);
    ASSERT_TRUE(in) << file;
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    for (std::sregex_iterator match(text.begin(), text.end(), name), end; match != end; ++match, ++found) {
      if ((*match)[1] == "InvariantViolated") continue;  // of no limit, so that a switch ends
      EXPECT_TRUE(covered.contains((*match)[1])) << file << " gives " << (*match)[1] << ", and no row of this table does";
    }
  }
  EXPECT_GT(found, 20U);
}

TEST(Arbiter, TheEarlierStageIsNamedWhereSeveralStandInTheWay) {
  // In the order of the stages: the VM, another policy, when, how many, where, at what cost.
  void (*const obstacles[])(Court&) = {
      [](Court& c) { change_web(c, [](Vm& v) { v.excluded_reason = "by hand"; }); },
      [](Court& c) { c.forbidden = "not here"; },
      [](Court& c) { c.policy([](PolicySpec& s) { s.schedule = {{.cron = "0 3 * * *", .duration = hours{1}}}; }); },
      [](Court& c) { c.world.view.limits.in_cluster = 0; },
      close_n2,
      [](Court& c) { c.use.vms[key_of("web")].dirty_bytes_per_second = 1e9; },
  };
  const Reason reasons[] = {Reason::Excluded,     Reason::Forbidden,      Reason::OutsideSchedule,
                            Reason::ClusterLimit, Reason::NoFeasibleNode, Reason::WontConverge};
  for (std::size_t first = 0; first < std::size(obstacles); ++first) {
    Court court;
    for (std::size_t i = first; i < std::size(obstacles); ++i) obstacles[i](court);
    EXPECT_EQ(to_string(court.judge().reason), to_string(reasons[first]));
  }
}

TEST(Arbiter, WhatItAcceptsCountsForThoseAfter) {
  Court court;
  court.uses("db", 2, 1);
  EXPECT_TRUE(court.judge({"db"}).move);
  EXPECT_EQ(court.judge({"web", "db"}).reason, Reason::BudgetExhausted);
  court.policy([](PolicySpec& s) { s.budgets = {{.migrations = 2, .percent = {}, .window = {}}}; });
  EXPECT_EQ(court.judge({"web", "db"}).reason, Reason::NoBetterNode) << "n2 will have web by then";
  EXPECT_EQ(court.judge({"web", "web"}).reason, Reason::Moving);
}

TEST(Arbiter, NamesTheFirstOfSeveralNodesThatCanTakeIt) {
  Court court;
  for (const char* node : {"n3", "n4"}) court.world.add_node(node);
  close_n2(court);
  court.destination = OneOf{{"n1", "n2", "n4", "n3"}};
  EXPECT_EQ(court.judge().target, "n4");
}

TEST(Arbiter, JudgesWhatIsEnforcedThenWhatIsWorseThenWhatIsOlder) {
  Court court;
  court.world.add_policy("advice", [](Policy& p) { p.spec.mode = PolicyMode::Recommend; });
  const Proposal plain = court.proposal();
  Proposal recommended = plain;
  recommended.policy = court.world.view.policies.at(key_of("advice")).get();
  recommended.severity = 9;
  Proposal worse = plain;
  worse.severity = 1;
  Proposal older = plain;
  older.breached_since = court.world.now - hours{1};
  Proposal younger = plain;
  younger.breached_since = court.world.now;
  const Proposal other = court.proposal("db");
  EXPECT_TRUE(judged_before(plain, recommended));
  EXPECT_TRUE(judged_before(worse, plain));
  EXPECT_TRUE(judged_before(older, younger));
  EXPECT_TRUE(judged_before(other, plain)) << "by name at last";
  EXPECT_FALSE(judged_before(plain, plain));
}

TEST(Arbiter, ANodeThatARuleForbidsIsPassedOver) {
  Court court;
  for (const char* node : {"n3", "n4"}) court.world.add_node(node);
  close_n2(court);
  court.destination = OneOf{{"n4", "n3"}};
  court.forbidden_target = "n4";
  const Decision decision = court.judge();
  EXPECT_EQ(decision.target, "n3");
  EXPECT_THAT(decision.candidates.at(0).obstacles, ElementsAre("MigrationPolicy vms/policy forbids it: it spies"));
}

// What no model of a node shows (a volume that can't be attached there) a failed move does.
TEST(Arbiter, ATargetThatFailedComesLast) {
  Court court;
  const auto failed = [&](const std::string& node, Duration ago) {
    court.world.change_policy("policy", [&](Policy& p) {
      p.status.moves.push_back({.vm = "web",
                                .vm_uid = "uid-web",
                                .migration_uid = "to-" + node,
                                .source = "n1",
                                .target = node,
                                .started = court.world.now - ago,
                                .ended = court.world.now - ago,
                                .result = MoveResult::Failed});
    });
  };
  for (const char* node : {"n3", "n4"}) court.world.add_node(node, [](Node& n) { n.allocatable["cpu"] = 4000; });
  for (const Destination& destination : {Destination(BestNode{}), Destination(OneOf{{"n2", "n3", "n4"}})}) {
    court.destination = destination;
    court.policy([](PolicySpec&) {});
    court.world.change_policy("policy", [](Policy& p) { p.status.moves.clear(); });
    const std::string first = court.judge().target;
    ASSERT_EQ(first, "n2");
    failed("n2", minutes{9});
    EXPECT_EQ(court.judge().target, "n3");
    failed("n3", minutes{8});
    failed("n4", minutes{7});
    EXPECT_EQ(court.judge().target, "n2") << "rather than nowhere";
  }
}

// Each VM is beyond its owner's level all the time, by however much. One is moved a minute; no one waits for longer than it takes
// to move all others and those ten minutes that severity is worth.
TEST(Arbiter, InTheLongRunEveryoneHasATurn) {
  Court court;
  constexpr int kVms = 12;
  std::vector<Proposal> proposals(kVms, court.proposal());
  for (int i = 0; i < kVms; ++i) {
    auto& p = proposals[static_cast<std::size_t>(i)];
    p.order = static_cast<std::size_t>(i);
    p.severity = std::pow(10.0, i % 2 == 0 ? i : -i);
  }
  proposals[0].severity = std::numeric_limits<double>::infinity();
  for (int minute = 0; minute < 1000; ++minute) {
    const auto next = std::min_element(proposals.begin(), proposals.end(), judged_before);
    for (Proposal& p : proposals) p.waited += minutes{1};
    next->waited = Duration::zero();
    for (const Proposal& p : proposals) ASSERT_LE(p.waited, minutes{kVms + 11}) << p.severity;
  }
}

}  // namespace
}  // namespace drover::test
