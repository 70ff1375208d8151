"""What types alone cannot see: names that point at nothing, and beats that cannot be performed as written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise

from simulator.play.circumstances import has_stray_brace, names_in, names_of, quotes_in
from simulator.play.deadlines import Infeasible, deadlines
from simulator.play.source import Key, Source
from simulator.play.types import Beat, Effects, Ensure, LeadEvent, Play, StageEvent

__all__ = ["check_references"]


def check_references(play: Play, sources: Mapping[str, Source]) -> None:
    """Note every wrong reference of a play in its sources' problems."""
    _check_top(play, sources["beats/play.yaml"])
    _check_ids_are_unique(play, sources)
    for beat in play.beats.values():
        source = sources[f"beats/{beat.id}.yaml"]
        checker = _BeatChecker(play, beat, source)
        checker.check()
    _check_texts(play, sources)
    for name in play.lines:
        _check_lines(play, name, sources[f"beats/lines/{name}.yaml"])


def _expect(source: Source, key: Key, names: Iterable[str], known: Iterable[str], what: str) -> bool:
    known = list(known)
    wrong = [name for name in names if name not in known]
    for name in wrong:
        source.problem(key, f"{name!r} is no {what}; expected one of {', '.join(known) or '(there are none)'}")
    return not wrong


def _check_top(play: Play, source: Source) -> None:
    if play.leads[0] == play.leads[1]:
        source.problem(("leads", 1), "the two leads must be two")
    for name, count in Counter(beat for act in play.acts for beat in act).items():
        if count > 1:
            source.problem(("acts",), f"beat {name!r} stands {count} times")
    for name in sorted({"act", "revised"} & set(play.beats)):
        source.problem(("acts",), f"{name!r} is a word of the transcript: give the beat another name")
    for fact_id, fact in play.facts.items():
        _expect(source, ("facts", fact_id, "known"), fact.known, play.leads, "lead")
    for item_id, item in play.items.items():
        _expect(source, ("items", item_id, "known"), item.known, play.leads, "lead")
    for promise_id, promise in play.promises.items():
        _expect(source, ("promises", promise_id), (promise.by, promise.to), play.leads, "lead")
    for clash in sorted({"world", *play.leads} & set(play.walk_ons)):
        source.problem(("walk_ons", clash), "this name is taken")
    names = Counter(names_of(play.circumstances))
    for lead, persona in play.personas.items():
        own = Counter(names_of(persona.circumstances))
        for name in own.keys() & names.keys():
            source.problem(("circumstances",), f"{name!r} is also a circumstance of personas/{lead}.md")
    for name, count in names.items():
        if count > 1:
            source.problem(("circumstances",), f"{name!r} is defined {count} times")


def _check_ids_are_unique(play: Play, sources: Mapping[str, Source]) -> None:
    seen: dict[str, str] = {}
    for beat in play.beats.values():
        source = sources[f"beats/{beat.id}.yaml"]
        for index, event in enumerate(beat.events):
            if event.id in seen:
                source.problem(("events", index, "id"), f"{event.id!r} is also an event of {seen[event.id]}")
            seen.setdefault(event.id, source.name)
    for name, exchanges in play.lines.items():
        source = sources[f"beats/lines/{name}.yaml"]
        for index, exchange in enumerate(exchanges):
            if exchange.id in seen:
                source.problem((index, "id"), f"{exchange.id!r} stands twice")
            seen[exchange.id] = source.name


