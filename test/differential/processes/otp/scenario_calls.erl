%% The steps of who talks to gen_servers and supervisors. Counterpart of calls.ts and supervisors.ts.
-module(scenario_calls).
-export([step/1]).
-import(scenario_world, [named/2, record/1, resolve/1]).

step([call, To, Request]) -> step([call, To, Request, 5000]);
step([call, To, Request, Ms]) ->
    Server = resolve(To),
    {saw, attempt(fun() -> gen_server:call(Server, resolve(Request), Ms) end)};
step([cast, To, Message]) -> gen_server:cast(resolve(To), resolve(Message));
step([replyTo, Name, Answer]) -> gen_server:reply(resolve(Name), resolve(Answer));
step([keepFrom, Name]) -> named(Name, get(from));
step([receiveCall, Name]) ->
    receive {'$gen_call', From, Request} -> named(Name, From), {saw, Request} end;
step([stop, To]) -> step([stop, To, normal]);
step([stop, To, Reason]) ->
    Server = resolve(To),
    {saw, attempt(fun() -> gen_server:stop(Server, resolve(Reason), infinity) end)};
step([start, Base]) -> {saw, scenario_server:start(Base, start, #{}, [])};
step([start, Base, Options]) -> {saw, scenario_server:start(Base, start, Options, [])};
step([startLink, Base]) -> {saw, scenario_server:start(Base, start_link, #{}, [])};
step([startLink, Base, Options]) -> {saw, scenario_server:start(Base, start_link, Options, [])};
step([startSupervisor, Base]) -> {saw, scenario_supervisor:start(Base)};
step([startChild, To, #{start := _} = Spec]) ->
    {saw, added(attempt(fun() -> supervisor:start_child(resolve(To), scenario_supervisor:child_spec(Spec)) end))};
step([startChild, To, Args]) ->
    {saw, added(attempt(fun() -> supervisor:start_child(resolve(To), [resolve(Arg) || Arg <- Args]) end))};
step([terminateChild, To, Id]) -> {saw, attempt(fun() -> supervisor:terminate_child(resolve(To), resolve(Id)) end)};
step([restartChild, To, Id]) -> {saw, attempt(fun() -> supervisor:restart_child(resolve(To), resolve(Id)) end)};
step([deleteChild, To, Id]) -> {saw, attempt(fun() -> supervisor:delete_child(resolve(To), resolve(Id)) end)};
step([whichChildren, To]) -> {saw, attempt(fun() -> children(supervisor:which_children(resolve(To))) end)};
step([countChildren, To]) ->
    {saw, attempt(fun() -> [{Key, Count} || {Key, Count} <- supervisor:count_children(resolve(To))] end)}.

%% What it gives, or why it failed. The exit of a call names the call, which mailport's error holds apart from the reason.
attempt(Call) ->
    try Call()
    catch
        exit:{Reason, {Module, _, _}} when Module =:= gen_server; Module =:= sys; Module =:= supervisor -> {failed, Reason};
        exit:Reason -> {failed, Reason}
    end.

%% A child that could not be started comes with its whole specification, once it has one of its own.
added({error, {Reason, Child}}) when element(1, Child) =:= child -> {error, Reason};
added(Other) -> Other.

%% Id, pid and kind, by id: OTP promises no order, nor does it go by order of start.
children(Children) -> lists:sort([{Id, Pid, Type} || {Id, Pid, Type, _} <- Children]).
