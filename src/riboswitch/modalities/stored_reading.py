"""The settings for reading inputs that a bundle keeps, checked."""

from __future__ import annotations

from typing import Any

from riboswitch.config.settings import keywords
from riboswitch.data.model import Model
from riboswitch.errors import BundleError, UsageError
from riboswitch.modalities.base import Modality


def stored_reading(model: Model, modality: Modality) -> dict[str, Any]:
    """The settings with which the training inputs were read: options of `Reader.read`, none of one file.

    Raises
    ------
    BundleError
        If the reader has no such option, or does not take its value.
    """
    reader = modality.reader
    try:
        reading = keywords(reader.read, model.header["reading"], "reading")
        if of_a_file := [name for name in reader.FILE_OPTIONS if name in reading]:
            raise UsageError("an option of one file", where="reading", found=of_a_file[0])
        for _ in reader.read_list([], None, **reading):  # the reader checks the values when it starts
            pass
    except UsageError as error:
        raise BundleError("the settings for reading are not as they should be", where=model.source,
                          found=error, hint="Train or import it again.") from error  # fmt: skip
    return reading
