"""The effect of each word of a text on a prediction: all its places are hidden, one word after the other.

A word is hidden as in training: the network then knows neither it nor its characters. Marks are no parts.
Maps are compared with those of networks that learned nothing, as those of every modality.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from markupsafe import Markup

from riboswitch.data.arrays import Ragged, RaggedArrays
from riboswitch.drawing.svg import drawing, element, file_attributes
from riboswitch.drawing.svg import text as words_at
from riboswitch.errors import UsageError
from riboswitch.evaluation.maps import Rules
from riboswitch.modalities.optional_parts import Changes
from riboswitch.modalities.text.encode import encode
from riboswitch.modalities.text.nets.batch import collate
from riboswitch.modalities.text.nets.text_network import Network
from riboswitch.modalities.text.tokens import HIDDEN, LOWER, shown, spans

PART = "word"
RAISES, LOWERS = "#2687cc", "#ed8221"
COLOURS: tuple[str, ...] = (LOWERS, "#ffffff", RAISES)
# Few of many words matter, so maps are compared by value, as those of sequences are.
rules = Rules(ranked=False, least_stability=0.4, most_parts=2_000)
ITEMS_AT_ONCE = 64
LETTER, LINE, COLUMNS, MARGIN = 6.7, 18.0, 92, 8.0
MOST_LINES = 40


def parts(arrays: RaggedArrays, row: int) -> list[str]:
    """The different words of a text, by their first places."""
    item = arrays.item(row)
    first, _ = _places(item["word"], item["characters"])
    return [shown(item["characters"][place]) for place in first]


def changes(arrays: RaggedArrays, row: int) -> Changes:
    """Hide each word once."""
    number = len(parts(arrays, row))
    return Changes(np.arange(number), [""] * number)


def without_each(arrays: RaggedArrays, row: int) -> RaggedArrays:
    """The text, and then the same without its first word, without its second, and so on."""
    item = arrays.item(row)
    words, characters = item["word"], item["characters"]
    first, part = _places(words, characters)
    hidden = part == np.arange(-2, len(first))[1:, None]  # row 0: part -1 is hidden, which no token has
    hidden[0] = False
    length, number = len(words), len(first) + 1
    fields: dict[str, np.ndarray] = {
        "word": np.where(hidden, HIDDEN, words).astype(np.int64).ravel(),
        "characters": np.where(hidden[:, :, None], 0, characters)
        .astype(np.uint8)
        .reshape(number * length, -1),
    }
    offsets = np.arange(number + 1, dtype=np.int64) * length
    ids = [str(each) for each in range(number)]
    return RaggedArrays.of_items("text", ids, Ragged(fields, dict.fromkeys(fields, offsets)), arrays.meta)


def answers(network: Network, arrays: RaggedArrays, row: int) -> np.ndarray:
    """Raw outputs of a network for the items of `without_each`, shape (1 + words, outputs).

    Raises
    ------
    UsageError
        If the network has an output for each token, and none for the whole text.
    """
    if network.settings.head == "per_position":
        raise UsageError("a model with an answer for each token has none for the whole text",
                         found="head per_position", hint="Explain a model of whole texts.")  # fmt: skip
    changed = without_each(arrays, row)
    numbers = np.arange(len(changed))
    with torch.inference_mode():
        out = [network(collate(changed, some)).cpu().numpy()
               for some in np.split(numbers, numbers[ITEMS_AT_ONCE::ITEMS_AT_ONCE])]  # fmt: skip
    return np.concatenate(out)


def _places(words: np.ndarray, characters: np.ndarray) -> tuple[list[int], np.ndarray]:
    """The first place of each part, and the part of each token; -2: none."""
    begins = characters[:, 0]
    letter = ((begins >= 16) & (begins <= 25)) | ((begins >= 33) & (begins <= 58)) | (
        (begins >= 65) & (begins <= 90)) | (begins >= LOWER)  # fmt: skip
    is_part = letter if letter.any() else np.ones(len(words), bool)
    number: dict[int, int] = {}
    first: list[int] = []
    part = np.full(len(words), -2, np.int64)
    for place in np.flatnonzero(is_part).tolist():
        word = int(words[place])
        if word not in number:
            number[word] = len(first)
            first.append(place)
        part[place] = number[word]
    return first, part


def draw(text: str, scores: Sequence[float] | None, largest: float, name: str) -> Markup:
    """The text in lines, its words on grounds coloured by their scores, as SVG.

    Parameters
    ----------
    text : str
    scores : sequence of float or None
        One a part. None: there is no map.
    largest : float
        Absolute value of the score that gets the full colour.
    name : str
        Label for screen readers.
    """
    item = encode({"text": [text]}, [""]).item(0)
    _, part = _places(item["word"], item["characters"])
    body: list[Markup] = []
    column, line = 0, 1
    for token, number in zip(spans(text), part.tolist(), strict=True):
        word = token.text if len(token.text) <= COLUMNS else f"{token.text[: COLUMNS - 1]}…"
        if column + len(word) > COLUMNS:
            column, line = 0, line + 1
        if line > MOST_LINES:
            body.append(words_at(MARGIN, LINE * line, "…"))
            break
        x, y = MARGIN + LETTER * column, LINE * line
        if scores is not None and number >= 0 and largest > 0:
            share = min(1.0, abs(scores[number]) / largest)
            body.append(element("rect", x=x - 1, y=y - 12, width=LETTER * len(word) + 2, height=LINE - 3,
                                fill=RAISES if scores[number] > 0 else LOWERS,
                                fill_opacity=f"{0.75 * share:.2f}"))  # fmt: skip
        body.append(words_at(x, y, word))
        column += len(word) + 1
    width, height = 2 * MARGIN + LETTER * COLUMNS, LINE * (min(line, MOST_LINES + 1) + 0.6)
    font = {"font_family": "monospace", "font_size": "11"}
    return drawing(width, height, f"word map of {name}", body, **file_attributes(width, height), **font)
