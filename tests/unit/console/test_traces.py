"""The log says where something broke, and nothing about anybody."""

from __future__ import annotations

import logging

import pytest

from controller.traces import WithoutMessages, trace

NAME = "Nguyễn Thị Bí Mật"


def broken() -> ValueError:
    try:
        int(NAME)
    except ValueError as error:
        inner = KeyError(NAME)
        inner.__cause__ = error
    outer = ValueError(NAME)
    outer.__cause__ = inner
    return outer


def test_a_trace_names_kinds_and_lines_but_quotes_no_message() -> None:
    said = trace(broken())
    assert said.startswith("ValueError")
    assert "KeyError" in said
    assert "test_traces.py" in said
    assert NAME not in said


def test_records_of_libraries_lose_the_message_of_their_exception(
    caplog: pytest.LogCaptureFixture,
) -> None:
    logger = logging.getLogger("tests.library")
    logger.addFilter(WithoutMessages())
    try:
        raise broken()
    except ValueError as error:
        logger.exception("while doing %s", "something")
        logger.exception(error)
    assert NAME not in caplog.text
    assert [record.getMessage().split()[1] for record in caplog.records] == ["ValueError"] * 2


def test_records_without_an_exception_stay_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("tests.library")
    logger.addFilter(WithoutMessages())
    logger.warning("port %d", 8080)
    assert "port 8080" in caplog.text


def test_addresses_lose_their_query(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("tests.library")
    logger.addFilter(WithoutMessages())
    logger.warning("%s not found", "http://127.0.0.1/persons?name=BiMat")
    assert "BiMat" not in caplog.text
    assert "/persons" in caplog.text
