// SPDX-License-Identifier: MIT
#include "floor.hpp"

#include "client.hpp"
#include "system.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace mahavishnu::bench::floor {

namespace {

/// The least loaded of n, exactly and in O(1): chains of those with equal load.
class loads {
public:
  explicit loads(std::size_t n) : nodes_(n), first_(1, none) {
    for (auto i = n; i-- > 0;)
      link(i, 0);
  }

  std::size_t take() {
    while (first_[least_] == none)
      ++least_;
    auto which = first_[least_];
    move(which, least_ + 1);
    return which;
  }

  void release(std::size_t which) {
    auto load = nodes_[which].load - 1;
    move(which, load);
    least_ = std::min(least_, load);
  }

private:
  static constexpr auto none = static_cast<std::size_t>(-1);
  struct node {
    std::size_t load = 0;
    std::size_t previous = none;
    std::size_t next = none;
  };

  void link(std::size_t which, std::size_t load) {
    if (load >= first_.size())
      first_.resize(load + 1, none);
    nodes_[which] = {load, none, first_[load]};
    if (first_[load] != none)
      nodes_[first_[load]].previous = which;
    first_[load] = which;
  }

  void move(std::size_t which, std::size_t load) {
    auto& its = nodes_[which];
    (its.previous == none ? first_[its.load] : nodes_[its.previous].next) = its.next;
    if (its.next != none)
      nodes_[its.next].previous = its.previous;
    link(which, load);
  }

  std::vector<node> nodes_;
  std::vector<std::size_t> first_; // by load
  std::size_t least_ = 0;
};

node_actor::behavior_type worker(std::uint32_t number) {
  return {
      [number](const task& x) {
        return task_result{x.id, number, {}};
      },
      [number](const tasks& x) {
        task_results answer;
        answer.reserve(x.size());
        for (const auto& each : x)
          answer.push_back({each.id, number, {}});
        return answer;
      },
  };
}

/// Passes what comes on to the least loaded of its children; a manager as well as a pool.
struct node_state {
  node_actor::pointer self = nullptr;
  std::vector<node_actor> children;
  loads load;

  template <class Answer, class Question>
  caf::result<Answer> pass_on(Question& question) {
    auto which = load.take();
    auto promise = self->make_response_promise<Answer>();
    self->request(children[which], caf::infinite, std::move(question))
        .then(
            [this, promise, which](Answer& answer) mutable {
              load.release(which);
              promise.deliver(std::move(answer));
            },
            [this, promise, which](caf::error& failure) mutable {
              load.release(which);
              promise.deliver(std::move(failure));
            });
    return promise;
  }
};

node_actor::behavior_type parent(node_actor::pointer self, std::vector<node_actor> children) {
  auto count = children.size();
  auto state = std::make_shared<node_state>(node_state{self, std::move(children), loads{count}});
  for (const auto& each : state->children)
    self->link_to(each);
  return {
      [state](task& x) { return state->pass_on<task_result>(x); },
      [state](tasks& x) { return state->pass_on<task_results>(x); },
  };
}

} // namespace

node_actor spawn_worker(caf::actor_system& system, std::uint32_t number) {
  return system.spawn(worker, number);
}

node_actor start(caf::actor_system& system, std::size_t pools, std::size_t workers) {
  std::vector<node_actor> all;
  for (std::size_t i = 0; i < pools; ++i) {
    std::vector<node_actor> its;
    for (std::size_t j = 0; j < workers; ++j)
      its.push_back(spawn_worker(system, static_cast<std::uint32_t>(j)));
    all.push_back(system.spawn(parent, std::move(its)));
  }
  return system.spawn(parent, std::move(all));
}

task fresh_task() {
  return {1, std::string(100, 'p'), R"({"tenant":"acme","request":"r-0123456789"})"};
}

tasks fresh_tasks(std::size_t count) {
  tasks all;
  all.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    all.push_back(fresh_task());
  return all;
}

std::vector<double> measure(const arguments& how, const std::string& scheduler,
                            std::int64_t requests, std::int64_t in_flight, std::size_t batch) {
  auto config = config_of(how, scheduler);
  caf::actor_system system{config};
  auto manager = start(system, 100, 10);
  auto run = [&](std::int64_t n) {
    if (batch == 0)
      return run_client<task_result>(system, manager, {n, in_flight}, fresh_task,
                                     [](const task_result&) { return true; });
    return run_client<task_results>(
        system, manager, {n, in_flight}, [batch] { return fresh_tasks(batch); },
        [batch](const task_results& answer) { return answer.size() == batch; });
  };
  auto speed = speed_of(run, requests, batch == 0 ? 1 : batch);
  caf::anon_send_exit(manager, caf::exit_reason::kill);
  return speed;
}

} // namespace mahavishnu::bench::floor