class _BeatChecker:
    """The checks of one beat file."""

    def __init__(self, play: Play, beat: Beat, source: Source) -> None:
        self.play = play
        self.beat = beat
        self.source = source
        self.events = {event.id: event for event in beat.events}
        self.present = beat.present(play.leads)

    def check(self) -> None:
        before = len(self.source.problems)
        self._check_frame()
        self._check_voice()
        for index, event in enumerate(self.beat.events):
            self._check_event(index, event)
        self._check_knowledge()
        self._check_remember()
        if len(self.source.problems) == before:
            self._check_time()

    def _check_frame(self) -> None:
        play, beat, source = self.play, self.beat, self.source
        _expect(source, ("place",), [beat.place], play.places, "place")
        floor = beat.floor.first or beat.floor.only or ""
        if not _expect(source, ("floor",), [floor], play.leads, "lead"):
            return
        for key, names in (("scene", beat.scene), ("brief", beat.brief), ("tries", beat.tries), ("breath", beat.breath)):
            _expect(source, (key,), names, self.present, "lead who is here")
        for lead in self.present:
            if lead not in beat.brief:
                source.problem(("brief",), f"{lead} is here and has no brief")

    def _check_voice(self) -> None:
        voice = self.beat.voice
        if voice is None:
            return
        _expect(self.source, ("voice", "by"), [voice.by], self.play.walk_ons, "walk-on")
        _expect(self.source, ("voice", "seen_by"), voice.seen_by, self.present, "lead who is here")
        _expect(self.source, ("voice", "after_turns_of"), [voice.after_turns_of], self.present, "lead who is here")
        _expect(self.source, ("voice", "after"), voice.after, self.events, "event of this beat")

    def _check_event(self, index: int, event: LeadEvent | StageEvent) -> None:
        key: Key = ("events", index)
        self._check_effects(key, event)
        _expect(self.source, (*key, "after"), event.after, self.events, "event of this beat")
        if isinstance(event, StageEvent):
            _expect(self.source, (*key, "by"), [event.by], ["world", *self.play.walk_ons], "walk-on (or world)")
            _expect(self.source, (*key, "seen_by"), event.seen_by or (), self.present, "lead who is here")
            return
        if not _expect(self.source, (*key, "by"), [event.by], self.present, "lead who is here"):
            return
        if event.answers is not None:
            _expect(self.source, (*key, "answers"), [event.answers], self.events, "event of this beat")
        _expect(self.source, (*key, "innocent"), event.innocent, set(self.present) - {event.by}, "other lead here")
        self._check_window(key, event)
        for name in event.waits_for:
            if name in self.events and not self.beat.perceives(event.by, self.events[name], self.play.leads):
                field = "answers" if name == event.answers else "after"
                self.source.problem((*key, field), f"{event.by} does not perceive {name}, and so cannot wait for it")

    def _check_window(self, key: Key, event: LeadEvent) -> None:
        if event.window is None:
            return
        first, last = event.window
        if first > last:
            self.source.problem((*key, "window"), f"ends at turn {last}, before it begins at turn {first}")
        elif last > self.beat.turns.max:
            self.source.problem((*key, "window"), f"ends at turn {last}; the beat has at most {self.beat.turns.max}")

    def _check_effects(self, key: Key, effects: Effects) -> None:
        play = self.play
        _expect(self.source, (*key, "set"), effects.set, play.facts, "fact")
        for name, per_lead, known, what in (
            ("learn", effects.learn, play.facts, "fact"),
            ("locate", effects.locate, play.items, "item"),
        ):
            _expect(self.source, (*key, name), per_lead, play.leads, "lead")
            for lead, entries in per_lead.items():
                _expect(self.source, (*key, name, lead), entries, known, what)
        _expect(self.source, (*key, "move"), effects.move, play.items, "item")
        _expect(self.source, (*key, "promise"), effects.promise, play.promises, "promise")

    def _check_knowledge(self) -> None:
        for index, conceal in enumerate(self.beat.conceal):
            _expect(self.source, ("conceal", index, "fact"), [conceal.fact], self.play.facts, "fact")
            _expect(self.source, ("conceal", index), [conceal.by, conceal.from_], self.play.leads, "lead")
        for index, forbidden in enumerate(self.beat.forbid):
            _expect(self.source, ("forbid", index, "by"), [forbidden.by or self.play.leads[0]], self.play.leads, "lead")
        for index, ensure in enumerate(self.beat.ensures):
            self._check_ensure(("ensures", index), ensure)

    def _check_ensure(self, key: Key, ensure: Ensure) -> None:
        play = self.play
        _expect(self.source, (*key, "facts"), ensure.facts, play.facts, "fact")
        _expect(self.source, (*key, "items"), ensure.items, play.items, "item")
        _expect(self.source, (*key, "promises"), ensure.promises, play.promises, "promise")
        _expect(self.source, (*key, "believes"), ensure.believes, play.leads, "lead")
        _expect(self.source, (*key, "locates"), ensure.locates, play.leads, "lead")
        for lead, facts in ensure.believes.items():
            _expect(self.source, (*key, "believes", lead), facts, play.facts, "fact")
        for lead, items in ensure.locates.items():
            _expect(self.source, (*key, "locates", lead), items, play.items, "item")

    def _check_remember(self) -> None:
        _expect(self.source, ("remember",), self.beat.remember, self.present, "lead who is here")
        for lead, text in self.beat.remember.items():
            for name in quotes_in(text):
                event = self.events.get(name)
                if event is None or not self.beat.perceives(lead, event, self.play.leads):
                    self.source.problem(("remember", lead), f"{lead} perceives no event {name!r} in this beat")

    def _check_time(self) -> None:
        try:
            deadlines(self.beat, self.play.leads)
        except Infeasible as error:
            index = next(number for number, event in enumerate(self.beat.events) if event.id == error.event)
            field = "window" if getattr(self.beat.events[index], "window", None) else "id"
            self.source.problem(("events", index, field), f"{error.event}: {error.reason}")
        hidden = [
            event.id
            for event in self.beat.events
            if any(not self.beat.perceives(lead, event, self.play.leads) for lead in self.present)
        ]
        if hidden and self.beat.turns.min != self.beat.turns.max:
            self.source.problem(
                ("turns",),
                f"min and max must be equal: not all who are here perceive {hidden[0]}, and the length would tell",
            )


