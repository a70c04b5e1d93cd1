%% What the processes of one scenario share: the names of pids and references, the traces, and the harness. Whoever has entered the world may use
%% the rest of the functions without naming it. Counterpart of world.ts.
-module(scenario_world).
-export([enter/2, world/0, actor/0, next_name/2, named/2, resolve/1, matches/2, record/1, record/2, doing/1, introduce/3, ask/1, script/2]).

enter(World, Actor) ->
    put(world, World),
    put(actor, Actor).

world() -> get(world).
actor() -> get(actor).

table() -> maps:get(table, world()).

%% The first process of a script is named after it, the next ones name/2, name/3.
next_name(#{table := Table}, Base) ->
    case ets:update_counter(Table, {count, Base}, 1, {{count, Base}, 0}) of
        1 -> Base;
        N -> list_to_atom(lists:concat([Base, "/", N]))
    end.

named(Name, Value) -> ets:insert(table(), {{name, Name}, Value}).

%% A term of the data as a term of Erlang: '<b>' is the pid of b, '#m' the reference m, [a, b] the tuple {a, b}, #{list => [a, b]} the list.
resolve('<self>') -> self();
resolve('$state') -> get(state);
resolve(Atom) when is_atom(Atom) ->
    case atom_to_list(Atom) of
        [First | _] when First =:= $<; First =:= $# ->
            case ets:lookup(table(), {name, Atom}) of
                [{_, Value}] -> Value;
                [] -> exit({scenario_names_nobody, Atom})
            end;
        _ -> Atom
    end;
resolve(List) when is_list(List) -> list_to_tuple([resolve(Part) || Part <- List]);
resolve(#{list := List}) -> [resolve(Part) || Part <- List];
resolve(Number) -> Number.

%% A pattern is a term with '_' for anything; or #{tag => Tag}; or #{ref => Ref}, for tuples with Ref first or second.
matches('_', _) -> true;
matches(#{tag := Tag}, Term) -> is_tuple(Term) andalso tuple_size(Term) > 0 andalso element(1, Term) =:= Tag;
matches(#{ref := Name}, Term) -> is_tuple(Term) andalso lists:member(resolve(Name), lists:sublist(tuple_to_list(Term), 2));
matches(Pattern, Term) when is_list(Pattern) ->
    is_tuple(Term) andalso tuple_size(Term) =:= length(Pattern) andalso
        lists:all(fun({P, T}) -> matches(P, T) end, lists:zip(Pattern, tuple_to_list(Term)));
matches(Pattern, Term) -> resolve(Pattern) =:= Term.

record(Entry) -> record(actor(), Entry).

%% Written at once to a table, so that it outlives whoever is killed.
record(Actor, Entry) -> ets:insert(table(), {{trace, erlang:unique_integer([monotonic])}, Actor, Entry}).

%% For the report of a scenario that hangs.
doing(Step) -> ets:insert(table(), {{doing, actor()}, Step}).

%% Makes a process known by its name. When this returns, the harness monitors it.
introduce(Name, Pid, Kind) ->
    named(list_to_atom(lists:concat(["<", Name, ">"])), Pid),
    ask({introduce, Name, Pid, Kind}).

%% A request to the harness, and its answer. The answer carries a reference, so other messages stay where they are.
ask(Request) ->
    Ref = make_ref(),
    maps:get(harness, world()) ! {Request, self(), Ref},
    receive {Ref, Answer} -> Answer end.

%% What the data holds for this name, if it is an actor, server or supervisor (Kind) at all.
script(Kind, Base) ->
    #{scenario := Scenario} = world(),
    maps:find(Base, maps:get(Kind, Scenario, #{})).
