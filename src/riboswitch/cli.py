"""The command line: one verb a step. Data go to standard output, everything else to standard error.

Exit codes: 0 done, 1 the data or the disk are at fault, 2 the command or the configuration is,
130 interrupted, 143 stopped by SIGTERM.
"""

from __future__ import annotations

import importlib
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Any, NoReturn, get_args

from cyclopts import App, CycloptsError, Group, Parameter, UnusedCliTokensError, convert

from riboswitch.config.command_options import option_names, with_settings
from riboswitch.config.word_hints import about_dashes, about_lists, followable
from riboswitch.errors import RiboswitchError, Stopped, StorageError, UsageError, meant
from riboswitch.io.cells import number
from riboswitch.io.disk_faults import AGAIN, STDOUT, Writing, unnamed_fault
from riboswitch.io.log import messages
from riboswitch.steps.verbs import verbs

VERBS = verbs()

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
UTF8 = "Rename the file or write the value in UTF-8; LC_ALL=C.UTF-8 lets Python read it so."
FLAGS = {"--quiet": "quiet", "--log-json": "json"}  # of every verb, and what each makes of messages
ON_EVERY_VERB = (
    "Every verb takes --quiet (only errors on standard error) and --log-json (a line of JSON for each "
    "message). Results are the same."
)
PIPE = "\0"  # stands for a lone "-" on its way through cyclopts, which would take it for an option


def _converted(type_: Any, tokens: Sequence[Any]) -> Any:
    """Values of an option, as cyclopts makes them, but for numbers: it rounds 1.5 and takes 1_000."""
    tokens = [t.evolve(value="-") if t.value == PIPE else t for t in tokens]
    kinds = (type_, *get_args(type_))
    return convert(type_, tokens, converter=_number if {int, float} & {*kinds} else None)


def _number(type_: Any, text: str) -> Any:
    if type_ is str:  # a choice beside the number
        return text
    if type_ is float:
        try:
            return number(text)
        except ValueError as error:
            raise ValueError(f"{text!r} is {error}") from error
    if not re.fullmatch("[+-]?[0-9]+", text):
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)


# A panel stands where the first of its verbs does.
_PANELS = {verb.panel: Group(verb.panel, sort_key=verb.order) for verb in reversed(VERBS.values())}


def _plain_error(error: CycloptsError) -> str:
    return f"riboswitch: error: {error}"


def _version() -> str:
    from importlib.metadata import version  # it brings the email package along

    return version("riboswitch")


def app(words: Sequence[str]) -> App:
    """The program: only the verb that ``words`` begin with is imported."""
    made = App(
        name="riboswitch",
        help="From a bacterial genome and a compound library to a short-list of compounds worth testing. "
        "Research use only.",
        version=_version,
        exit_on_error=False,
        print_error=False,
        suppress_keyboard_interrupt=False,
        result_action="return_value",
        error_formatter=_plain_error,
        # The list of verbs has no markup, and a reader of Markdown takes a third of the start-up.
        help_epilogue=ON_EVERY_VERB,
        help_format="markdown" if words[:1] and words[0] in VERBS else "plaintext",
        default_parameter=Parameter(converter=_converted, negative_iterable=()),
    )
    for verb in VERBS.values():
        module = f"riboswitch.steps.{verb.module}"
        command: Any = f"{module}:command"  # imported when it is called
        if verb.name in words[:1]:
            command = with_settings(importlib.import_module(module).command, words)
        panel = _PANELS[verb.panel]
        made.command(command, name=verb.name, help=verb.help, group=panel, sort_key=verb.order)
    return made


def main(arguments: list[str] | None = None) -> None:
    """Run one verb and leave with its exit code."""
    _fill_closed_streams()
    words = sys.argv[1:] if arguments is None else arguments
    if arguments is None:
        _as_everywhere()
    with _saying(words) as words:
        _run(words)


def _run(words: Sequence[str]) -> None:
    try:
        _known_verb(words)
        _unicode(words)
        with _stoppable(words[0] if words else ""):
            app(words)([PIPE if word == "-" else word for word in words])
            _flush()
    except CycloptsError as error:
        _leave(_about_words(_problem(error), words), 2)
    except RiboswitchError as error:
        _leave(_to_follow(error, words), error.exit_code)
    except BrokenPipeError:
        _discard_output()  # the reader has seen enough (as `| head`)
    except KeyboardInterrupt:
        _leave("interrupted", 130)
    except MemoryError as error:
        _leave(f"not enough memory ({str(error) or 'none was left'}). Give the job more of it.", 1)
    except UnicodeEncodeError as error:  # as a file of a folder that was given
        _leave(f"a name is not UTF-8: {_shown(error.object)}. {UTF8}", 1)
    except OSError as error:
        _leave(str(unnamed_fault(error)), 1)