_PATTERNS = {"evidence", "fingerprints", "when", "pattern"}  # keys whose texts are regular expressions


def _check_texts(play: Play, sources: Mapping[str, Source]) -> None:
    """Every {name} is a circumstance that the text's readers may know."""
    public = set(names_of(play.circumstances))
    private = {lead: set(names_of(persona.circumstances)) for lead, persona in play.personas.items()}
    for lead, persona in play.personas.items():
        for name in names_in(persona.prompt):
            if name not in public | private[lead]:
                source = sources[f"personas/{lead}.md"]
                source.problem(("prompt", f"{{{name}}}"), "is no circumstance of the play or of this persona")
    for source in sources.values():
        for key, text in source.texts():
            if has_stray_brace(text) and not _PATTERNS & set(key):
                source.problem(key, "a brace that belongs to no {name}: a name is of lower-case letters, digits and _")
            readers = _readers(play, source, key)
            known = public.union(*(private[lead] for lead in readers)) if len(readers) == 1 else public
            for name in names_in(text):
                if name not in known:
                    owners = [lead for lead in play.leads if name in private[lead]]
                    why = f"is known to {owners[0]} alone" if owners else "is no circumstance"
                    source.problem(key, f"{{{name}}} {why}")


def _readers(play: Play, source: Source, key: Key) -> set[str]:
    """The leads in whose hands a text is: one for what is private."""
    if source.name.startswith("personas/"):
        return {source.name.removeprefix("personas/").removesuffix(".md")}
    for part in key:
        if part in play.leads:
            return {str(part)}
    if key and key[0] == "events" and source.name.startswith("beats/") and len(key) > 1:
        event = play.beats[source.name.removeprefix("beats/").removesuffix(".yaml")].events[int(key[1])]
        return {event.by} if isinstance(event, LeadEvent) and event.by in play.leads else set(play.leads)
    return set(play.leads)


def _check_lines(play: Play, beat_id: str, source: Source) -> None:
    beat = play.beats[beat_id]
    events = {event.id: event for event in beat.events if isinstance(event, LeadEvent)}
    for index, exchange in enumerate(play.lines[beat_id]):
        speakers = [line.by for line in exchange.lines]
        _expect(source, (index, "lines"), speakers, beat.present(play.leads), "lead who is here")
        if beat.floor.only is None and any(a == b for a, b in pairwise(speakers)):
            source.problem((index, "lines"), "the two leads take turns: no two lines running by the same")
        for name, value in exchange.needs.items():
            if _expect(source, (index, "needs"), [name], play.circumstances, "circumstance"):
                _expect(source, (index, "needs", name), [value], play.circumstances[name], f"version of {name}")
        if exchange.event is None:
            continue
        if _expect(source, (index, "event"), [exchange.event], events, "lead's event of this beat"):
            actor = events[exchange.event].by
            if speakers[0] != actor:
                source.problem((index, "lines", 0), f"{exchange.event} is done by {actor}")
