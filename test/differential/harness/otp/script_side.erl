%% One end of scripts: takes requests {Id, Actor, Request} as Erlang terms, one a line, and answers each with a line of JSON, [Id, value], when it is
%% over. What a request does is in script_actor.erl; here is what needs to see all actors. Counterpart of mailportSide.ts.
-module(script_side).
-export([main/0]).

-define(MAX_LINE, 16#1000000).

main() ->
    logger:set_primary_config(level, none),
    Input = open_port({fd, 0, 1}, [{line, ?MAX_LINE}, binary, eof]),
    ets:new(script_names, [named_table, public]),
    loop(#{io => Input, actors => #{}}).

loop(#{io := Input, actors := Actors} = State) ->
    receive
        {Input, {data, {eol, Line}}} -> loop(request(parse(Line), State));
        {Input, eof} -> halt();
        {answer, Id, Value} -> answer(Input, Id, Value), loop(State);
        {'DOWN', _, process, Pid, _} ->
            loop(State#{actors := maps:filter(fun(_, Other) -> Other =/= Pid end, Actors)})
    end.

parse(Line) ->
    {ok, Tokens, _} = erl_scan:string(unicode:characters_to_list(Line)),
    {ok, Term} = erl_parse:parse_term(Tokens),
    Term.

request({Id, all, Request}, #{io := Input, actors := Actors} = State) ->
    case all(Request, State) of
        {later, Work} -> Side = self(), spawn(fun() -> Side ! {answer, Id, Work()} end), State;
        {started, Name, Pid} -> answer(Input, Id, ok), State#{actors := Actors#{Name => Pid}};
        Value -> answer(Input, Id, Value), State
    end;
request({Id, Actor, Request}, #{actors := Actors} = State) ->
    maps:get(Actor, Actors) ! {'$request', self(), Id, Request},
    State.

answer(Input, Id, Value) ->
    port_command(Input, [script_json:encode([Id, Value]), $\n]).

all({start, Name}, _) ->
    Pid = spawn(script_actor, loop, []),
    monitor(process, Pid),
    script_actor:named(Name, Pid),
    {started, Name, Pid};
%% Until an actor waits within that call, or has made it. It looks again and again, as nobody tells of a process that begins to wait.
all({parked, Name, Id}, _) ->
    Pid = script_actor:value(Name),
    {later, fun() -> parked(Pid, Id) end};
all({ended, Name}, _) ->
    Pid = script_actor:value(Name),
    {later, fun() -> Ref = monitor(process, Pid), receive {'DOWN', Ref, _, _, _} -> ok end end};
all({closed, Name}, _) ->
    Port = script_actor:value(Name),
    {later, fun() -> Ref = monitor(port, Port), receive {'DOWN', Ref, _, _, _} -> ok end end};
%% The messages of each actor, some time after the last that was known to be on its way.
all({leftovers, Ms}, #{actors := Actors}) ->
    {later, fun() ->
        receive after Ms -> ok end,
        [[Name, Messages] || {Name, Pid} <- maps:to_list(Actors), {messages, Messages} <- [process_info(Pid, messages)]]
    end};
all(reset, #{actors := Actors}) ->
    [drop(Port) || {_, Port} <- ets:tab2list(script_names), is_port(Port)],
    [exit(Pid, kill) || Pid <- maps:values(Actors)],
    ets:delete_all_objects(script_names),
    ok.

%% Closes a socket without waiting for what it still has to send.
drop(Port) ->
    catch inet:setopts(Port, [{linger, {true, 0}}]),
    catch inet:close(Port).

parked(Pid, Id) ->
    Over = ets:member(script_names, {over, Id}),
    case process_info(Pid, [status, current_function]) of
        _ when Over -> ok;
        undefined -> ok;
        [{status, waiting}, {current_function, Function}] when Function =/= {script_actor, loop, 0} -> ok;
        %% A sender whose port is busy.
        [{status, suspended}, _] -> ok;
        _ -> erlang:yield(), parked(Pid, Id)
    end.
