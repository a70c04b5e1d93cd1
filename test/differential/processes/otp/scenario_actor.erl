%% The scripts of actors: a process that performs the steps of one. Steps that a gen_server performs in its callbacks come here too.
%% Counterpart of steps.ts.
-module(scenario_actor).
-export([begin_main/1, start/3, perform/1]).
-import(scenario_world, [ask/1, matches/2, named/2, record/1, record/2, resolve/1]).

%% Called by the harness, which cannot ask itself.
begin_main(World) ->
    scenario_world:enter(World, harness),
    scenario_world:next_name(World, main),
    Pid = spawn(fun() -> body(World, main, main, []) end),
    named('<main>', Pid),
    self() ! {{introduce, main, Pid, script}, self(), make_ref()}.

%% Starts the script of that name; Spawn is the function that spawns, and what it gave is given.
start(Base, Spawn, Args) ->
    World = scenario_world:world(),
    Name = scenario_world:next_name(World, Base),
    Parent = self(),
    Started = Spawn(fun() -> put(parent, Parent), body(World, Name, Base, Args) end),
    Pid = case Started of {Child, _} -> Child; Child -> Child end,
    scenario_world:introduce(Name, Pid, script),
    Started.

%% It begins when the harness monitors it, so that its end is known however early it comes.
body(World, Name, Base, Args) ->
    receive '$go' -> ok end,
    scenario_world:enter(World, Name),
    [record(list_to_tuple([args | Args])) || Args =/= []],
    {ok, Steps} = scenario_world:script(actors, Base),
    perform(Steps).

%% Each step in turn; what it saw is recorded, an error too.
perform([]) -> ok;
perform([Step | Rest]) ->
    scenario_world:doing(Step),
    try step(Step) of
        {saw, Entry} -> record(Entry);
        _ -> ok
    catch
        error:Reason when Reason =:= badarg; Reason =:= noproc -> record([error, Reason])
    end,
    perform(Rest).

step([spawn, Base]) -> start(Base, fun erlang:spawn/1, []);
step([spawnLink, Base]) -> start(Base, fun erlang:spawn_link/1, []);
step([spawnMonitor, Base, Name]) ->
    {_, Ref} = start(Base, fun erlang:spawn_monitor/1, []),
    named(Name, Ref);
step([send, To, Term]) -> resolve(To) ! resolve(Term);
step(['receive']) -> receive Message -> {saw, Message} end;
step(['receive', Pattern]) -> {saw, receive_match(Pattern, infinity)};
step([receiveAfter, Ms]) -> receive Message -> {saw, Message} after Ms -> {saw, timeout} end;
step([receiveAfter, Ms, Pattern]) -> {saw, receive_match(Pattern, Ms)};
step([flush]) -> flush();
step([trapExit, Trap]) -> process_flag(trap_exit, Trap);
step([link, Target]) -> link(resolve(Target));
step([unlink, Target]) -> unlink(resolve(Target));
step([monitor, Target, Name]) -> named(Name, monitor(process, resolve(Target)));
step([demonitor, Name]) -> demonitor(resolve(Name));
step([demonitor, Name, flush]) -> demonitor(resolve(Name), [flush]);
step([exit, Reason]) -> exit(resolve(Reason));
step([raise, Reason]) -> exit(resolve(Reason));
step([exitOther, Target, Reason]) -> exit(resolve(Target), resolve(Reason));
step([isAlive, Target]) -> {saw, is_process_alive(resolve(Target))};
step([mailboxLength]) -> {saw, element(2, process_info(self(), message_queue_len))};
step([register, Name, Target]) -> register(Name, resolve(Target));
step([unregister, Name]) -> unregister(Name);
step([whereis, Name]) -> {saw, whereis(Name)};
step([isRegistered, Name]) -> {saw, lists:member(Name, registered())};
step([sendAfter, Ms, To, Term, Name]) -> named(Name, erlang:send_after(Ms, resolve(To), resolve(Term)));
step([startTimer, Ms, To, Term, Name]) -> named(Name, erlang:start_timer(Ms, resolve(To), resolve(Term)));
step([cancelTimer, Name]) -> {saw, left(erlang:cancel_timer(resolve(Name)))};
step([readTimer, Name]) -> {saw, left(erlang:read_timer(resolve(Name)))};
step([makeRef, Name]) -> named(Name, make_ref());
step([note, Term]) -> {saw, resolve(Term)};
step([log, Term]) -> record(log, resolve(Term));
step([repeat, Count, Steps]) -> [perform(Steps) || _ <- lists:seq(1, Count)];
step([ready]) -> get(parent) ! {'$ready', self()};
step([awaitEnd, Target]) -> ask({ended, resolve(Target)});
step([awaitStart, Name]) -> ask({started, Name});
step([hold]) -> ask(hold);
step(Step) -> scenario_calls:step(Step).

%% A receive of Erlang whose pattern is data: what erl_eval makes of one.
receive_match(Pattern, Ms) ->
    Clause = fun(Message) ->
        case matches(Pattern, Message) of
            true -> {took, Message};
            false -> nomatch
        end
    end,
    case prim_eval:'receive'(Clause, Ms) of
        {took, Message} -> Message;
        timeout -> timeout
    end.

flush() ->
    receive Message -> record(Message), flush() after 0 -> ok end.

%% How much is left depends on speed; that it is a number of milliseconds does not.
left(Ms) when is_integer(Ms), Ms >= 0 -> left;
left(Other) -> Other.
