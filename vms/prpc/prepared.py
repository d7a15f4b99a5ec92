"""Answers that know by themselves how they are written, because parts of them are written already."""

from __future__ import annotations

from abc import ABC, abstractmethod


class Prepared(ABC):
    """What a method gives instead of plain values; one answer, in either of two forms."""

    @abstractmethod
    def json(self) -> bytes:
        """The answer as JSON."""

    @abstractmethod
    def binary(self) -> bytes:
        """The answer as a protobuf message."""
