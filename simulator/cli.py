"""The command line: `simulate`."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from simulator import __version__
from simulator.errors import SimulatorError, UsageError

if TYPE_CHECKING:
    from simulator.play.types import Play

__all__ = ["main"]

app = typer.Typer(
    name="simulate",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

PlayOption = Annotated[
    Path | None, typer.Option("--play", metavar="DIR", help="A play's folder (default: the play that comes with it).")
]
CastOption = Annotated[
    list[str] | None,
    typer.Option("--cast", metavar="ROLE=NAME[@URL]", help="A model for one role; may be given twice."),
]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Where the transcript goes; an existing file is kept.")
]
TokensOption = Annotated[
    int | None, typer.Option("--max-tokens", min=1, metavar="N", help="Stop before the call that could take more tokens.")
]
CostOption = Annotated[
    float | None, typer.Option("--max-cost", min=0.0, metavar="USD", help="Stop before the call that could cost more.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print only where the transcript is.")]


def main() -> None:
    """Run the command line; errors are one line or a list of places, and never a traceback."""
    try:
        app(prog_name="simulate")
    except SimulatorError as error:
        print(f"simulate: {error}" if "\n" not in str(error) else str(error), file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # whoever read the output has gone; the transcript is kept as it is
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(3)


def _checked(seed: int) -> int:
    if not -(2**63) <= seed < 2**63:
        raise UsageError("--seed takes a whole number of at most 63 bits")
    return seed


def _loaded(folder: Path | None) -> Play:
    from simulator.play.loading import default_play, load  # noqa: PLC0415 (--help does not pay for it)

    return load(folder or default_play())


def _version(wanted: bool) -> None:
    if wanted:
        print(f"simulate {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def perform(  # noqa: PLR0913 (one parameter for each option)
    context: typer.Context,
    seed: Annotated[int | None, typer.Option("--seed", help="Same seed, same evening (default: one is drawn).")] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME", help="A model for both roles (default: the understudy, offline)."),
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option("--base-url", metavar="URL", help="Any OpenAI-compatible server, such as http://127.0.0.1:8000/v1."),
    ] = None,
    cast: CastOption = None,
    play: PlayOption = None,
    max_tokens: TokensOption = None,
    max_cost: CostOption = None,
    out: OutOption = None,
    quiet: QuietOption = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Perform a play with two language models, print it as it happens, and write its transcript.

    \b
    Start here, offline and without a key:
        simulate --seed 7
    The same play with a model of yours (needs OPENAI_API_KEY, or a server of your own):
        simulate --seed 7 --model gpt-4.1-mini
        simulate --seed 7 --model llama3.2 --base-url http://localhost:11434/v1

    Exit codes: 0 done; 2 wrong usage or a bad file; 3 the model could not be reached, or the run was interrupted: the
    transcript so far is kept, and `simulate resume FILE` goes on from it.
    """
    if context.invoked_subcommand is not None:
        return
    from simulator import session  # noqa: PLC0415 (the other commands do not pay for it)

    drawn = random.SystemRandom().randrange(1_000_000) if seed is None else _checked(seed)
    show = session.Screen(quiet=quiet, folder=play)
    casting = session.Casting(model, base_url, tuple(cast or ()), session.limits(max_tokens, max_cost))
    raise typer.Exit(session.perform_new(play, drawn, casting, out, show))