@contextmanager
def _saying(words: Sequence[str]) -> Iterator[list[str]]:
    """The words without the flags of every verb, which hold for this command and the processes it starts."""
    end = words.index("--") if "--" in words else len(words)
    given = [word for word in words[:end] if word in FLAGS]
    before = os.environ.get(messages.VARIABLE)
    if given:
        os.environ[messages.VARIABLE] = FLAGS[given[-1]]
    try:
        yield [word for place, word in enumerate(words) if place >= end or word not in FLAGS]
    finally:
        if before is not None:
            os.environ[messages.VARIABLE] = before
        elif given:
            del os.environ[messages.VARIABLE]


def _as_everywhere() -> None:
    """Let neither the number of cores nor the locale change a byte; numpy is not imported before this.

    Sums of several threads differ in the last bit. What uses more cores has processes or threads of its own.
    """
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")


def _fill_closed_streams() -> None:
    """Keep files out of the places of standard streams that the caller has closed.

    The next file that is opened would get such a place, and what RDKit or torch print would go into it. With
    standard error closed, ``print`` itself would write to standard output, into the data.
    """
    for place in range(3):
        try:
            os.fstat(place)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # it gets the lowest free number: this
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _problem(error: CycloptsError) -> str:
    if isinstance(error, UnusedCliTokensError):
        words = " ".join(error.unused_tokens or ())
        return f"nothing takes these words: {words}. An option takes one value: write it before each value."
    return " ".join(str(error).split())


@contextmanager
def _stoppable(verb: str) -> Iterator[None]:
    """Let SIGTERM unwind the block, so that partial files and locks go; who ignores it stays so."""

    def stop(*_: object) -> NoReturn:
        # A second one must not disturb the clearing away: `timeout` sends two.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        problem = "stopped by SIGTERM (a time limit, scancel or shutdown)"
        raise Stopped(problem, where=verb, hint=AGAIN.capitalize())

    main_thread = threading.current_thread() is threading.main_thread()
    if not main_thread or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is stop:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _known_verb(words: Sequence[str]) -> None:
    # Cyclopts would import every verb, and torch with them, only to say that there is no such one.
    if words and words[0] not in (*VERBS, "--help", "-h", "--version"):
        hint = meant(words[0], VERBS, f"There are: {', '.join(VERBS)}.")
        raise UsageError("no such verb", found=words[0], hint=hint)


def _unicode(words: Sequence[str]) -> None:
    """Refuse bytes that are no text: what is written, names of files included, is UTF-8."""
    for word in words:
        if (shown := _shown(word)) != word:
            raise UsageError("this word is not UTF-8", found=shown, hint=UTF8)


def _shown(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _command(verb: str) -> Any:
    return importlib.import_module(f"riboswitch.steps.{VERBS[verb].module}").command


def _about_words(problem: str, words: Sequence[str]) -> str:
    """The message of the parser, with what is probably wrong."""
    hint = about_dashes(words, problem)
    if "nothing takes these words" in problem and words[0] in VERBS:
        hint = next(filter(None, (about_lists(words, word, _command(words[0])) for word in words)), "")
    return f"{problem} {hint or 'See riboswitch --help.'}"


def _to_follow(error: RiboswitchError, words: Sequence[str]) -> str:
    """The message without what this verb cannot do, and with what is wrong with the words."""
    if not words or words[0] not in VERBS:
        return str(error)
    command = _command(words[0])
    hint = followable(error.hint, option_names(command)) if "--" in error.hint else error.hint
    return error.line(" ".join(filter(None, (hint, about_lists(words, error.where, command)))))


def _leave(message: str, code: int) -> NoReturn:
    # Standard error may lie on the disk that is full: then nothing is said.
    messages.say("error", " ".join(message.split()), "riboswitch: error: ", exit_code=code)
    try:
        _flush()
    except (StorageError, OSError):  # Python would try again, and complain once more
        _discard_output()
    sys.exit(code)


def _flush() -> None:
    if sys.stdout is not None:
        with Writing(STDOUT):
            sys.stdout.flush()


def _discard_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
