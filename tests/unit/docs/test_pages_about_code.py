"""The pages for who reads the code name only what there is, and no text points outside the repo."""

from __future__ import annotations

import ast
import builtins
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = ("docs/code.md", "docs/architecture.md")
CODE = re.compile(r"`([^`\n]+)`")
REFERENCE = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?(?:::[\w.]+)?")
NAME = re.compile(r"_?[A-Z]\w*(?:\.\w+)?|_[a-z]\w*")
OF_A_BOOTH = ("vault/", "outbox/", "keys/")
"""Folders of a booth's data, not of the repo."""
LINK = re.compile(r"\]\(([^)\s]+)\)")
IRIS_MOST = 15


def spoken(page: str) -> list[str]:
    """What stands in a page as code."""
    return CODE.findall((ROOT / page).read_text("utf-8"))


def is_file(token: str) -> bool:
    if not REFERENCE.fullmatch(token) or token.startswith(OF_A_BOOTH):
        return False
    path = token.partition("::")[0]
    return "/" in path or path.endswith((".py", ".md")) or "::" in token


@cache
def defined(path: Path) -> frozenset[str]:
    """Functions, classes, methods and names that a module or one of its classes gives a value."""
    found: set[str] = set()

    def names(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    found.add(prefix + name)
                case ast.ClassDef(name=name, body=inner):
                    found.add(prefix + name)
                    names(inner, f"{prefix}{name}.")
                case ast.AnnAssign(target=ast.Name(id=name)):
                    found.add(prefix + name)
                case ast.Assign(targets=targets):
                    found.update(prefix + one.id for one in targets if isinstance(one, ast.Name))

    names(ast.parse(contents()[path.relative_to(ROOT).as_posix()]).body, "")
    return frozenset(found)


@cache
def modules() -> tuple[Path, ...]:
    return tuple(path for path in texts() if path.suffix == ".py")


@cache
def everything() -> frozenset[str]:
    names = frozenset().union(*map(defined, modules()))
    return names | {name.rpartition(".")[2] for name in names}


@cache
def texts() -> tuple[Path, ...]:
    """Every file of the repo, but not what set-up, tests and the demo make; ``.git`` is a file in a
    second work tree."""
    found = []
    for folder, inner, files in os.walk(ROOT):
        top = Path(folder) == ROOT
        inner[:] = [
            name
            for name in inner
            if not (name.startswith(".") and name != ".ci")
            and not name.endswith(".egg-info")
            and name not in ("__pycache__", "node_modules")
            and not (top and name in ("build", "dist", "data"))
        ]
        found += [Path(folder) / name for name in files if name != ".git"]
    return tuple(found)


@cache
def contents() -> dict[str, str]:
    """All that is text, by its path."""
    found = {}
    for path in texts():
        try:
            found[path.relative_to(ROOT).as_posix()] = path.read_text("utf-8")
        except (UnicodeDecodeError, FileNotFoundError):  # a picture; a file of a test beside us
            continue
    return found


def hits(pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """(file:line, what was found)"""
    for path, text in contents().items():
        for hit in pattern.finditer(text):
            yield f"{path}:{text.count(chr(10), 0, hit.start()) + 1}", hit[0]


@pytest.mark.parametrize("page", PAGES)
def test_every_file_and_function_that_a_page_names_is_there(page: str) -> None:
    missing = []
    for token in filter(is_file, spoken(page)):
        path, _, name = token.partition("::")
        if "NAME" in path:  # of a thing that is to be added
            continue
        if "/" not in path and not (ROOT / path).exists():  # "stage.py": there are several
            if not any(one.name == path for one in texts()):
                missing.append(token)
        elif not (ROOT / path).exists() or (name and name not in defined(ROOT / path)):
            missing.append(token)
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_every_other_name_of_code_is_one_of_ours(page: str) -> None:
    """`Ledger.made` after the file it is in, `TicketNumbered`, `_FIGURES`."""
    named = [token for token in spoken(page) if NAME.fullmatch(token) and not is_file(token)]
    assert named, "the search still finds names"
    builtin = vars(builtins)
    assert [one for one in named if one not in everything() and one not in builtin] == []


def test_the_page_is_short_enough_to_be_read_at_a_sitting() -> None:
    assert len((ROOT / "docs" / "code.md").read_text("utf-8").splitlines()) <= 350


def part(title: str) -> str:
    """Of the page, from its heading to the next."""
    text = (ROOT / "docs" / "code.md").read_text("utf-8")
    (found,) = re.findall(rf"^#+ {title}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    return str(found)


def test_an_iris_camera_touches_no_more_files_than_the_page_counts() -> None:
    rows = [line for line in part("What an iris camera costs").splitlines() if line[:1] == "|"]
    files = CODE.findall("\n".join(rows))
    assert len(files) == len(set(files)) <= IRIS_MOST
    assert f"{len(files)}:" in part("What an iris camera costs"), "the page says how many"


def test_ten_questions_are_answered_each_with_a_place() -> None:
    answers = re.split(r"^\d+\. ", part("Ten questions"), flags=re.MULTILINE)[1:]
    assert len(answers) == 10
    assert all(any(map(is_file, CODE.findall(answer))) for answer in answers)


def test_links_of_the_documents_lead_somewhere() -> None:
    broken = []
    for page in (*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")):
        for target in LINK.findall(page.read_text("utf-8")):
            path = target.partition("#")[0]
            if path and "://" not in path and not (page.parent / path).exists():
                broken.append(f"{page.name}: {target}")
    assert broken == []


DOCUMENT = re.compile(r"\b[A-Z]{4,}\.md\b")
"""README.md and its like."""


def test_no_text_points_outside_the_repo() -> None:
    lost = [found for found in hits(DOCUMENT) if not (ROOT / found[1]).exists()]
    assert lost == []


ROOMS = "|".join(
    (
        "ground",
        "firmware",
        "edge",
        "controller",
        "monitor",
        "hw",
        "tram",
        "provisioning",
        "setup",
        "tests",
        "docs",
        "benchmarks",
    )
)
PATH = re.compile(rf"(?<![\w/.$<{{}}*-])((?:{ROOMS})(?:/[\w.-]+)+)(?![\w*<{{/])")
INVENTED = ("tests/unit/rig/test_rungs.py", "tests/unit/docs/")
"""Tests with made-up names of files in them."""


def test_files_that_a_text_names_are_there() -> None:
    """In comments, docstrings and documents: "see edge/report/orders.py"."""
    lost = []
    for place, found in hits(PATH):
        path = found.rstrip(".")
        there = any((ROOT / f"{path}{suffix}").exists() for suffix in ("", ".py"))
        placeholder = re.search(r"[A-Z]{3,}", path)
        if not (there or placeholder or place.startswith(INVENTED)):
            lost.append(f"{place}: {path}")
    assert lost == []
