%% Runs the scenarios of a file, one after the other, and prints for each a line of JSON: what its actors have observed.
%%   erl -noshell -pa DIR -run scenario_harness main FILE
%% Counterpart of runScenario in interpreter.ts.
-module(scenario_harness).
-export([main/1]).

%% A scenario takes some milliseconds, those with timers tens of them.
-define(LIMIT_MS, 5000).

main([File]) ->
    logger:set_primary_config(level, none),
    {ok, Scenarios} = file:consult(File),
    lists:foreach(fun(Scenario) -> io:put_chars([run(Scenario), $\n]) end, Scenarios),
    halt().

run(Scenario) ->
    Table = ets:new(scenario, [ordered_set, public]),
    World = #{table => Table, harness => self(), scenario => Scenario},
    Deadline = erlang:send_after(?LIMIT_MS, self(), deadline),
    scenario_actor:begin_main(World),
    State = loop(#{running => #{}, ends => #{}, waits => [], holding => []}),
    erlang:cancel_timer(Deadline),
    Line = line(Scenario, Table, State),
    stop_all(maps:keys(maps:get(running, State))),
    ets:delete(Table),
    flush(),
    Line.

%% Until main has ended and so has everybody else but servers, which need not, and those who say that they hold: who is alive then is alive for good.
loop(#{running := Running, ends := Ends, waits := Waits, holding := Holding} = State) ->
    receive
        {{introduce, Name, Pid, Kind}, From, Ref} ->
            monitor(process, Pid),
            [Pid ! '$go' || Kind =:= script],
            From ! {Ref, Pid},
            Held = [Pid || Kind =:= server] ++ Holding,
            loop(answer(State#{running := Running#{Pid => Name}, holding := Held}, {started, Name}));
        {hold, From, _} ->
            settle(State#{holding := [From | Holding]});
        {{started, Name}, From, Ref} ->
            Known = lists:member(Name, maps:values(Running)) orelse maps:is_key(Name, Ends),
            loop(wait(State#{waits := [{{started, Name}, From, Ref} | Waits]}, {started, Name}, Known));
        {{ended, Pid}, From, Ref} ->
            Known = not maps:is_key(Pid, Running),
            loop(wait(State#{waits := [{{ended, Pid}, From, Ref} | Waits]}, {ended, Pid}, Known));
        {'DOWN', _, process, Pid, Reason} ->
            {Name, Left} = maps:take(Pid, Running),
            settle(answer(State#{running := Left, ends := Ends#{Name => Reason}}, {ended, Pid}));
        deadline ->
            State#{hung => true}
    end.

settle(#{running := Running, ends := #{main := _}, holding := Holding} = State) ->
    case [Pid || Pid <- maps:keys(Running), not lists:member(Pid, Holding) orelse not is_process_alive(Pid)] of
        [] -> State;
        _ -> loop(State)
    end;
settle(State) ->
    loop(State).

wait(State, Event, true) -> answer(State, Event);
wait(State, _, false) -> State.

answer(#{waits := Waits} = State, Event) ->
    {Due, Left} = lists:partition(fun({Awaited, _, _}) -> Awaited =:= Event end, Waits),
    [From ! {Ref, ok} || {_, From, Ref} <- Due],
    State#{waits := Left}.

stop_all(Pids) ->
    [exit(Pid, kill) || Pid <- Pids],
    [receive {'DOWN', _, process, Pid, _} -> ok end || Pid <- Pids].

flush() ->
    receive _ -> flush() after 0 -> ok end.

line(#{name := Title}, Table, #{running := Running, ends := Ends} = State) ->
    Names = maps:from_list([{Value, Name} || [Name, Value] <- ets:match(Table, {{name, '$1'}, '$2'})]),
    Last = maps:merge(maps:from_list([{Name, still_alive} || Name <- maps:values(Running)]), Ends),
    Seen = ets:match(Table, {{trace, '_'}, '$1', '$2'}),
    Actors = lists:usort(maps:keys(Last) ++ [Actor || [Actor, _] <- Seen]),
    Trace = fun(Actor) ->
        [Entry || [Of, Entry] <- Seen, Of =:= Actor] ++ [{'end', End} || {ok, End} <- [maps:find(Actor, Last)]]
    end,
    Traces = object([{Actor, json(Trace(Actor), Names)} || Actor <- Actors]),
    Doing = [{Name, Step} || Name <- maps:values(Running), [Step] <- ets:match(Table, {{doing, Name}, '$1'})],
    object([{name, json(Title, Names)}, {release, erlang:system_info(otp_release)}, {traces, Traces}] ++ [{hung, json(Doing, Names)} || maps:is_key(hung, State)]).

object(Fields) ->
    [${, lists:join($,, [[quoted(Key), $:, Value] || {Key, Value} <- Fields]), $}].

%% Tuples and lists are both arrays there, as in mailport.
json(Number, _) when is_integer(Number) -> integer_to_list(Number);
json(Flag, _) when is_boolean(Flag) -> atom_to_list(Flag);
json(Term, Names) when is_map_key(Term, Names) -> quoted(maps:get(Term, Names));
json(Atom, _) when is_atom(Atom) -> quoted(Atom);
%% A monitor by name tells of the name and the node; mailport has no nodes.
json({Name, Node}, _) when Node =:= node() -> quoted(Name);
json(Tuple, Names) when is_tuple(Tuple) -> json(tuple_to_list(Tuple), Names);
json(List, Names) when length(List) >= 0 -> [$[, lists:join($,, [json(Part, Names) || Part <- List]), $]];
json(Other, _) -> quoted(io_lib:format("~0p", [Other])).

quoted(Atom) when is_atom(Atom) -> quoted(atom_to_list(Atom));
quoted(Text) -> [$", [escaped(Char) || Char <- lists:flatten(Text)], $"].

escaped(Char) when Char =:= $"; Char =:= $\\ -> [$\\, Char];
escaped(Char) -> Char.