@app.command()
def resume(
    file: Annotated[Path, typer.Argument(help="The transcript of a run that stopped early.")],
    play: PlayOption = None,
    max_tokens: TokensOption = None,
    max_cost: CostOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Go on with another version of the play; the transcript records it.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Go on with a run that was interrupted: same seed, same cast, from where its transcript ends.

    A last line that was cut off is dropped and performed again. Exit codes as for a run.
    """
    from simulator import resume as resuming  # noqa: PLC0415
    from simulator import session  # noqa: PLC0415

    most, screen = session.limits(max_tokens, max_cost), session.Screen(quiet=quiet, folder=play)
    raise typer.Exit(resuming.resume(_loaded(play), file, screen, limits=most, force=force))


@app.command()
def serve(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="A port of this machine; 0 takes a free one.")] = 8000,
    play: PlayOption = None,
) -> None:
    """Serve the understudy on a port of this machine, as an OpenAI-compatible server."""
    from simulator.models.serving import serve_understudy  # noqa: PLC0415

    serve_understudy(_loaded(play), port)


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="A transcript; - reads standard input.")],
    lead: Annotated[
        str | None,
        typer.Option("--as", metavar="PERSONA", help="Only what this persona perceived: what its prompts were made from."),
    ] = None,
    form: Annotated[
        Literal["text", "md", "fountain", "html"], typer.Option("--format", help="html is a page to read and to share.")
    ] = "text",
    beliefs: Annotated[
        bool, typer.Option("--beliefs", help="Beat by beat instead: what is true, who believes what, where things are.")
    ] = False,
) -> None:
    """Show a transcript: as text, as Markdown, as a screenplay, or as a page for the browser.

    \b
        simulate show FILE --as PERSONA
        simulate show FILE --format html > evening.html
    """
    from simulator.transcript.reading import read_transcript  # noqa: PLC0415
    from simulator.transcript.show import show as print_transcript  # noqa: PLC0415

    print_transcript(read_transcript(file), form, lead, beliefs)


@app.command()
def diff(
    one: Annotated[Path, typer.Argument(metavar="A", help="A transcript; - reads standard input.")],
    other: Annotated[Path, typer.Argument(metavar="B", help="Another; - reads standard input.")],
    stat: Annotated[bool, typer.Option("--stat", help="Only the summary and the table of beats.")] = False,
    form: Annotated[Literal["text", "json", "html"], typer.Option("--format", help="How to print it.")] = "text",
    lead: Annotated[
        str | None, typer.Option("--as", metavar="PERSONA", help="Compare only what this persona perceived.")
    ] = None,
    ignore_text: Annotated[
        bool, typer.Option("--ignore-text", help="Compare turns, events, rungs and rejected replies, and no words.")
    ] = False,
) -> None:
    """Compare two transcripts: where they part and by what, a table of beats, then the lines.

    Exit codes, as of diff(1): 0 nothing differs; 1 something does; 2 wrong usage or a bad file.
    """
    from simulator.transcript.diff.report import print_comparison  # noqa: PLC0415

    raise typer.Exit(print_comparison(one, other, form, stat=stat, lead=lead, words=not ignore_text))


@app.command()
def score(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Transcripts; - reads one from standard input.")],
    form: Annotated[Literal["text", "json", "csv"], typer.Option("--format", help="How to print it.")] = "text",
    play: PlayOption = None,
) -> None:
    """Score transcripts: events and how they came, rejected replies, leaks, words, repetition, tokens.

    Each measure is defined in docs/score.md. The play is read for the words that give its secrets away.
    """
    from simulator.score.report import print_score  # noqa: PLC0415

    print_score(files, play, form)


@app.command()
def fork(  # noqa: PLR0913 (one parameter for each option)
    file: Annotated[Path, typer.Argument(help="The transcript to branch off from.")],
    at: Annotated[str, typer.Option("--at", metavar="ID", help="The last beat or turn to keep: BEAT, or BEAT/TURN.")],
    seed: Annotated[int | None, typer.Option("--seed", help="Another seed from there on (default: the same).")] = None,
    cast: CastOption = None,
    play: PlayOption = None,
    max_tokens: TokensOption = None,
    max_cost: CostOption = None,
    out: OutOption = None,
    quiet: QuietOption = False,
) -> None:
    """What if: keep a run up to a beat or a turn, and perform the rest with another seed, cast or version of the play.

    What is not named stays as it was, and so do the circumstances. Exit codes as for a run.
    """
    from simulator import fork as forking  # noqa: PLC0415
    from simulator import session  # noqa: PLC0415

    change = forking.Change(
        at, None if seed is None else _checked(seed), tuple(cast or ()), session.limits(max_tokens, max_cost)
    )
    raise typer.Exit(forking.fork(_loaded(play), file, change, out, session.Screen(quiet=quiet, folder=play)))


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="A transcript that has its trace beside it.")],
    play: PlayOption = None,
) -> None:
    """Perform a run again with the replies in its trace, without a model: does the play as it is now ask the same?

    Exit codes: 0 every request and every entry is the same; 1 the first difference is shown; 2 a file cannot be used.
    """
    from simulator.replay import replay as replayed  # noqa: PLC0415

    raise typer.Exit(replayed(_loaded(play), file))


@app.command()
def check(
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="A play's folder (default: the play that comes with it).")
    ] = None,
) -> None:
    """Prove a play before it is performed.

    Goes through every state that a run can reach, every authored line, and every text that a lead can be shown. Prints each
    mistake with its file, its line, the events that lead to it, and what to change.

    Exit codes: 0 proved; 1 not proved; 2 the files are wrong in themselves.
    """
    from simulator.play.loading import default_play  # noqa: PLC0415
    from simulator.proof.check import check_play, render  # noqa: PLC0415

    report = check_play(folder or default_play())
    print(render(report))
    raise typer.Exit(0 if report.proved else 1)


@app.command()
def new(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is new or empty.")]) -> None:
    """Start a play of your own.

    It is small and complete, and its comments explain every key.
    """
    from simulator.play.starting import write_new_play  # noqa: PLC0415

    write_new_play(folder)
    print(f"{folder}: two people, three beats, a lie, a hidden deed and a promise. Try:")
    print(f"    simulate check {folder}\n    simulate --play {folder} --seed 1")
    print(f"then change {folder}/beats/clearing.yaml, and read docs/guide.md")


@app.command()
def schemas(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A play's folder.")]) -> None:
    """Write the JSON Schemas of a play's files, for editors.

    They go into DIR/schemas; `new` has put them there already.
    """
    from simulator.play.schemas import write_schemas  # noqa: PLC0415

    for path in write_schemas(folder):
        print(path)
