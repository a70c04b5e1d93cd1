%% A supervisor whose children are data. They tell of their starts in the trace 'log', as does the function that starts them and fails.
%% Counterpart of supervisors.ts.
-module(scenario_supervisor).
-behaviour(supervisor).
-export([start/1, init/1, child_spec/1, start_child/2, start_child/3, start_child/4]).
-import(scenario_world, [record/2, resolve/1]).

start(Base) ->
    World = scenario_world:world(),
    supervisor:start_link(?MODULE, {World, scenario_world:next_name(World, Base), Base}).

init({World, Name, Base}) ->
    scenario_world:enter(World, Name),
    scenario_world:introduce(Name, self(), supervisor),
    {ok, Spec} = scenario_world:script(supervisors, Base),
    Flags = #{
        strategy => maps:get(strategy, Spec, one_for_one),
        intensity => maps:get(intensity, Spec, 1),
        period => maps:get(periodMs, Spec, 5000) div 1000,
        auto_shutdown => maps:get(autoShutdown, Spec, never)
    },
    {ok, {Flags, [child_spec(Child) || Child <- maps:get(children, Spec)]}}.

child_spec(#{id := Id} = Child) ->
    Start = {?MODULE, start_child, [scenario_world:world(), Child]},
    maps:merge(#{id => Id, start => Start}, maps:with([restart, shutdown, type, significant], Child)).

start_child(World, Child) -> begin_child(World, Child, []).
start_child(World, Child, Arg) -> begin_child(World, Child, [Arg]).
start_child(World, Child, Arg, Other) -> begin_child(World, Child, [Arg, Other]).

%% In the supervisor's own process. `outcomes` says how the first tries go, if not well.
begin_child(#{table := Table} = World, #{start := Base} = Child, Args) ->
    Try = ets:update_counter(Table, {tries, Base}, 1, {{tries, Base}, 0}),
    case lists:sublist(maps:get(outcomes, Child, []), Try, 1) of
        [[error, Reason]] -> record(log, {start_failed, Base}), {error, resolve(Reason)};
        [ignore] -> record(log, {start_ignored, Base}), ignore;
        _ -> launch(World, Base, Args)
    end.

launch(#{scenario := Scenario}, Base, Args) ->
    [Kind] = [Kind || Kind <- [actors, servers, supervisors], maps:is_key(Base, maps:get(Kind, Scenario, #{}))],
    Started = case Kind of
        actors -> ready(Base, scenario_actor:start(Base, fun erlang:spawn_link/1, Args));
        servers -> scenario_server:start(Base, start_link, #{}, Args);
        supervisors -> start(Base)
    end,
    case Started of
        {ok, Pid} -> record(log, {started, Pid});
        ignore -> record(log, {start_ignored, Base});
        _ -> record(log, {start_failed, Base})
    end,
    Started.

%% An actor that will say that it is ready has time to do so, as proc_lib:start_link gives it.
ready(Base, Pid) ->
    {ok, Steps} = scenario_world:script(actors, Base),
    case lists:member([ready], Steps) of
        true ->
            receive
                {'$ready', Pid} -> {ok, Pid};
                {'EXIT', Pid, Reason} -> {error, Reason}
            end;
        false -> {ok, Pid}
    end.
