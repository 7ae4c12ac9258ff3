"""RO-Crate: the results as a dataset that machines can read, with what made them.

RO-Crate 1.1 (https://w3id.org/ro/crate/1.1) with the profile Process Run Crate 0.5
(https://w3id.org/ro/wfrun/process/0.5; Leo et al., PLoS ONE 2024, 19:e0309210).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from riboswitch.io.download import is_download
from riboswitch.reporting.record.inventory import CRATE, Listed

CONTEXT = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
AUTHOR = re.compile(r"(?P<name>[^<>]+?)\s*(?:<(?P<id>https?://[^<>\s]+)>)?")
SPDX = "https://spdx.org/licenses/"

Entity = dict[str, Any]


def crate(
    run: Mapping[str, Any],
    files: Sequence[Listed],
    *,
    title: str,
    date: str = "",
    licence: str = "",
    authors: Sequence[str] = (),
) -> Entity:
    """The content of ``ro-crate-metadata.json``.

    Parameters
    ----------
    run : mapping
        The content of ``run.json``.
    files : sequence of Listed
        All files of the crate but this one.
    title : str
    date, licence : str
        Date of publication (ISO 8601), and SPDX name or address of the licence. Left out if empty: RO-Crate
        asks for both of what is published.
    authors : sequence of str
        ``Name`` or ``Name <https://orcid.org/...>``.
    """
    people, inputs = [_person(text) for text in authors], _inputs(run["inputs"])
    tool = _tool(run["software"])
    root: Entity = {
        "@id": "./",
        "@type": "Dataset",
        "name": title,
        "description": _description(run),
        "conformsTo": {"@id": PROFILE},
        "hasPart": _references(files),
        "mentions": [{"@id": "#run"}],
    }
    licences = [_licence(licence)] if licence else []
    root |= {"datePublished": date} if date else {}
    root |= {"license": {"@id": licences[0]["@id"]}} if licence else {}
    root |= {"author": [{"@id": person["@id"]} for person in people]} if people else {}
    graph = [_descriptor(), root, _profile(), tool, _action(files, inputs, tool, people)]
    return {"@context": CONTEXT, "@graph": [*graph, *inputs, *people, *licences, *map(_file, files)]}


def _descriptor() -> Entity:
    return {
        "@id": CRATE,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": SPECIFICATION},
    }


def _profile() -> Entity:
    return {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}


def _description(run: Mapping[str, Any]) -> str:
    tasks = ", ".join(run["tasks"]) or "none"
    return (f"Results of a riboswitch analysis. Tasks: {tasks}. run.json holds software, machine, "
            "configuration, seeds and inputs. Research use only.")  # fmt: skip


def _tool(software: Mapping[str, Any]) -> Entity:
    needed = ", ".join(f"{name} {release}" for name, release in software["packages"].items())
    return {
        "@id": "#riboswitch",
        "@type": "SoftwareApplication",
        "name": "riboswitch",
        "version": software["riboswitch"],
        "softwareRequirements": f"Python {software['python']}, {needed}",
    }


def _action(
    files: Sequence[Listed], inputs: Sequence[Entity], tool: Entity, people: Sequence[Entity]
) -> Entity:
    action: Entity = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": "Run of the riboswitch workflow",
        "instrument": {"@id": tool["@id"]},
        "object": [{"@id": each["@id"]} for each in inputs],
        "result": _references(files),
    }
    return action | ({"agent": [{"@id": person["@id"]} for person in people]} if people else {})


def _inputs(sources: Mapping[str, Mapping[str, Any]]) -> list[Entity]:
    """The sources of data. They lie outside of the crate, and so are no files of it."""
    return [_input(name, source) for name, source in sources.items()]


def _input(name: str, source: Mapping[str, Any]) -> Entity:
    digests = source["sha256"]
    entity: Entity = {
        "@id": f"#data-{quote(name, safe='')}",
        "@type": "CreativeWork",
        "name": name,
        "identifier": source["source"],
        "license": source.get("licence") or "not stated",
    }
    entity |= {"citation": source["citation"]} if source.get("citation") else {}
    entity |= {"url": source["source"]} if is_download(source["source"]) and "//" in source["source"] else {}
    return entity | ({"sha256": digests} if isinstance(digests, str) and digests else {})


def _person(text: str) -> Entity:
    found = AUTHOR.fullmatch(text.strip())
    name, address = (found["name"], found["id"]) if found else (text, None)
    return {"@id": address or f"#{quote(name, safe='')}", "@type": "Person", "name": name}


def _licence(text: str) -> Entity:
    address = text if text.startswith(("http://", "https://")) else f"{SPDX}{quote(text)}"
    return {"@id": address, "@type": "CreativeWork", "name": text,
            "description": "Of this dataset; the data it was made from have their own."}  # fmt: skip


def _references(files: Iterable[Listed]) -> list[Entity]:
    return [{"@id": _address(file)} for file in files]


def _address(file: Listed) -> str:
    """The path as a relative address: signs that have a meaning there are encoded."""
    return quote(file.path, safe="/")


def _file(file: Listed) -> Entity:
    entity = {"@id": _address(file), "@type": "File", "name": file.path, "contentSize": str(file.size),
              "encodingFormat": file.format, "sha256": file.sha256}  # fmt: skip
    return entity | ({"description": file.what} if file.what else {})
